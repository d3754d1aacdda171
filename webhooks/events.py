"""The event types of this room."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from tenants.events import DIRECTED, EventType, consume, register
from webhooks.reports import event_types  # noqa: F401 those of reports

TEST = "webhook.test"
DISABLED = "endpoint.disabled"
ENABLED = "endpoint.enabled"
FAILING = "endpoint.failing"
RECOVERED = "endpoint.recovered"
INBOUND = "inbound.received"

_ID = {"type": "string", "format": "uuid"}
_ENDPOINT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "endpoint_id": _ID,
        "name": {"type": "string"},
        "url": {
            "type": "string",
            "description": "host and the beginning of the path: the rest may be secret",
        },
        "reason": {"type": "string", "description": "person, or what the receiver did, such as gone"},
    },
    "required": ["endpoint_id", "name", "url", "reason"],
}
_EXAMPLE = {
    "endpoint_id": "019aa0a5-1c2e-7b1a-8d7e-2f4f4c1f0a11",
    "name": "CRM feed",
    "url": "https://hooks.example.com/swit…",
    "reason": "gone",
}

register(
    EventType(
        name=TEST,
        title=_("Test"),
        description=_("Sent by the test button, to one endpoint only, whatever it subscribes to."),
        schema={
            "type": "object",
            "properties": {
                "endpoint_id": _ID,
                "message": {"type": "string"},
                "sample": {
                    "type": "object",
                    "description": "the event that is shown to the receiver in place of this one",
                },
            },
            "required": ["endpoint_id", "message"],
        },
        example={"endpoint_id": _EXAMPLE["endpoint_id"], "message": "It works."},
        labels=frozenset({DIRECTED}),
    ),
    EventType(
        name=DISABLED,
        title=_("Endpoint disabled"),
        description=_(
            "An endpoint gets no more events: a person disabled it, its receiver answered 410, or it took nothing for days."
        ),
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
    EventType(
        name=FAILING,
        title=_("Endpoint takes nothing"),
        description=_(
            "An endpoint has taken nothing for a day, and again for three days: the warnings before it is switched off after"
            " five."
        ),
        schema={
            **_ENDPOINT,
            "properties": {
                **_ENDPOINT["properties"],
                "since": {"type": "string", "format": "date-time"},
                "failed": {"type": "integer", "description": "deliveries that were given up since"},
            },
            "required": [*_ENDPOINT["required"], "since", "failed"],
        },
        example={**_EXAMPLE, "reason": "timeout", "since": "2026-11-20T09:00:00Z", "failed": 0},
    ),
    EventType(
        name=RECOVERED,
        title=_("Endpoint takes events again"),
        description=_("An endpoint that had been warned of takes events again."),
        schema=_ENDPOINT,
        example={**_EXAMPLE, "reason": ""},
    ),
    EventType(
        name=INBOUND,
        title=_("Inbound webhook received"),
        description=_("A source sent a request, and its signature was right. Repeats cause no second event."),
        schema={
            "type": "object",
            "properties": {
                "inbound_id": _ID,
                "source_id": _ID,
                "source": {"type": "string", "description": "the source's name"},
                "sender": {"type": "string", "description": "the preset, such as shopify"},
                "event": {"type": "string", "description": "what the sender calls it; may be empty"},
                "received_at": {"type": "string", "format": "date-time"},
                "content_type": {"type": "string"},
                "replay": {"type": "integer", "description": "0, or how often a person replayed it"},
                "hops": {
                    "type": "integer",
                    "description": "how many deliveries of Switchboard lie behind it; 0 for a sender of its own",
                },
                "body": {"description": "the body as JSON; a form becomes an object; null for other bodies"},
                "text": {"type": "string", "description": "the body, where it is neither JSON nor a form"},
            },
            "required": [
                "inbound_id",
                "source_id",
                "source",
                "sender",
                "event",
                "received_at",
                "replay",
                "body",
            ],
        },
        example={
            "inbound_id": "019aa0a5-1c2e-7b1a-8d7e-2f4f4c1f0a12",
            "source_id": "019aa0a5-1c2e-7b1a-8d7e-2f4f4c1f0a13",
            "source": "Shop",
            "sender": "shopify",
            "event": "orders/create",
            "received_at": "2026-11-21T09:40:29.121Z",
            "content_type": "application/json",
            "replay": 0,
            "hops": 0,
            "body": {"id": 820982911946154508, "name": "#9999", "total_price": "403.00"},
        },
    ),
)
consume("webhooks.fanout")
