"""Tenders: the file that is published, its lots, its amendments, and the questions about it."""
