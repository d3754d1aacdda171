"""Summaries of a day or a week: when they are due, what stands in them, how they read."""
