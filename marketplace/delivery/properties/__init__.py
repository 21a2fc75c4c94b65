"""Property services: compounds, their owners, what the company promised, and facts that tell whether it was kept."""
