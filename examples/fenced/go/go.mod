// The example's own module: its client of the database is nothing that the package needs.
module seafoam-fenced

go 1.23

require (
	github.com/lib/pq v1.12.3
	seafoam v0.0.0
)

replace seafoam => ../../../go
