"""Our records as an outside system is to get them: back into dataclasses, with references by that system's own ids."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from decimal import Decimal
from enum import EnumMeta
from typing import Any
from uuid import UUID

from integrations.models import Link, OrderLine, Reference
from integrations.models.records import StoredRecord
from integrations.records import Attachment, Money, Record
from integrations.records import OrderLine as Line
from integrations.store.shapes import CURRENCY, CUSTOM, LINES, REFERENCES, Shape

References = Mapping[UUID, Mapping[str, tuple[str, ...]]]
"""Record -> field -> outside ids there."""


def references_there(integration_id: UUID, record_ids: Iterable[UUID]) -> References:
    """What these records refer to, as that system calls it; what it does not know is left out. Two queries."""
    named = list(
        Reference.objects.filter(record_id__in=list(record_ids), target_id__isnull=False).order_by("place")
    )
    links = Link.objects.filter(
        integration_id=integration_id, record_id__in={one.target_id for one in named if one.target_id}
    ).exclude(status="deleted")
    pairs = list(links.order_by("-is_moved", "-id").values_list("record_id", "outside_id"))
    theirs, known = dict(pairs), set(pairs)
    found: dict[UUID, dict[str, tuple[str, ...]]] = {}
    for one in named:
        if one.target_id is None:
            continue
        # Where records were merged a system knows one by several ids: the one that it named itself is right.
        is_theirs = one.integration_id == integration_id and (one.target_id, one.outside_id) in known
        outside_id = one.outside_id if is_theirs else theirs.get(one.target_id)
        if outside_id is not None:
            of_record = found.setdefault(one.record_id, {})
            of_record[one.name] = tuple(dict.fromkeys((*of_record.get(one.name, ()), outside_id)))
    return found


def record_of(
    row: StoredRecord,
    shape: Shape,
    outside_id: str,
    lines: Iterable[OrderLine] = (),
    references: Mapping[str, tuple[str, ...]] | None = None,
) -> Record:
    """The dataclass of our record. `outside_id` is empty for what is to be created there."""
    values: dict[str, Any] = {
        "outside_id": outside_id,
        "created_at": row.outside_created_at,
        "updated_at": row.updated_at,
        "url": row.url,
        CUSTOM: row.custom,
    }
    for field in fields(shape.record):
        if field.name in shape.columns and field.name != CUSTOM:
            values[field.name] = _value(row, shape, field.name, field.type)
        elif field.name in REFERENCES:
            found = (references or {}).get(field.name, ())
            values[field.name] = found if field.name.endswith("_ids") else next(iter(found), "")
        elif field.name == LINES:
            values[LINES] = tuple(_line(line) for line in lines)
    return shape.record(**values)


def _value(row: StoredRecord, shape: Shape, name: str, type_: Any) -> Any:
    value = getattr(row, name)
    if name in shape.money:
        return None if value is None else Money(value, getattr(row, CURRENCY))
    if isinstance(type_, EnumMeta):
        return type_(value)
    if name == "attachments":
        return tuple(Attachment(**one) for one in value)
    return tuple(value) if isinstance(value, list) else value


def _line(line: OrderLine) -> Line:
    return Line(
        name=line.name,
        quantity=Decimal(line.quantity),
        outside_id=line.outside_id,
        sku=line.sku,
        product_id=line.product_id,
        price=line.price,
        total=line.total,
    )
