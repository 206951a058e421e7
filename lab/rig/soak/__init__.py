"""Hours of work and trouble for one cluster, and what must be true afterwards."""
