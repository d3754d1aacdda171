"""Rows that hang on records: lines, references, and what people are reached by. Each function costs a constant number of statements."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from integrations.models.records import ContactPoint, Link, OrderLine, PointType, Reference, StoredRecord
from integrations.records import RecordKind
from integrations.store.content import Content
from integrations.store.owner import Owner
from integrations.store.shapes import REFERENCES, Shape
from tenants import bulk

CHUNK = 1000  # rows of one INSERT; SQLite takes 32,766 values in one


def write_records(rows: Sequence[StoredRecord], shape: Shape) -> None:
    """Insert or change. In the order of their ids, so that two writers of the same records never wait for each other."""
    names = [*shape.columns, "search_key", "url", "outside_created_at", "outside_updated_at"]
    ordered = sorted(rows, key=lambda row: row.pk)
    for start in range(0, len(ordered), CHUNK):
        bulk.upsert(
            ordered[start : start + CHUNK], ["id"], [*names, "updated_at", "deleted_at", "content_hash"]
        )


def write_links(links: Sequence[Link]) -> None:
    names = (
        "record_id",
        "their_hash",
        "theirs",
        "ours",
        "is_written",
        "parts",
        "status",
        "error",
        "seen_run",
        "synced_at",
    )
    for start in range(0, len(links), CHUNK):
        bulk.upsert(links[start : start + CHUNK], ["id"], names)


def replace_lines(
    tenant_id: int, found: Mapping[UUID, Sequence[Mapping[str, Any]]], known: set[UUID]
) -> None:
    """The lines of these orders become those; `known` are the orders that may have some already."""
    if known:
        OrderLine.objects.filter(order_id__in=known).delete()
    rows = [
        OrderLine(tenant_id=tenant_id, order_id=order, place=place, **_line(line))
        for order, lines in found.items()
        for place, line in enumerate(lines)
    ]
    _insert(rows)


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {
        name: None if line[name] is None else Decimal(line[name]) for name in ("quantity", "price", "total")
    }
    return {**line, **numbers}


def replace_points(tenant_id: int, kind: RecordKind, rows: Sequence[StoredRecord], known: set[UUID]) -> None:
    """Look-ups find these records by their present numbers and addresses."""
    if known:
        ContactPoint.objects.filter(record_id__in=known).delete()
    _insert([point for row in rows for point in points_of(tenant_id, kind, row)])


def points_of(tenant_id: int, kind: RecordKind, row: Any) -> list[ContactPoint]:
    """Numbers that could not be read are shown, and not looked up."""
    if row.deleted_at is not None:
        return []
    found = [(PointType.PHONE, phone) for phone in row.phones if phone.startswith("+")]
    found += [(PointType.EMAIL, email) for email in row.emails if len(email) <= 320]
    return [
        bulk.blank(
            ContactPoint, tenant_id=tenant_id, kind=kind, record_id=row.pk, type=type_, value=value[:320]
        )
        for type_, value in dict.fromkeys(found)
    ]


def replace_references(
    owner: Owner, kind: RecordKind, found: Mapping[UUID, Content], known: set[UUID]
) -> None:
    """What these records name; what is known already is resolved at once."""
    if known:
        Reference.objects.filter(record_id__in=known, integration_id=owner.integration_id).delete()
    named = {
        (str(REFERENCES[name]), one)
        for content in found.values()
        for name, several in content.references.items()
        for one in several
    }
    targets = _targets(owner, named)
    _insert([
        Reference(
            tenant_id=owner.tenant_id, integration_id=owner.integration_id, kind=kind, record_id=record_id,
            name=name, role=REFERENCES[name], outside_id=one, place=place,
            target_id=targets.get((str(REFERENCES[name]), one)),
        )
        for record_id, content in found.items()
        for name, several in content.references.items()
        for place, one in enumerate(several)
    ])  # fmt: skip


def _targets(owner: Owner, named: set[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    if not named:
        return {}
    roles = sorted({role for role, _one in named})
    wanted = reduce(
        or_, (Q(kind=role, outside_id__in=[one for own, one in named if own == role]) for role in roles)
    )
    links = Link.objects.filter(wanted, integration_id=owner.integration_id)
    return {(kind, one): record for kind, one, record in links.values_list("kind", "outside_id", "record_id")}


def resolve_waiting(owner: Owner, kind: RecordKind, outside_ids: Sequence[str]) -> None:
    """What was named before it arrived is found from now on."""
    if not outside_ids:
        return
    there = Link.objects.filter(
        integration_id=OuterRef("integration_id"), kind=OuterRef("role"), outside_id=OuterRef("outside_id")
    )
    Reference.objects.filter(
        integration_id=owner.integration_id, role=kind, outside_id__among=outside_ids, target_id__isnull=True
    ).update(target_id=Subquery(there.values("record_id")[:1]))


def _insert(rows: Sequence[Any]) -> None:
    for start in range(0, len(rows), CHUNK):
        bulk.create(rows[start : start + CHUNK])
