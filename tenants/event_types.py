"""The event types of this room: people, the installation, its safety, and one for whatever has no type yet.

Switchboard tells of its own people and its own safety (tenants/trail/happenings.py); outside systems of theirs.
"""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from tenants.events import EXTERNAL, PUBLISHABLE, EventType, register

_TEXT: Final = {"type": "string"}
_USER: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["user_id"],
    "properties": {
        "user_id": {**_TEXT, "minLength": 1, "description": "As the publishing system knows the person."},
        "name": _TEXT,
        "email": _TEXT,
        "role": _TEXT,
        "changed": {"type": "array", "items": _TEXT, "description": "Names of the fields that changed."},
        "address": {**_TEXT, "description": "The IP address that the person came from."},
        "method": {**_TEXT, "description": "How the person signed in, such as password or sso."},
    },
}
_PERSON: Final = {"user_id": "u-17", "name": "Anna", "email": "anna@example.com", "role": "manager"}
_SEVERITY: Final = {"enum": ["info", "warning", "error", "critical"]}
_OPEN: Final = frozenset({PUBLISHABLE})

register(
    EventType(
        "user.registered",
        _("User registered"),
        _("A person got an account: here, in this company, or in a system that tells of it."),
        _USER,
        _PERSON,
        labels=_OPEN,
    ),
    EventType(
        "user.login",
        _("User signed in"),
        _("A person signed in, here or in a system that tells of it."),
        _USER,
        {**_PERSON, "address": "203.0.113.7", "method": "password"},
        labels=_OPEN,
    ),
    EventType(
        "user.updated",
        _("User changed"),
        _("A person's account was changed; `changed` names the fields."),
        _USER,
        {**_PERSON, "changed": ["role"]},
        labels=_OPEN,
    ),
    EventType(
        "user.deleted",
        _("User deleted"),
        _("A person's account is gone, or their membership in this company."),
        _USER,
        _PERSON,
        labels=_OPEN,
    ),
    EventType(
        "system.alert",
        _("System alert"),
        _(
            "Something needs a person's attention, such as credentials that end soon; for what has a type of its own, that one is told. Of the installation itself only companies hear whose operator chose it: once when it begins, once when it ends."
        ),
        {
            "type": "object",
            "required": ["severity", "message"],
            "properties": {
                "severity": _SEVERITY,
                "message": {**_TEXT, "minLength": 1},
                "code": {**_TEXT, "description": "What it is, for programs, such as disk.data."},
                "state": {"enum": ["begun", "ended"], "description": "Of what lasts."},
                "since": {"type": "string", "format": "date-time"},
                "until": {"type": "string", "format": "date-time"},
                "component": {
                    **_TEXT,
                    "description": "What it is about; `installation` for Switchboard itself.",
                },
                "details": {"type": "object"},
            },
        },
        {"severity": "error", "message": "The disk of backup-1 is 95 % full.", "component": "backup-1"},
        labels=_OPEN,
    ),
    EventType(
        "security.violation",
        _("Security violation"),
        _(
            "Somebody did, or tried, what they must not: a person was locked out, a key was refused, the audit trail was tampered with."
        ),
        {
            "type": "object",
            "required": ["kind", "message"],
            "properties": {
                "kind": {
                    **_TEXT,
                    "minLength": 1,
                    "description": "brute_force, credential_refused, audit_tampered, or what an outside system calls it.",
                },
                "message": _TEXT,
                "severity": _SEVERITY,
                "user_id": _TEXT,
                "address": _TEXT,
            },
        },
        {
            "kind": "brute_force",
            "message": "Twenty wrong passwords within a minute.",
            "severity": "warning",
            "user_id": "u-17",
            "address": "203.0.113.7",
        },
        labels=_OPEN,
    ),
    EventType(
        "custom.event",
        _("Custom event"),
        _(
            "Anything that has no type of its own; declare one to have its data checked. Published by outside systems."
        ),
        {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {**_TEXT, "minLength": 1, "description": "What happened."},
                "details": {"type": "object"},
            },
        },
        {"name": "door.opened", "details": {"door": 3}},
        labels=_OPEN | {EXTERNAL},
    ),
)
