"""Deliveries: planned, done, evidenced, confirmed by those who received them, accepted by the buyer."""
