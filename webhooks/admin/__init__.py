"""The admin pages of this room."""

from webhooks.admin import (
    captures,
    dashboard,
    deliveries,
    endpoints,
    event_types,
    events,
    inbound,
    mass_actions,
    replays,
    reports,
    sources,
)

__all__ = [
    "captures",
    "dashboard",
    "deliveries",
    "endpoints",
    "event_types",
    "events",
    "inbound",
    "mass_actions",
    "replays",
    "reports",
    "sources",
]
