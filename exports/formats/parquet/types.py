"""Which type of Parquet a column has, and its values as an Arrow array of that type.

A type is the database's: the same columns give the same schema, whatever the rows hold. Only types that every reader knows are
taken; where nothing tells how many digits a decimal may have, it is written as text, which is exact.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
from django.db.models import DecimalField, FloatField, IntegerField
from django.utils.translation import gettext as _

from exports.documents import document
from exports.formats.base import OutputColumn, Unfit
from exports.formats.records.fragments import plain
from exports.formats.text import SURROGATE
from exports.kinds import Kind

# Decimals of more digits are unknown to most readers.
MAX_DIGITS = 38

_BY_KIND: dict[Kind, pa.DataType] = {
    Kind.DATETIME: pa.timestamp("us", tz="UTC"),
    Kind.DATE: pa.date32(),
    Kind.INTEGER: pa.int64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DURATION: pa.float64(),
}


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """`array` takes a block of one column's cells; Unfit when one of them is not of the type."""

    heading: str
    type: pa.DataType
    prepare: Callable[[Sequence[Any]], Sequence[Any]]

    def array(self, values: Sequence[Any]) -> pa.Array:
        try:
            return pa.array(self.prepare(values), type=self.type)
        except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
            text = _(
                "The column “%(column)s” has a value that is no %(type)s. Leave the column out, or choose another format."
            )
            raise Unfit(text % {"column": self.heading, "type": self.type}) from error


def typed(column: OutputColumn) -> TypedColumn:
    kind = _decimal(column) if column.kind == Kind.DECIMAL else _BY_KIND.get(column.kind, pa.string())
    return TypedColumn(column.heading, kind, _prepare(column.kind, kind))


def _decimal(column: OutputColumn) -> pa.DataType:
    field = column.field
    if isinstance(field, IntegerField):
        return pa.int64()
    if isinstance(field, FloatField):
        return pa.float64()
    if isinstance(field, DecimalField) and field.max_digits and field.max_digits <= MAX_DIGITS:
        return pa.decimal128(field.max_digits, field.decimal_places or 0)
    return pa.string()


def _prepare(kind: Kind, type: pa.DataType) -> Callable[[Sequence[Any]], Sequence[Any]]:
    if kind == Kind.JSON:
        return _documents
    if pa.types.is_string(type):
        return _texts
    return _floats if pa.types.is_floating(type) else _same


def _same(values: Sequence[Any]) -> Sequence[Any]:
    return values


def _floats(values: Sequence[Any]) -> Sequence[Any]:
    return [None if value is None else float(value) for value in values]


def _texts(values: Sequence[Any]) -> Sequence[Any]:
    return _encodable([value if value is None or type(value) is str else plain(value) for value in values])


def _documents(values: Sequence[Any]) -> Sequence[Any]:
    return _encodable([document(value) for value in values])


def _encodable(texts: Sequence[str | None]) -> Sequence[str | None]:
    """A lone surrogate becomes U+FFFD, since UTF-8 cannot carry it; all else is kept as it is."""
    replace = partial(SURROGATE.sub, "\ufffd")
    has_lone = SURROGATE.search("\n".join(text for text in texts if text)) is not None
    return [text and replace(text) for text in texts] if has_lone else texts
