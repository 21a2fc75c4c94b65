"""A believable city from a seed: for the demo, and at a million volunteers for benchmarks. The same seed makes the same city."""
