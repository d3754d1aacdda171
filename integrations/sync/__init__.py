"""Bringing our records and an outside system's into line: schedules, runs, and their slices of work."""
