module seafoam-lab

go 1.23

require seafoam v0.0.0

replace seafoam => ../../../go
