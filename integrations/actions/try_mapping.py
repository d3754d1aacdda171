"""Tries rules on what the outside system has now, without keeping anything: one object, or a page of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from integrations.capabilities import FieldDescription, Records
from integrations.capabilities.base import Text
from integrations.capabilities.records import value_at
from integrations.live import Live
from integrations.live import get as live_of
from integrations.mapping.active import context_of
from integrations.mapping.engine import apply_in, incoming, ours_at
from integrations.mapping.ours import our_field
from integrations.mapping.rules import Rule, Rules
from integrations.mapping.sampling import describe_samples
from integrations.mapping.shown import shown
from integrations.mapping.values import Context, NotConvertible
from integrations.models import Integration
from integrations.records import Record, RecordKind
from integrations.sessions import open_session
from tenants.errors import RemoteRejected

SECONDS = 15.0
MOST_OBJECTS = 50
MOST_PAGES = 10
REASONS_SHOWN = 3
# A schema seldom changes, and every look at the page asks for it.
SCHEMA_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Seen:
    """What one rule makes of one object."""

    rule: Rule
    theirs: str
    ours: str
    problem: Text = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """One live object through all rules."""

    outside_id: str
    rows: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a value was not converted, with one that was not."""

    outside_id: str
    value: str
    text: Text


@dataclass(slots=True)
class Tally:
    """How one rule fared over all objects; `reasons` are the first few."""

    rule: Rule
    converted: int = 0
    empty: int = 0
    failed: int = 0
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would become of so many live objects; `unreadable` of them could not even be read."""

    objects: int
    unreadable: int
    rows: tuple[Tally, ...]


def their_fields(integration: Integration, kind: RecordKind) -> tuple[FieldDescription, ...]:
    """Their schema; where the system has none, the fields of a few live objects. HubError when it does not answer."""
    key = f"mapping-schema:{integration.pk}:{integration.version}:{kind.value}"
    found: tuple[FieldDescription, ...] | None = cache.get(key)
    if found is None:
        with _records(integration) as (records, _live):
            found = records.describe(kind)
            if not found:
                found = describe_samples([one.raw for one in records.read(kind).records[:5]])
        found = tuple(
            replace(one, title=str(one.title), choices=tuple((str(a), str(b)) for a, b in one.choices))
            for one in found
        )
        cache.set(key, found, SCHEMA_SECONDS)
    return found


def preview(integration: Integration, kind: RecordKind, rules: Rules, outside_id: str = "") -> Preview:
    """The object of that id, or the first one there is. HubError when there is none."""
    with _records(integration) as (records, live):
        record = records.fetch(kind, outside_id) if outside_id else _first(records, kind)
    if record is None:
        raise RemoteRejected(
            _("There is no object with this id.")
            if outside_id
            else _("There are no objects of this kind yet.")
        )
    context = replace(context_of(live), raw=record.raw)
    return Preview(record.outside_id, tuple(_seen(rule, record, context) for rule in rules))


def dry_run(integration: Integration, kind: RecordKind, rules: Rules) -> DryRun:
    """The first objects, at most fifty; nothing is stored."""
    with _records(integration) as (records, live):
        found, unreadable = _some(records, kind)
    tallies = [Tally(rule) for rule in rules]
    for record in found:
        _count(tallies, record, replace(context_of(live), raw=record.raw))
    return DryRun(len(found), unreadable, tuple(tallies))


@contextmanager
def _records(integration: Integration) -> Iterator[tuple[Records, Live]]:
    with open_session(integration.pk, seconds=SECONDS, is_probe=True) as session:
        yield session.require(Records), live_of(integration.pk)


def _first(records: Records, kind: RecordKind) -> Record | None:
    page = records.read(kind)
    return page.records[0] if page.records else None


def _some(records: Records, kind: RecordKind) -> tuple[Sequence[Record], int]:
    found: list[Record] = []
    unreadable, position = 0, None
    for _number in range(MOST_PAGES):
        page = records.read(kind, position)
        found += page.records
        unreadable += len(page.faults)
        position = page.next
        if position is None or len(found) >= MOST_OBJECTS:
            break
    return found[:MOST_OBJECTS], unreadable


def _seen(rule: Rule, record: Record, context: Context) -> Seen:
    if not rule.comes_in:
        return Seen(rule, "", shown(ours_at(record, rule.ours)))
    theirs = shown(value_at(record.raw, rule.theirs)) if rule.theirs else ""
    mapped = apply_in(record, (rule,), context)
    if mapped.problems:
        return Seen(rule, theirs, "", mapped.problems[0].text)
    return Seen(rule, theirs, shown(ours_at(mapped.record, rule.ours)))


def _count(tallies: Sequence[Tally], record: Record, context: Context) -> None:
    for tally in tallies:
        field = our_field(record.kind, tally.rule.ours)
        if field is None or not tally.rule.comes_in:
            continue
        try:
            value: Any = incoming(tally.rule, field, context)
        except NotConvertible as error:
            tally.failed += 1
            if len(tally.reasons) < REASONS_SHOWN:
                value = shown(value_at(record.raw, tally.rule.theirs))
                tally.reasons = (*tally.reasons, Reason(record.outside_id, value, error.text))
            continue
        if value is None:
            tally.empty += 1
        else:
            tally.converted += 1
