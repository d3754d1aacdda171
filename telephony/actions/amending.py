"""Corrections of what a CRM has in its history: what was told is kept, and told again when it is no longer so."""

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from telephony.actions import crm_facts
from telephony.actions.planning import Crms, Known, key
from telephony.models import Call, CallNotification, NotificationKind, NotificationState

TOLERANCE: Final = 2
"""Seconds of talking or waiting that two sources may differ by without anybody being told."""
_SECONDS: Final = ("talk", "wait")


def told_of(call: Call) -> dict[str, Any]:
    """What a CRM's history says of a call, as far as it may change afterwards."""
    return {
        "outcome": crm_facts.outcome(call).value,
        "extension": crm_facts.attributed(call),
        "phone": call.client_number,
        "talk": call.talk_seconds or 0,
        "wait": call.wait_seconds,
        "recording": _recording(call),
        "is_final": call.recording_size is not None,
    }


def differs(told: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether people would see another entry."""
    same = [name for name in now if name not in (*_SECONDS, "is_final")]
    return any(told.get(name) != now[name] for name in same) or any(
        abs(told.get(name, 0) - now[name]) > TOLERANCE for name in _SECONDS
    )


def _recording(call: Call) -> str:
    """Names the recording without saying where it is; empty when there is none that could be listened to."""
    if not crm_facts.recording_url(call):
        return ""
    return hashlib.sha256(f"{call.pk}:{call.recording}".encode()).hexdigest()[:16]


def outdated(call: Call, crms: Crms, known: Known) -> list[CallNotification]:
    """Uploads that were taken and are no longer true, in systems that take a correction."""
    rows = [row for row in _told(call, crms, known) if row.integration_id in crms.amending]
    now = told_of(call) if rows else {}
    return [row for row in rows if differs(row.details["told"], now)]


def waiting(call: Call, crms: Crms, known: Known) -> list[CallNotification]:
    """Uploads that were kept back for a recording which is complete now."""
    if call.finished_at is None or call.recording_size is None:
        return []
    return [row for row in _uploads(call, crms, known) if row.state == NotificationState.PENDING]


def late_recordings(call: Call, crms: Crms, known: Known) -> list[CallNotification]:
    """For systems that take a recording for a call which they have already: it is complete only now."""
    rows = [row for row in _told(call, crms, known) if row.integration_id in crms.attaching]
    now = told_of(call) if rows else {}
    if not now.get("recording") or not now["is_final"]:
        return []
    found = [
        CallNotification(
            tenant_id=call.tenant_id,
            integration_id=row.integration_id,
            call=call,
            kind=NotificationKind.RECORDING,
        )
        for row in rows
        if (row.details["told"].get("recording"), row.details["told"].get("is_final"))
        != (now["recording"], True)
    ]
    return [one for one in found if key(one) not in known.states]


def _told(call: Call, crms: Crms, known: Known) -> list[CallNotification]:
    """Uploads of a closed call that were taken; nearly always none while it is folded."""
    if call.finished_at is None or call.is_merged:
        return []
    return [
        row
        for row in _uploads(call, crms, known)
        if row.state == NotificationState.DONE and row.details.get("told")
    ]


def _uploads(call: Call, crms: Crms, known: Known) -> Iterable[CallNotification]:
    return [
        row
        for row in known.rows.values()
        if row.call_id == call.pk and row.kind == NotificationKind.UPLOAD and row.integration_id in crms.ids
    ]
