"""Ratings by those who received: periods, one-time tickets, ratings, replies, moderation, and what is held."""
