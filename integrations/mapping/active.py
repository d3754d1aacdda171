"""The mapping in force for an integration and a kind: read once and kept in the process (tenants/changes).

Sync asks for every record of a page.
"""

from collections.abc import Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from integrations.capabilities import Change
from integrations.live import Live
from integrations.mapping.engine import MappedChange, MappedRecord, apply_in, apply_out
from integrations.mapping.rules import Rules, from_json
from integrations.mapping.values import Context
from integrations.records import Record, RecordKind
from tenants.changes import Memory
from tenants.scoping import all_tenants

MOST_KEPT = 4096


def active(integration_id: UUID, kind: RecordKind) -> Rules:
    """The rules in force; none when nothing was mapped."""
    return memory.get(integration_id).get(kind.value, ())


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
    """Have every process read it anew, this thread's transaction already before it is committed."""
    memory.forget(integration_id)


def forget_all() -> None:
    """Start empty, as a new process does."""
    memory.forget_all()


def _read(integration_id: UUID) -> dict[str, Rules]:
    from integrations.models import MappingVersion

    with all_tenants():
        rows = MappingVersion.objects.filter(integration_id=integration_id, is_active=True)
        found = list(rows.values_list("kind", "rules"))
    return {kind: tuple(from_json(rule) for rule in rules) for kind, rules in found}


memory: Memory[UUID, Mapping[str, Rules]] = Memory("mappings", _read, UUID, most=MOST_KEPT)
