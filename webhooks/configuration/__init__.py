"""This room's sections of the configuration file."""

from webhooks.configuration import endpoints, event_types, reports, sources

__all__ = ["endpoints", "event_types", "reports", "sources"]
