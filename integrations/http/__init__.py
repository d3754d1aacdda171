"""The one way out: every request of every connector goes through this package."""
