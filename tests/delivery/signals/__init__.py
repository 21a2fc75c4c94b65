"""Whistles and wishes."""
