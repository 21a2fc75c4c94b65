"""The graph's foundation, and one module of tests a slice."""
