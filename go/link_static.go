//go:build seafoam_static

package seafoam

// The archive that is installed becomes part of the program: go build -tags seafoam_static.

/*
#cgo pkg-config: seafoam-static
*/
import "C"
