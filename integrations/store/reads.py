"""Reads of records: by what people are reached by, by what a system calls them, and what hangs on a page of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from integrations.models import ContactPoint, Integration, Link, PointType, Reference
from integrations.models.records import ReachableRecord, StoredRecord
from integrations.phones import to_e164
from integrations.records import RecordKind
from integrations.store.shapes import shape_of


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """What a list is narrowed to; empty values do not narrow. `equal` are columns of the kind."""

    phone: str = ""
    email: str = ""
    integration: UUID | None = None
    outside_id: str = ""
    contact: UUID | None = None
    updated_from: datetime | None = None
    is_deleted: bool | None = None
    equal: dict[str, Any] = field(default_factory=dict)


def filtered(rows: "QuerySet[Any]", kind: RecordKind, wanted: RecordFilter, region: str) -> "QuerySet[Any]":
    """The rows that fit; every condition has an index that serves it."""
    if wanted.phone:
        raw = wanted.phone.strip()  # an unescaped plus of a query string arrives as a space
        number = to_e164(raw, region) or to_e164(f"+{raw}", region) or raw
        rows = rows.filter(pk__in=_points(kind, PointType.PHONE, number))
    if wanted.email:
        rows = rows.filter(pk__in=_points(kind, PointType.EMAIL, wanted.email.strip().lower()))
    if wanted.integration or wanted.outside_id:
        links = Link.objects.filter(kind=kind)
        if wanted.integration:
            links = links.filter(integration_id=wanted.integration)
        else:
            links = links.filter(integration__in=Integration.objects.all())
        if wanted.outside_id:
            links = links.filter(outside_id=wanted.outside_id)
        rows = rows.filter(pk__in=links.values("record_id"))
    if wanted.contact:
        named = Reference.objects.filter(target_id=wanted.contact, kind=kind)
        rows = rows.filter(pk__in=named.values("record_id"))
    if wanted.updated_from:
        rows = rows.filter(updated_at__gte=wanted.updated_from)
    if wanted.is_deleted is not None:
        rows = rows.filter(deleted_at__isnull=not wanted.is_deleted)
    if not wanted.is_deleted and issubclass(rows.model, ReachableRecord):
        rows = rows.filter(merged_into__isnull=True)
    return rows.filter(**wanted.equal)


def _points(kind: RecordKind, type_: PointType, value: str) -> "QuerySet[Any]":
    return ContactPoint.objects.filter(type=type_, value=value, kind=kind).values("record_id")


def found_by_text(rows: "QuerySet[Any]", kind: RecordKind, text: str, region: str) -> "QuerySet[Any]":
    """What somebody types into the search of a list: a number, an address, their id, or how the title begins."""
    plain = text.strip()
    if not plain:
        return rows
    number = to_e164(plain, region)
    reachable = "phones" in shape_of(kind).columns
    if reachable and number:
        return rows.filter(pk__in=_points(kind, PointType.PHONE, number))
    if reachable and "@" in plain:
        return rows.filter(pk__in=_points(kind, PointType.EMAIL, plain.lower()))
    links = Link.objects.filter(
        integration__in=Integration.objects.all(), kind=kind, outside_id=plain[:200]
    ).values_list("record_id", flat=True)
    ids = list(links[:100])
    titled = rows.filter(search_key__startswith=plain.lower()[:100])
    return titled | rows.filter(pk__in=ids) if ids else titled


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What hangs on some records: links with their integrations, and references."""

    links: dict[UUID, list[Link]]
    references: dict[UUID, list[Reference]]


def surroundings(rows: Iterable[StoredRecord]) -> Surroundings:
    """For a page of records, in two queries."""
    ids = [row.pk for row in rows]
    links: dict[UUID, list[Link]] = {}
    for link in (
        Link.objects.filter(record_id__in=ids)
        .select_related("integration")
        .defer("theirs", "ours", "integration__credentials", "integration__own_secrets")
        .order_by("id")
    ):
        links.setdefault(link.record_id, []).append(link)
    references: dict[UUID, list[Reference]] = {}
    for one in Reference.objects.filter(record_id__in=ids).order_by("name", "place"):
        references.setdefault(one.record_id, []).append(one)
    return Surroundings(links, references)


def titles(references: Sequence[Reference]) -> dict[UUID, str]:
    """How the records that are referred to are called, one query for each kind."""
    return titles_of((one.role, one.target_id) for one in references if one.target_id)


def titles_of(named: Iterable[tuple[str, UUID]]) -> dict[UUID, str]:
    """Of records by their kind and id; those that are not there are missing. One query for each kind."""
    wanted: dict[str, list[UUID]] = {}
    for kind, record_id in named:
        wanted.setdefault(kind, []).append(record_id)
    found: dict[UUID, str] = {}
    for kind, ids in sorted(wanted.items()):
        model = shape_of(RecordKind(kind)).model
        rows = model.objects.filter(pk__in=ids).values_list("pk", model.title_field)
        found |= {key: str(title) for key, title in rows}
    return found
