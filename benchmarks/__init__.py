"""Measured goals, as ratios to something fixed in the same run; not part of the tests. `make bench` runs all."""
