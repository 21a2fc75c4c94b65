"""Evaluation: experts, panels, eligibility, score sheets, ranking, report."""
