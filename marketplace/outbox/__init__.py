"""News that leaves a transaction with it: published beside the business rows, delivered at least once, in order."""
