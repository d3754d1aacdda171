"""Synchronisations: plans, runs, faults and conflicts."""
