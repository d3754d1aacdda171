"""What a dialplan says over the manager interface (`UserEvent(Switchboard,…)`, docs/asterisk.md) -> the event it would post.

The fields say the same as those of an HTTP event and make the same row. The caller's name and the linked channel are Asterisk's own
additions to every such event.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

import orjson

from telephony.ami.spelling import unescaped
from telephony.ingest.names import SEALED_FIELDS
from telephony.ingest.parse import KINDS, MAX_ID, ParsedEvent

NAME: Final = "switchboard"
# Ours in the dialplan: the event's field. Those that may hold a comma come encoded.
_PLAIN: Final = {
    "Type": "CallType",
    "Status": "CallStatus",
    "DialStatus": "DialStatus",
    "HangupCause": "HangupCause",
}
_ENCODED: Final = {
    "Phones": "Extensions",
    "Number": "CallerIDNum",
    "Line": "Did",
    "Trunk": "Trunk",
    "Recording": "Recording",
}
# What the exchange writes for a name that is not known.
_UNKNOWN: Final = "<unknown>"


def from_dialplan(packet: Mapping[str, Any]) -> ParsedEvent | None:
    """The event, None for a packet that is none of ours."""
    kind, call = _text(packet, "Kind"), _text(packet, "Call")
    if _text(packet, "UserEvent").lower() != NAME or kind not in KINDS or not call:
        return None
    payload = {field: _text(packet, name) for name, field in _PLAIN.items()}
    payload |= {field: unquote(_text(packet, name)) for name, field in _ENCODED.items()}
    payload["Channel"] = _text(packet, "Channel")
    payload["CallerIDName"] = unescaped(_text(packet, "CallerIDName").replace(_UNKNOWN, ""))
    linked = _text(packet, "Linkedid") or call
    payload |= {"UniqueId": call[:MAX_ID], "LinkedId": linked[:MAX_ID]}
    payload = {name: value.replace("\x00", "") for name, value in payload.items()}
    digest = hashlib.sha256(
        orjson.dumps([kind, payload, _text(packet, "Timestamp")], option=orjson.OPT_SORT_KEYS)
    )
    sealed = {name: payload.pop(name) for name in SEALED_FIELDS if payload.get(name)}
    return ParsedEvent(
        kind=kind,
        token="",
        unique_id=call[:MAX_ID],
        linked_id=linked[:MAX_ID],
        payload=payload,
        raw="",
        degraded=(),
        digest=digest.digest(),
        sealed=sealed,
    )


def _text(packet: Mapping[str, Any], name: str) -> str:
    value = packet.get(name, "")
    return str(value[0] if isinstance(value, list) and value else value or "")[:2000]
