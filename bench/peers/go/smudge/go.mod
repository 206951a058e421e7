module peers/smudge

go 1.23

require (
	github.com/clockworksoul/smudge v1.0.1
	peers/board v0.0.0
)

replace peers/board => ../board

// tools/bench_peers puts it there: not every module proxy has it.
replace github.com/clockworksoul/smudge => ../../../../build/peers/smudge-source
