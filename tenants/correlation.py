"""The correlation id, re-exported where rows that carry it look for it."""

from config.correlation import correlated, current_correlation

__all__ = ["correlated", "current_correlation"]
