module peers/board

go 1.23
