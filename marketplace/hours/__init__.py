"""From presence to hours: check-in and check-out, review of what was missed, and the ledger that people own."""
