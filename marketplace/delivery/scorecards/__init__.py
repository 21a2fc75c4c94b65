"""Scorecards: what ratings come to, and delivery facts beside them, each number with its formula and inputs."""
