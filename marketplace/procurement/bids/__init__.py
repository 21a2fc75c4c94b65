"""Sealed bids: keys, openers, submissions, and the opening."""
