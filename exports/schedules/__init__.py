"""Exports at set times: when they are due, and which rows they have."""
