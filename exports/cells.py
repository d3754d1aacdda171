"""Turns database values into cells, the only place that does: tenant's zone, yes and no, labels, seconds, JSON text.

Works on whole columns of a block: a list comprehension a column costs a fraction of a function call a cell.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from exports.columns import DatasetColumn
from exports.documents import document, shown
from exports.formats.base import Row
from exports.kinds import Kind
from exports.times import in_zone

_MICROSECOND = timedelta(microseconds=1)

ToCells = Callable[[Sequence[Any]], Sequence[Any]]


def same(values: Sequence[Any]) -> Sequence[Any]:
    return values


def seconds(value: Any) -> Any:
    """A duration as seconds: whole ones as an integer, others to the millisecond, ties away from zero as in SQL."""
    if not isinstance(value, timedelta):
        return value
    micros = value // _MICROSECOND
    millis = (abs(micros) + 500) // 1000 * (1 if micros >= 0 else -1)
    return millis // 1000 if millis % 1000 == 0 else millis / 1000


def durations(values: Sequence[Any]) -> Sequence[Any]:
    return [None if value is None else seconds(value) for value in values]


def local_times(zone: ZoneInfo) -> ToCells:
    """Wall-clock times of the tenant without a zone: what Excel can hold."""
    zoned = zoned_times(zone)

    def convert(values: Sequence[Any]) -> Sequence[Any]:
        return [
            value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in zoned(values)
        ]

    return convert


def zoned_times(zone: ZoneInfo) -> ToCells:
    def convert(values: Sequence[Any]) -> Sequence[Any]:
        try:
            return [value.astimezone(zone) if isinstance(value, datetime) else value for value in values]
        except OverflowError:
            return [in_zone(value, zone) if isinstance(value, datetime) else value for value in values]

    return convert


def words(labels: dict[Any, str]) -> ToCells:
    """The label of each value; a value without one stays as it is."""

    def convert(values: Sequence[Any]) -> Sequence[Any]:
        return [labels.get(value, value) for value in values]

    return convert


def json_texts(values: Sequence[Any]) -> Sequence[Any]:
    return [shown(value) for value in values]


def documents(values: Sequence[Any]) -> Sequence[Any]:
    return [document(value) for value in values]


def _for_people(column: DatasetColumn, zone: ZoneInfo) -> ToCells:
    if column.labels:
        return words({value: str(label) for value, label in column.labels.items()})
    if column.kind == Kind.BOOLEAN:
        return words({True: _("yes"), False: _("no")})
    by_kind = {Kind.DATETIME: local_times(zone), Kind.DURATION: durations, Kind.JSON: json_texts}
    return by_kind.get(column.kind, same)


def _for_programs(column: DatasetColumn, zone: ZoneInfo) -> ToCells:
    by_kind = {Kind.DATETIME: zoned_times(zone), Kind.DURATION: durations, Kind.JSON: documents}
    return by_kind.get(column.kind, same)


class CellConverter:
    """Converts blocks of rows; build it while the reader's language is active, for labels are looked up once."""

    def __init__(self, columns: Sequence[DatasetColumn], zone: ZoneInfo, *, is_for_people: bool) -> None:
        choose = _for_people if is_for_people else _for_programs
        self._converters = [choose(column, zone) for column in columns]
        self._is_identity = all(convert is same for convert in self._converters)

    def convert(self, rows: Sequence[Row]) -> Sequence[Row]:
        if self._is_identity or not rows:
            return rows
        columns = zip(*rows, strict=True)
        converted = [convert(values) for convert, values in zip(self._converters, columns, strict=True)]
        return list(zip(*converted, strict=True))
