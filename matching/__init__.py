"""Search engines: documents in, ranked hits out. Knows nothing of the marketplace's database or web."""
