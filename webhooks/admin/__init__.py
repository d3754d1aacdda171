"""The admin pages of this room."""

from webhooks.admin import dashboard, deliveries, endpoints, event_types, events, inbound, reports, sources

__all__ = ["dashboard", "deliveries", "endpoints", "event_types", "events", "inbound", "reports", "sources"]
from webhooks.admin import (
    captures,
    replays,
)

__all__ = [
    "captures",
    "dashboard",
    "deliveries",
    "endpoints",
    "event_types",
    "events",
    "inbound",
    "replays",
    "sources",
]
