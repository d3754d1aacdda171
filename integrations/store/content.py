"""The content of an outside object or of our record, in one form, and digests to compare it by."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from typing import Any

import orjson

from integrations.models.records import OrderLine, StoredRecord
from integrations.records import Order, Record, RecordKind
from integrations.store import cleaning
from integrations.store.shapes import CURRENCY, CUSTOM, LINES, Shape, shape_of

Digests = Mapping[str, str]
"""Column -> digest of its value."""
_FIELD_BYTES, _WHOLE_BYTES = 6, 16
_PHONE_COLUMNS = frozenset({"phone", "phones"})
_MAIL_COLUMNS = frozenset({"email", "emails"})


@dataclass(frozen=True, slots=True)
class Content:
    """`values` by column, with `lines` for orders; `references` are outside ids by the field that names them."""

    outside_id: str
    values: dict[str, Any]
    references: dict[str, tuple[str, ...]]
    url: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def whole_hash(self) -> str:
        plain = [{name: _plain(value) for name, value in self.values.items()}, self.references, self.url]
        return blake2b(_dumped(plain), digest_size=_WHOLE_BYTES).hexdigest()

    def digests(self) -> dict[str, str]:
        return {**digests(self.values), **digests(self.references)}


def content_of(record: Record, shape: Shape, region: str) -> Content:
    """An outside object as it would be kept. `Unkeepable` names the field that cannot be."""
    outside_id = cleaning.text("outside_id", record.outside_id, 200)
    if not outside_id.strip():
        raise cleaning.Unkeepable("outside_id", cleaning._("it is empty."))
    references = {name: _ids(name, getattr(record, name)) for name in shape.references}
    return Content(
        outside_id,
        values_of(record, shape, region),
        references,
        cleaning.text("url", record.url),
        cleaning.moment("created_at", record.created_at),
        cleaning.moment("updated_at", record.updated_at),
    )


def values_of(record: Record, shape: Shape, region: str) -> dict[str, Any]:
    """By column."""
    values: dict[str, Any] = {}
    for name, is_money, clean in _cleaners(shape.kind):
        given = getattr(record, name)
        if is_money:
            given, found = (None, "") if given is None else (given.amount, given.currency)
            values[CURRENCY] = values.get(CURRENCY) or cleaning.currency(found)
        values[name] = clean(given, region)
    if shape.has_lines:
        assert isinstance(record, Order)
        values[LINES] = cleaning.lines(record.lines)
    return values


def cleaned(name: str, column: Any, given: Any, region: str) -> Any:
    """One value as its column keeps it; `Unkeepable` says why it cannot be."""
    return _cleaner(name, column)(given, region)


_Clean = Callable[[Any, str], Any]
"""What a connector gave, and the region -> what is kept."""


@cache
def _cleaners(kind: RecordKind) -> tuple[tuple[str, bool, _Clean], ...]:
    """Name, whether it is an amount, and how it is cleaned; decided once for each column and not for each value."""
    shape = shape_of(kind)
    return tuple(
        (name, name in shape.money, _cleaner(name, column))
        for name, column in shape.columns.items()
        if name != CURRENCY
    )


def _cleaner(name: str, column: Any) -> _Clean:
    if name == "phones":
        return cleaning.phones
    if name == "emails":
        return lambda given, region: cleaning.emails(given)
    if name in _PHONE_COLUMNS:
        return lambda given, region: next(iter(cleaning.phones([given], region)), "")
    if name in _MAIL_COLUMNS:
        return lambda given, region: next(iter(cleaning.emails([given])), "")
    if name == CUSTOM:
        return lambda given, region: cleaning.document(name, dict(given))
    return lambda given, region: cleaning.for_column(column, given)


def _ids(name: str, given: str | Iterable[str]) -> tuple[str, ...]:
    several = [given] if isinstance(given, str) else given
    found = (cleaning.text(name, one, 200) for one in several)
    return tuple(one for one in dict.fromkeys(found) if one)


def values_of_row(row: StoredRecord, shape: Shape, lines: Iterable[OrderLine] = ()) -> dict[str, Any]:
    """Our record in the same form."""
    values = {name: getattr(row, name) for name in shape.columns}
    if shape.has_lines:
        values[LINES] = [_line(line) for line in lines]
    return values


def _line(line: OrderLine) -> dict[str, Any]:
    return {
        "outside_id": line.outside_id,
        "name": line.name,
        "sku": line.sku,
        "product_id": line.product_id,
        "quantity": cleaning.plain_number(line.quantity),
        "price": cleaning.plain_number(line.price),
        "total": cleaning.plain_number(line.total),
    }


def digests(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: digest(value) for name, value in values.items()}


def digest(value: Any) -> str:
    """Short: it tells two states of one field apart, and nothing depends on nobody finding a collision."""
    if value == "" and type(value) is str:
        return _EMPTY_TEXT  # most columns of most objects
    return _digest(value)


def _digest(value: Any) -> str:
    return blake2b(_dumped(_plain(value)), digest_size=_FIELD_BYTES).hexdigest()


def is_empty(value: Any) -> bool:
    return value in (None, "", False) or (isinstance(value, list | dict | tuple) and not value)


def plain(value: Any) -> Any:
    """As JSON has it: for conflicts and differences that people read."""
    return orjson.loads(_dumped(_plain(value)))


def _plain(value: Any) -> Any:
    return cleaning.plain_number(value) if isinstance(value, Decimal) else value


def _dumped(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


_EMPTY_TEXT = _digest("")
