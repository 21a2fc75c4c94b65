"""Contracts: milestones, acceptance, payments, changes, framework agreements and their call-offs."""
