"""Requests whose event nobody expects: they are kept aside until a person takes them in or drops them."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from tenants import audit
from webhooks.actions.replay_range import BegunReplay, replay_chosen
from webhooks.models import Inbound, InboundState, Intake, Source
from webhooks.relaying import MOST_EXPECTED, is_expected

UNEXPECTED: Final = "event_unexpected"
BATCH: Final = 500


def learn_events(rows: Sequence[Inbound]) -> None:
    """Names that sources which learn have not met yet; in the transaction that processes the requests."""
    met: dict[UUID, set[str]] = {}
    for row in rows:
        source = row.source
        if (
            source.intake == Intake.LEARNING
            and row.event_type
            and not is_expected(source.expected, row.event_type)
        ):
            met.setdefault(source.pk, set()).add(row.event_type)
    for source in Source.objects.select_for_update().filter(pk__in=met).order_by("pk"):
        _add(source, met[source.pk])


def expect_events(source: Source, events: set[str]) -> None:
    """Take these from now on."""
    with transaction.atomic():
        _add(Source.objects.select_for_update().get(pk=source.pk), events)
        audit.record("source.updated", source, after={"expected": sorted(events)})


def _add(source: Source, events: set[str]) -> None:
    fresh = sorted(event for event in events if event and not is_expected(source.expected, event))
    source.expected = [*source.expected, *fresh][:MOST_EXPECTED]
    source.save(update_fields=["expected", "updated_at"])


def aside(rows: QuerySet[Inbound]) -> QuerySet[Inbound]:
    """Those of them that wait for a decision. Count it before you ask."""
    return rows.filter(state=InboundState.ASIDE)


def release(rows: QuerySet[Inbound]) -> BegunReplay:
    """They are processed like any other; many of them in the background."""
    return replay_chosen(rows, InboundState.ASIDE)


def drop(rows: QuerySet[Inbound]) -> int:
    """They stay in the log for a while, and nothing comes of them; how many there were."""
    total = 0
    while ids := list(aside(rows).order_by("id").values_list("id", flat=True)[:BATCH]):
        total += Inbound.objects.filter(id__in=ids, state=InboundState.ASIDE).update(
            state=InboundState.DROPPED
        )
    if total:
        audit.record("inbound.dropped", after={"count": total})
    return total
