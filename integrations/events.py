"""The event types of this room."""

from django.utils.translation import gettext_lazy as _

from integrations import event_types  # noqa: F401 those of its records
from tenants.events import EventType, register

_INTEGRATION = {
    "type": "object",
    "properties": {
        "integration_id": {"type": "string", "format": "uuid"},
        "name": {"type": "string"},
        "connector": {"type": "string"},
        "health": {"type": "string", "enum": ["ok", "failing", "misconfigured"]},
        "code": {"type": "string"},
        "reason": {"type": "string"},
        "since": {"type": "string", "format": "date-time"},
    },
    "required": ["integration_id", "name", "connector", "health", "since"],
}
_EXAMPLE = {
    "integration_id": "0192f1b2-7c1e-7a3b-9d55-0c1d2e3f4a5b",
    "name": "Main CRM",
    "connector": "retailcrm",
    "health": "misconfigured",
    "code": "auth",
    "reason": "The outside system refused our credentials: check the key and what it is allowed to do.",
    "since": "2026-11-21T09:30:00Z",
}

register(
    EventType(
        name="integration.failing",
        title=_("Integration fails"),
        description=_(
            "An integration stopped working: several calls in a row failed, or its credentials are refused."
        ),
        schema=_INTEGRATION,
        example=_EXAMPLE,
    ),
    EventType(
        name="integration.recovered",
        title=_("Integration works again"),
        description=_("An integration that had stopped working answers again."),
        schema=_INTEGRATION,
        example={**_EXAMPLE, "health": "ok", "code": "", "reason": ""},
    ),
)
