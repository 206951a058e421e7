"""Seafoam beside its peers on one machine, in alternation (docs/benchmarks.md)."""
