"""A call as the call-notification capability wants it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from integrations.capabilities import (
    CallAnswered,
    CallHangup,
    CallOutcome,
    CallRinging,
    Direction,
    FinishedCall,
)
from telephony import policies
from telephony.models import Call, CallNotification, CallStatus
from telephony.models.policy import Attribution
from telephony.recordings.links import crm_url


def ringing(one: CallNotification, users: Mapping[str, str], outside_id: str) -> CallRinging:
    """The pop-up of one set of extensions."""
    return CallRinging(**_common(one.call, tuple(one.extensions), users, outside_id))


def answered(one: CallNotification, users: Mapping[str, str], outside_id: str) -> CallAnswered:
    """Who took the call, and after that everybody else whose phone rang."""
    call = one.call
    extensions = tuple(dict.fromkeys([*one.extensions, *_everybody(call, call.responsible)]))
    return CallAnswered(
        **_common(call, extensions, users, outside_id), answered_at=call.answered_at or call.updated_at
    )


def hangup(one: CallNotification, users: Mapping[str, str], outside_id: str) -> CallHangup:
    """The end, for everybody whose phone rang."""
    call = one.call
    return CallHangup(
        **_common(call, _everybody(call, call.responsible), users, outside_id),
        outcome=outcome(call),
        ended_at=call.ended_at or call.updated_at,
        answered_at=call.answered_at,
    )


def finished(one: CallNotification, users: Mapping[str, str], outside_id: str) -> FinishedCall:
    """The whole call. Whose it is among several who talked, the company has chosen."""
    call = one.call
    return FinishedCall(
        **_common(call, _everybody(call, attributed(call)), users, outside_id),
        outcome=outcome(call),
        ended_at=call.ended_at or call.updated_at,
        answered_at=call.answered_at,
        talk_seconds=call.talk_seconds or 0,
        wait_seconds=call.wait_seconds,
        recording_url=recording_url(call),
        is_recorded=bool(call.recording),
        is_amendment=bool(one.details.get("told")),
    )


def recording_url(call: Call) -> str:
    """Our own link where the exchange's recordings are known to us, else its address at the exchange; empty without one.

    The path is the exchange's text: every character that could leave the folder or the path is escaped or refused.
    """
    ours = crm_url(call)
    if ours is not None:
        return ours
    template: str = call.pbx.recording_url_template
    path: str = call.recording or ""
    parts = path.strip("/").split("/")
    if not template or not path or any(part in ("", ".", "..") for part in parts) or "\\" in path:
        return ""
    return template.replace("{path}", "/".join(quote(part, safe="") for part in parts))


def attributed(call: Call) -> str:
    """Whose call it is in a CRM's history: by the company's choice among those who talked; else whose it is with us.

    A call that reached nobody, and rang nobody, belongs to whoever is responsible for its line.
    """
    policy = policies.of_tenant(call.tenant_id)
    if not call.responsible:
        return policy.line(call.did, call.trunk).extension
    talked = [talk for talk in call.talks if talk["extension"]]
    if not talked or policy.attribution == Attribution.LAST:
        return call.responsible
    if policy.attribution == Attribution.FIRST:
        return call.answered_by or str(talked[0]["extension"])
    seconds: dict[str, float] = {}
    for talk in talked:
        until = talk["until"] or (call.ended_at or call.updated_at).isoformat()
        length = (datetime.fromisoformat(until) - datetime.fromisoformat(talk["since"])).total_seconds()
        seconds[talk["extension"]] = seconds.get(talk["extension"], 0.0) + length
    return max(seconds, key=lambda extension: seconds[extension])


def outcome(call: Call) -> CallOutcome:
    if call.status == CallStatus.LOST and call.answered_at is not None:
        return CallOutcome.ANSWERED  # only its end was not seen
    return CallOutcome(call.status) if call.status in CallOutcome._value2member_map_ else CallOutcome.UNKNOWN


def _common(
    call: Call, extensions: tuple[str, ...], users: Mapping[str, str], outside_id: str
) -> dict[str, Any]:
    return {
        "call_id": call.pk,
        "external_id": call.external_id,
        "direction": Direction(call.direction),
        "phone": call.client_number,
        "started_at": call.started_at,
        "extensions": extensions,
        "users": {extension: users[extension] for extension in extensions if extension in users},
        "did": call.did,
        "outside_id": outside_id,
    }


def _everybody(call: Call, first: str) -> tuple[str, ...]:
    """Everybody who rang; whose call it is comes first."""
    rang = [name for ring in call.rings for name in ring["extensions"]]
    return tuple(dict.fromkeys([*([first] if first else []), *rang]))
