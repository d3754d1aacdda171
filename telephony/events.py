"""The event types of calls."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from tenants.events import EventType, register

_TEXT = {"type": "string"}
_TIME = {"type": ["string", "null"], "format": "date-time"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "external_id", "direction", "status", "client", "started_at"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "external_id": {
            **_TEXT,
            "description": "The id of the call's first channel at the telephone exchange.",
        },
        "direction": {"enum": ["in", "out"]},
        "status": {
            "enum": [
                "new",
                "ringing",
                "talking",
                "answered",
                "missed",
                "no_agent",
                "abandoned",
                "busy",
                "rejected",
                "unavailable",
                "cancelled",
                "failed",
                "congestion",
                "unknown",
            ]
        },
        "client": {
            "type": "object",
            "properties": {
                "number": {
                    **_TEXT,
                    "description": "E.164 with plus; empty when it is withheld or no telephone number.",
                },
                "raw": {**_TEXT, "description": "As the exchange says it."},
                "name": _TEXT,
            },
        },
        "did": {**_TEXT, "description": "Our own line."},
        "trunk": _TEXT,
        "extension": {**_TEXT, "description": "Whose call it is: who talked last, else who rang first."},
        "answered_by": {**_TEXT, "description": "Who answered first."},
        "rang": {"type": "array", "items": _TEXT},
        "started_at": _TIME,
        "answered_at": _TIME,
        "ended_at": _TIME,
        "talk_seconds": {"type": ["integer", "null"]},
        "wait_seconds": {"type": "integer"},
        "hangup_cause": {"type": ["integer", "null"], "description": "Q.850."},
        "has_recording": {"type": "boolean"},
    },
}
_STARTED: dict[str, Any] = {
    "id": "01939f6e-8a5e-7c1a-b2cd-3f6f0f7a9d10",
    "external_id": "pbx-1795254021.57",
    "direction": "in",
    "status": "ringing",
    "client": {"number": "+375291234570", "raw": "+375291234570", "name": ""},
    "did": "+375173001001",
    "trunk": "trunk-beltel",
    "extension": "150",
    "answered_by": "",
    "rang": ["150"],
    "started_at": "2026-11-21T09:40:21.086600Z",
    "answered_at": None,
    "ended_at": None,
    "talk_seconds": 0,
    "wait_seconds": 0,
    "hangup_cause": None,
    "has_recording": False,
}
_ANSWERED = _STARTED | {
    "status": "talking",
    "answered_by": "150",
    "answered_at": "2026-11-21T09:40:23.110700Z",
    "talk_seconds": None,
    "wait_seconds": 2,
}
_ENDED = _ANSWERED | {
    "status": "answered",
    "ended_at": "2026-11-21T09:40:29.116100Z",
    "talk_seconds": 6,
    "hangup_cause": 16,
    "has_recording": True,
}
_MISSED = _STARTED | {
    "status": "missed",
    "ended_at": "2026-11-21T09:40:29.116100Z",
    "wait_seconds": 8,
    "hangup_cause": 16,
}

register(
    EventType(
        "call.started",
        _("Call began"),
        _("A call with a client has begun; the client's number is known."),
        SCHEMA,
        _STARTED,
    ),
    EventType("call.answered", _("Call answered"), _("Somebody answered the call."), SCHEMA, _ANSWERED),
    EventType(
        "call.ended",
        _("Call ended"),
        _("The call is over and will not be continued by a transfer. Sent a few seconds after the hang-up."),
        SCHEMA,
        _ENDED,
    ),
    EventType(
        "call.missed",
        _("Call missed"),
        _("An incoming call ended and nobody had served it."),
        SCHEMA,
        _MISSED,
    ),
)
