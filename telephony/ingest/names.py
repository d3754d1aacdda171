"""The field names that exchanges send, and how other spellings of them are recognised."""

import re
from typing import Final

TEXT_FIELDS: Final = (
    "Token",
    "UniqueId",
    "LinkedId",
    "CallerIDNum",
    "CallerIDName",
    "ConnectedLineNum",
    "CallType",
    "CallStatus",
    "StartTime",
    "EndTime",
    "Trunk",
    "Did",
    "DialStatus",
    "HangupCause",
    "Channel",
    "Recording",
    "File",
    "Size",
    "At",
)
TIME_FIELDS: Final = ("StartTime", "EndTime")
NUMBER_FIELDS: Final = ("CallerIDNum", "ConnectedLineNum", "Did")
# Where a recording lies: stored sealed, apart from the rest.
SEALED_FIELDS: Final = ("Recording", "File")
KNOWN: Final = frozenset((*TEXT_FIELDS, "Extensions"))

_FOLDED: Final = {name.lower(): name for name in KNOWN} | {
    "linkedid": "LinkedId",
    "calleridnumber": "CallerIDNum",
    "calledextensions": "Extensions",
    "exts": "Extensions",
}
_SEPARATORS = re.compile(r"[_\-\s]")


def canonical(name: str) -> str:
    """The known spelling of a field (`unique_id`, `uniqueid` -> `UniqueId`); an unknown name stays as it is."""
    if name in KNOWN or len(name) > 30:
        return name
    return _FOLDED.get(_SEPARATORS.sub("", name).lower(), name)
