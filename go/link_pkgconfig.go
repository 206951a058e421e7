//go:build seafoam_pkgconfig

package seafoam

// Header and library are those that are installed: go build -tags seafoam_pkgconfig.

/*
#cgo pkg-config: seafoam
*/
import "C"
