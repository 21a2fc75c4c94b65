"""Signals back into the market: alarms to the buyer, and what residents ask for most."""
