"""The mapping in force for an integration and a kind: read once, kept in the process for a few seconds.

Sync asks for every record of a page. A version saved in this process is seen at once, elsewhere after `TIME_TO_LIVE`.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from integrations.capabilities import Change
from integrations.live import TIME_TO_LIVE, Live
from integrations.mapping.engine import MappedChange, MappedRecord, apply_in, apply_out
from integrations.mapping.rules import Rules, from_json
from integrations.mapping.values import Context
from integrations.records import Record, RecordKind
from tenants.scoping import all_tenants


@dataclass(frozen=True, slots=True)
class _Loaded:
    until: float
    rules: Mapping[str, Rules]


_loaded: dict[UUID, _Loaded] = {}
_lock = threading.Lock()
MOST_KEPT = 4096


def active(integration_id: UUID, kind: RecordKind) -> Rules:
    """The rules in force; none when nothing was mapped."""
    found = _loaded.get(integration_id)
    if found is None or found.until < time.monotonic():
        found = _Loaded(time.monotonic() + TIME_TO_LIVE, _read(integration_id))
        with _lock:
            if len(_loaded) >= MOST_KEPT:
                _loaded.clear()
            _loaded[integration_id] = found
    return found.rules.get(kind.value, ())


def mapped(live: Live, record: Record) -> MappedRecord:
    """The record as the tenant's mapping fills it from its raw fields."""
    rules = active(live.id, record.kind)
    return apply_in(record, rules, context_of(live)) if rules else MappedRecord(record)


def mapped_out(live: Live, change: Change) -> MappedChange:
    """The change with what the tenant's mapping sends in its `extra`."""
    rules = active(live.id, change.record.kind)
    return apply_out(change, rules, context_of(live)) if rules else MappedChange(change)


def context_of(live: Live) -> Context:
    return Context(zone=ZoneInfo(live.timezone), region=live.phone_region)


def forget(integration_id: UUID) -> None:
    """Read it anew: now for this thread's transaction, and again once it is committed."""
    _drop(integration_id)
    transaction.on_commit(lambda: _drop(integration_id))


def forget_all() -> None:
    """Start empty, as a new process does."""
    with _lock:
        _loaded.clear()


def _drop(integration_id: UUID) -> None:
    with _lock:
        _loaded.pop(integration_id, None)


def _read(integration_id: UUID) -> dict[str, Rules]:
    from integrations.models import MappingVersion

    with all_tenants():
        rows = MappingVersion.objects.filter(integration_id=integration_id, is_active=True)
        found = list(rows.values_list("kind", "rules"))
    return {kind: tuple(from_json(rule) for rule in rules) for kind, rules in found}
