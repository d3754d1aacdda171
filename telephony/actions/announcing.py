"""Emits the events of calls that other systems subscribe to, in the transaction of their cause."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from telephony.models.call import Call, CallDirection
from tenants.events import NewEvent, emit_many


def while_folding(call: Call, *, was_external: bool, was_answered: bool) -> list[str]:
    """The event types that the latest fold of an external call gives rise to. Internal calls are nobody's news."""
    if call.direction not in (CallDirection.IN, CallDirection.OUT):
        return []
    kinds = [] if was_external else ["call.started"]
    if call.answered_at is not None and not was_answered:
        kinds.append("call.answered")
    return kinds


def when_finished(call: Call) -> list[str]:
    """The event types of a call that is over for good."""
    if call.direction not in (CallDirection.IN, CallDirection.OUT):
        return []
    return ["call.ended", "call.missed"] if call.is_missed else ["call.ended"]


def announce(news: Iterable[tuple[Call, str]]) -> None:
    """Write the events; each happens once for a call."""
    emit_many(
        [
            NewEvent(call.tenant_id, kind, event_data(call), f"{kind}:{call.pk}", correlation_id=call.pk)
            for call, kind in news
        ]
    )


def event_data(call: Call) -> dict[str, Any]:
    """A call as subscribers see it."""
    return {
        "id": str(call.pk),
        "external_id": call.external_id,
        "direction": call.direction,
        "status": call.status,
        "client": {"number": call.client_number, "raw": call.client_raw, "name": call.client_name},
        "did": call.did,
        "trunk": call.trunk,
        "extension": call.responsible,
        "answered_by": call.answered_by,
        "rang": list(dict.fromkeys(name for ring in call.rings for name in ring["extensions"])),
        "started_at": _time(call.started_at),
        "answered_at": _time(call.answered_at),
        "ended_at": _time(call.ended_at),
        "talk_seconds": call.talk_seconds,
        "wait_seconds": call.wait_seconds,
        "hangup_cause": call.hangup_cause,
        "ended_by": call.ended_by,
        "queue": call.queue,
        "has_recording": bool(call.recording),
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
