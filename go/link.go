//go:build !seafoam_pkgconfig && !seafoam_static

package seafoam

// Header and library are those of the copy of the repository that this package stands in.

/*
#cgo CFLAGS: -I${SRCDIR}/../include
#cgo LDFLAGS: -L${SRCDIR}/../target/release -lseafoam
*/
import "C"
