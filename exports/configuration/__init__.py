"""What the configuration file says of exports, a module for each section."""

from exports.configuration import destinations, limits, schedules, templates

__all__ = ["destinations", "limits", "schedules", "templates"]
