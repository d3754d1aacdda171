"""What pages and routes read."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.db.models import Count, F, OuterRef, Prefetch, QuerySet, Subquery
from django.utils import timezone

from config.ids import uuid7_at
from tenants.models import Event
from webhooks.models import (
    Attempt,
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointSecret,
    Inbound,
    Payload,
    Report,
    ReportRun,
    Source,
)
from webhooks.schemes import ASYMMETRIC, public_key_of


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries; an empty one means all of the tenant's. `since` and `until` are of their events."""

    endpoint: UUID | None = None
    event: UUID | None = None
    event_type: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        return cls(**{field.name: values.get(field.name) for field in fields(cls)})

    def as_dict(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def deliveries(wanted: DeliveryFilter | None = None) -> QuerySet[Delivery]:
    """Newest first, with their endpoints."""
    found = Delivery.objects.select_related("endpoint").order_by("-id")
    wanted = wanted or DeliveryFilter()
    conditions = {
        "endpoint_id": wanted.endpoint,
        "event_id": wanted.event,
        "event_type": wanted.event_type,
        "state": wanted.state,
        # Ids begin with the event's time: a range far back is read from its beginning.
        "id__gte": uuid7_at(wanted.since) if wanted.since else None,
        "id__lt": uuid7_at(wanted.until) if wanted.until else None,
    }
    return found.filter(**{name: value for name, value in conditions.items() if value is not None})


def delivery_with_attempts() -> QuerySet[Delivery]:
    """For one delivery's page: its attempts in order."""
    return deliveries().prefetch_related(Prefetch("tries_made", Attempt.objects.order_by("n")))


def sent_body(delivery: Delivery) -> bytes | None:
    """The exact bytes that every attempt of it sent; None when they are no longer kept."""
    found = Payload.objects.filter(event_id=delivery.event_id, variant=delivery.variant)
    body = found.values_list("body", flat=True).first()
    return None if body is None else bytes(body)


def parked_count(endpoint: Endpoint) -> int:
    return Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.PARKED).count()


def unwell_counts(endpoint: Endpoint) -> dict[str, int]:
    """How many of its deliveries are in each state but delivered; served by a small partial index."""
    rows = Delivery.objects.filter(endpoint=endpoint).exclude(state=DeliveryState.DONE).order_by()
    return dict(rows.values_list("state").annotate(count=Count("id")))


def timeline(correlation_id: UUID) -> QuerySet[Attempt]:
    """Every attempt that belongs to a flow, oldest first, for its page in the rooms above."""
    found = Attempt.objects.filter(delivery__event__correlation_id=correlation_id)
    return (
        found.select_related("delivery__endpoint")
        .annotate(event_type=F("delivery__event_type"))
        .order_by("started_at")
    )


def events(type_: str | None = None) -> QuerySet[Event]:
    found = Event.objects.order_by("-id")
    return found.filter(type=type_) if type_ else found


@dataclass(frozen=True, slots=True)
class InboundFilter:
    """Which inbound requests; an empty one means all of the tenant's."""

    source: UUID | None = None
    state: str | None = None
    event: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        return cls(**{field.name: values.get(field.name) for field in fields(cls)})


def inbound_requests(wanted: InboundFilter | None = None) -> QuerySet[Inbound]:
    """Newest first, with their sources and without bodies, which may be large."""
    found = Inbound.objects.select_related("source").defer("body").order_by("-id")
    wanted = wanted or InboundFilter()
    conditions = {
        "source_id": wanted.source,
        "state": wanted.state,
        "event_type": wanted.event,
        "id__gte": uuid7_at(wanted.since) if wanted.since else None,
        "id__lt": uuid7_at(wanted.until) if wanted.until else None,
    }
    return found.filter(**{name: value for name, value in conditions.items() if value is not None})


def sources() -> QuerySet[Source]:
    """With their tallies and with `last_received`, which one index look-up each answers."""
    newest = Inbound.objects.filter(source=OuterRef("pk")).order_by("-id").values("created_at")[:1]
    return Source.objects.select_related("tally").annotate(last_received=Subquery(newest)).order_by("name")


def state_counts(source: Source, since: datetime) -> dict[str, int]:
    """How many requests since then are in each state."""
    rows = Inbound.objects.filter(source=source, id__gte=uuid7_at(since)).order_by()
    return dict(rows.values_list("state").annotate(count=Count("id")))


def report_runs(report: Report) -> QuerySet[ReportRun]:
    """Newest first."""
    return ReportRun.objects.filter(report=report).order_by("-id")


def with_private_keys(endpoints: QuerySet[Endpoint]) -> QuerySet[Endpoint]:
    """For `public_keys` of many: only what signs with private keys has them, and no other secret is opened."""
    private = EndpointSecret.objects.filter(endpoint__signing__scheme=ASYMMETRIC).order_by("-id")
    return endpoints.prefetch_related(Prefetch("secrets", queryset=private, to_attr="asymmetric_secrets"))


def public_keys(endpoint: Endpoint) -> list[str]:
    """What verifies this endpoint's requests, the newest first; empty where the secret is shared."""
    if endpoint.signing.get("scheme") != ASYMMETRIC:
        return []
    rows = getattr(endpoint, "asymmetric_secrets", None)
    if rows is None:
        rows = EndpointSecret.objects.filter(endpoint=endpoint).order_by("-id")
    now = timezone.now()
    live = [row for row in rows if row.expires_at is None or row.expires_at > now]
    return [key for row in live if (key := public_key_of(row.secret)) is not None]
