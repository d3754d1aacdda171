"""A call as the call-notification capability wants it."""

from collections.abc import Mapping
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
from telephony.models import Call, CallNotification


def ringing(one: CallNotification, users: Mapping[str, str], outside_id: str) -> CallRinging:
    """The pop-up of one set of extensions."""
    return CallRinging(**_common(one.call, tuple(one.extensions), users, outside_id))


def answered(one: CallNotification, users: Mapping[str, str], outside_id: str) -> CallAnswered:
    """Who took the call, and after that everybody else whose phone rang."""
    call = one.call
    extensions = tuple(dict.fromkeys([*one.extensions, *_everybody(call)]))
    return CallAnswered(
        **_common(call, extensions, users, outside_id), answered_at=call.answered_at or call.updated_at
    )


def hangup(one: CallNotification, users: Mapping[str, str], outside_id: str) -> CallHangup:
    """The end, for everybody whose phone rang."""
    call = one.call
    return CallHangup(
        **_common(call, _everybody(call), users, outside_id),
        outcome=_outcome(call),
        ended_at=call.ended_at or call.updated_at,
        answered_at=call.answered_at,
    )


def finished(one: CallNotification, users: Mapping[str, str], outside_id: str) -> FinishedCall:
    """The whole call."""
    call = one.call
    return FinishedCall(
        **_common(call, _everybody(call), users, outside_id),
        outcome=_outcome(call),
        ended_at=call.ended_at or call.updated_at,
        answered_at=call.answered_at,
        talk_seconds=call.talk_seconds or 0,
        wait_seconds=call.wait_seconds,
        recording_url=recording_url(call),
    )


def recording_url(call: Call) -> str:
    """The recording's address at the exchange, where its settings say how to make one; else empty.

    The path is the exchange's text: every character that could leave the folder or the path is escaped or refused.
    """
    template: str = call.pbx.recording_url_template
    path: str = call.recording or ""
    parts = path.strip("/").split("/")
    if not template or not path or any(part in ("", ".", "..") for part in parts) or "\\" in path:
        return ""
    return template.replace("{path}", "/".join(quote(part, safe="") for part in parts))


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


def _everybody(call: Call) -> tuple[str, ...]:
    """Everybody who rang; whose call it is comes first."""
    rang = [name for ring in call.rings for name in ring["extensions"]]
    first = [call.responsible] if call.responsible else []
    return tuple(dict.fromkeys([*first, *rang]))


def _outcome(call: Call) -> CallOutcome:
    return CallOutcome(call.status) if call.status in CallOutcome._value2member_map_ else CallOutcome.UNKNOWN
