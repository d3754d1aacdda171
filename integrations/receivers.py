"""Who takes what outside systems tell us: a registry that the parts of the hub fill when their app is loaded.

A receiver works in the company's scope, in transactions of its own, and must be harmless when it is called again with
the same things: a request is handled anew after a crash and by a replay. It returns what it did, in words for people.
`Unsupported` means that it has no use for it; `TransientError` has the request handled again later.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from integrations.capabilities.base import Text
from integrations.hooks import Clicked
from integrations.records import Record, RecordKind
from tenants.errors import Unsupported


@dataclass(frozen=True, slots=True)
class Hook:
    """The stored request that something was told by. `replay` counts how often people had it processed again."""

    integration_id: UUID
    tenant_id: int
    inbound_id: UUID
    received_at: datetime
    correlation_id: UUID | None = None
    replay: int = 0


ReceiveRecords = Callable[[Hook, Sequence[Record]], Text]
ReceiveRemoval = Callable[[Hook, RecordKind, str], Text]
ReceiveClick = Callable[[Hook, Clicked], Text]

_records: dict[RecordKind, ReceiveRecords] = {}
_removals: dict[RecordKind, ReceiveRemoval] = {}
_clicks: list[ReceiveClick] = []


def register_records(kinds: Iterable[RecordKind], receiver: ReceiveRecords) -> None:
    """All records of one call are of one kind."""
    for kind in kinds:
        if kind in _records:
            raise ValueError(f"two receivers take records of the kind {kind}")
        _records[kind] = receiver


def register_removals(kinds: Iterable[RecordKind], receiver: ReceiveRemoval) -> None:
    """Told of objects that are no longer there."""
    for kind in kinds:
        if kind in _removals:
            raise ValueError(f"two receivers take removals of the kind {kind}")
        _removals[kind] = receiver


def register_clicks(receiver: ReceiveClick) -> None:
    """Telephony: somebody there wants to call a number."""
    if _clicks:
        raise ValueError("two receivers take clicks")
    _clicks.append(receiver)


def receive_records(hook: Hook, kind: RecordKind, records: Sequence[Record]) -> Text:
    """Hand them to whoever keeps that kind; `Unsupported` when nobody does."""
    if kind not in _records:
        raise Unsupported(_("Nobody here keeps this yet: %(kind)s.") % {"kind": kind.label})
    return _records[kind](hook, records)


def receive_removal(hook: Hook, kind: RecordKind, outside_id: str) -> Text:
    """`Unsupported` when nobody keeps that kind."""
    if kind not in _removals:
        raise Unsupported(_("Nobody here keeps this yet: %(kind)s.") % {"kind": kind.label})
    return _removals[kind](hook, kind, outside_id)


def receive_click(hook: Hook, clicked: Clicked) -> Text:
    """`Unsupported` when nobody can make calls."""
    if not _clicks:
        raise Unsupported(_("Calls cannot be made from here."))
    return _clicks[0](hook, clicked)
