"""The rows of this room that can be exported; each module registers its own."""

from telephony.datasets import calls, clicks, missed, problems, redirects, statistics

__all__ = ["calls", "clicks", "missed", "problems", "redirects", "statistics"]
