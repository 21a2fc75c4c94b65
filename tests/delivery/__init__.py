"""Deliveries, ratings, scorecards, property services and signals."""
