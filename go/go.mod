// The engine is a C library, so the module needs cgo. It has a plain name because it is used from a
// copy of this repository (a replace line or a workspace); a host that publishes it under a path of
// its own changes this line and nothing else.
module seafoam

go 1.23
