"""The test runner: a declared list of steps, run in order, counted honestly."""
