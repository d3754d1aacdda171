"""The event types of calls."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from telephony.models.origination import OriginateOrigin, OriginateState
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
                "lost",
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
        "ended_by": {
            "enum": ["client", "us", ""],
            "description": "Who ended the call; empty while it lives and where nothing told.",
        },
        "queue": {**_TEXT, "description": "The queue that the client waited in, where known."},
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
    "ended_by": "",
    "queue": "",
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
    "ended_by": "client",
    "has_recording": True,
}
_MISSED = _STARTED | {
    "status": "missed",
    "ended_at": "2026-11-21T09:40:29.116100Z",
    "wait_seconds": 8,
    "hangup_cause": 16,
    "ended_by": "us",
}

_CLICK: dict[str, Any] = {
    "type": "object",
    "required": ["id", "state", "extension", "phone", "origin"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "state": {"enum": [state for state in OriginateState.values if state != OriginateState.REFUSED]},
        "extension": {**_TEXT, "description": "Whose phone rings first."},
        "phone": {**_TEXT, "description": "E.164 with plus."},
        "origin": {"enum": list(OriginateOrigin.values)},
        "requester": {**_TEXT, "description": "Who clicked, as the system says it where they did."},
        "integration_id": {"type": ["string", "null"], "format": "uuid"},
        "outside_id": {**_TEXT, "description": "The call's id in the CRM, where the CRM began it."},
        "call_id": {
            "type": ["string", "null"],
            "format": "uuid",
            "description": "The call, once there is one.",
        },
        "reason_code": {**_TEXT, "description": "Why it failed, for programs."},
        "reason": {**_TEXT, "description": "Why it failed, for people."},
    },
}
_REQUESTED: dict[str, Any] = {
    "id": "01939f6e-8a5e-7c1a-b2cd-3f6f0f7a9d11",
    "state": "queued",
    "extension": "150",
    "phone": "+375291234570",
    "origin": "crm",
    "requester": "19",
    "integration_id": "01939f6e-8a5e-7c1a-b2cd-3f6f0f7a9d12",
    "outside_id": "",
    "call_id": None,
    "reason_code": "",
    "reason": "",
}
_CONNECTED = _REQUESTED | {"state": "talking", "call_id": "01939f6e-8a5e-7c1a-b2cd-3f6f0f7a9d10"}
_UNMADE = _REQUESTED | {
    "state": "failed",
    "reason_code": "agent_no_answer",
    "reason": "The colleague did not pick up.",
}

register(
    EventType(
        "click.requested",
        _("Call asked for by a click"),
        _("Somebody clicked a number; the colleague's phone is about to ring."),
        _CLICK,
        _REQUESTED,
    ),
    EventType(
        "click.answered",
        _("Call by a click connected"),
        _("The colleague and the client talk."),
        _CLICK,
        _CONNECTED,
    ),
    EventType(
        "click.failed",
        _("Call by a click failed"),
        _(
            "The colleague or the client was not reached, or the exchange did not make the call; `reason` says why."
        ),
        _CLICK,
        _UNMADE,
    ),
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

EXCHANGE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name", "since"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "name": _TEXT,
        "host": _TEXT,
        "since": _TIME,
        "reason": {**_TEXT, "description": "A word for programs, such as timeout or login."},
        "text": {**_TEXT, "description": "What is wrong and what to do, for people."},
    },
}
_DISCONNECTED: dict[str, Any] = {
    "id": "01939f6e-8a5e-7c1a-b2cd-3f6f0f7a9d11",
    "name": "main",
    "host": "pbx.example.com",
    "since": "2026-11-21T09:40:21.086600Z",
    "reason": "timeout",
    "text": "The host does not answer. Check the address, and whether a firewall lets us through.",
}

register(
    EventType(
        "pbx.disconnected",
        _("Exchange lost"),
        _("The exchange's manager interface has not been reached for a minute; its calls are not seen."),
        EXCHANGE_SCHEMA,
        _DISCONNECTED,
    ),
    EventType(
        "pbx.connected",
        _("Exchange found again"),
        _("The exchange is heard again after it was lost."),
        EXCHANGE_SCHEMA,
        _DISCONNECTED | {"reason": "", "text": ""},
    ),
)
