"""The event types of this room."""

from django.utils.translation import gettext_lazy as _

from tenants.events import EventType, consume, register

TEST = "webhook.test"
DISABLED = "endpoint.disabled"
ENABLED = "endpoint.enabled"

_ID = {"type": "string", "format": "uuid"}
_ENDPOINT = {
    "type": "object",
    "properties": {
        "endpoint_id": _ID,
        "name": {"type": "string"},
        "url": {"type": "string"},
        "reason": {"type": "string", "description": "person, or what the receiver did, such as gone"},
    },
    "required": ["endpoint_id", "name", "url", "reason"],
}
_EXAMPLE = {
    "endpoint_id": "019aa0a5-1c2e-7b1a-8d7e-2f4f4c1f0a11",
    "name": "CRM feed",
    "url": "https://hooks.example.com/switchboard",
    "reason": "gone",
}

register(
    EventType(
        name=TEST,
        title=_("Test"),
        description=_("Sent by the test button, to one endpoint only, whatever it subscribes to."),
        schema={
            "type": "object",
            "properties": {"endpoint_id": _ID, "message": {"type": "string"}},
            "required": ["endpoint_id", "message"],
        },
        example={"endpoint_id": _EXAMPLE["endpoint_id"], "message": "It works."},
        labels=frozenset({"directed"}),
    ),
    EventType(
        name=DISABLED,
        title=_("Endpoint disabled"),
        description=_("An endpoint gets no more events: a person disabled it, or its receiver answered 410."),
        schema=_ENDPOINT,
        example=_EXAMPLE,
    ),
    EventType(
        name=ENABLED,
        title=_("Endpoint enabled"),
        description=_("A disabled endpoint gets events again."),
        schema=_ENDPOINT,
        example={**_EXAMPLE, "reason": "person"},
    ),
)
consume("webhooks.fanout")
