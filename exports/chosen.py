"""The columns that somebody chose: names of a dataset's own, some under another heading, and some computed from others.

["started_at", {"name": "client", "title": "Buyer"}, {"name": "margin", "title": "Margin", "expression": "total - cost"}]
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from exports.columns import DatasetColumn
from exports.computed import BadExpression, compile_expression
from exports.formats.base import Row
from exports.formats.text import SURROGATE
from exports.refusals import InvalidRequest, unknown
from exports.registry import Dataset

Entry: TypeAlias = str | Mapping[str, Any]

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")
LONGEST_TITLE: Final = 200
MOST_COMPUTED: Final = 30
KEYS: Final = ("name", "title", "expression")


def normal(dataset: Dataset, entries: Sequence[Entry], zone: ZoneInfo) -> tuple[Entry, ...]:
    """Checked, and as they are stored: a name alone where nothing else is said. InvalidRequest names the column."""
    wanted = tuple(_normal(entry, index) for index, entry in enumerate(entries))
    resolved(dataset, wanted, zone)
    names = [name_of(entry) for entry in wanted]
    if len(set(names)) < len(names):
        raise InvalidRequest("columns", _("A column is named twice."))
    if sum(1 for entry in wanted if expression_of(entry)) > MOST_COMPUTED:
        raise InvalidRequest("columns", _("At most %(most)d computed columns.") % {"most": MOST_COMPUTED})
    return wanted or dataset.default_columns


def name_of(entry: Entry) -> str:
    return entry if isinstance(entry, str) else str(entry["name"])


def title_of(entry: Entry) -> str:
    """Its own heading; empty where it has the dataset's."""
    return "" if isinstance(entry, str) else str(entry.get("title", ""))


def expression_of(entry: Entry) -> str:
    return "" if isinstance(entry, str) else str(entry.get("expression", ""))


def resolved(dataset: Dataset, entries: Sequence[Entry], zone: ZoneInfo) -> tuple[DatasetColumn, ...]:
    """As columns, with headings and programs; labels are of the language in force."""
    return tuple(_column(dataset, entry, zone) for entry in entries)


def sources_of(dataset: Dataset, columns: Sequence[DatasetColumn]) -> tuple[DatasetColumn, ...]:
    """The dataset's own columns that these need, each once; the same ones where none is computed."""
    if all(column.program is None for column in columns):
        return tuple(columns)
    needed: dict[str, DatasetColumn] = {}
    for column in columns:
        names = (column.name,) if column.program is None else column.program.names
        needed |= {name: dataset.columns[name] for name in names}
    # A constant needs rows all the same.
    return tuple(needed.values()) or (next(iter(dataset.columns.values())),)


def made_of(sources: Sequence[DatasetColumn], columns: Sequence[DatasetColumn]) -> Callable[[Row], Row]:
    """A row of the sources becomes a row of the columns."""
    places = {column.name: index for index, column in enumerate(sources)}
    makers = [_maker(column, places) for column in columns]
    return lambda row: tuple(make(row) for make in makers)


def _maker(column: DatasetColumn, places: Mapping[str, int]) -> Callable[[Row], Any]:
    program = column.program
    if program is None:
        place = places[column.name]
        return lambda row: row[place]
    indexes = tuple(places[name] for name in program.names)
    run = program.run
    return lambda row: run([row[index] for index in indexes])


def _normal(entry: Any, index: int) -> Entry:
    """Without what says nothing."""
    if isinstance(entry, str):
        return entry
    place = f"columns[{index}]"
    if not isinstance(entry, Mapping):
        raise InvalidRequest(
            place, _("A column is a name, or an object with “name”, “title” and “expression”.")
        )
    for key, value in entry.items():
        if key not in KEYS:
            raise InvalidRequest(f"{place}.{str(key)[:50]}", unknown(key, KEYS))
        if not isinstance(value, str):
            raise InvalidRequest(f"{place}.{key}", _("Give a text."))
        if "\x00" in value or SURROGATE.search(value):
            raise InvalidRequest(f"{place}.{key}", _("The text has characters that no database can hold."))
    if not entry.get("name"):
        raise InvalidRequest(f"{place}.name", _("Give a text."))
    found = {key: entry[key].strip() for key in KEYS if entry.get(key, "").strip()}
    return found if len(found) > 1 else found["name"]


def _column(dataset: Dataset, entry: Entry, zone: ZoneInfo) -> DatasetColumn:
    name, title, expression = name_of(entry), title_of(entry), expression_of(entry)
    if len(title) > LONGEST_TITLE:
        raise InvalidRequest(
            f"columns.{name[:60]}", _("At most %(limit)d characters.") % {"limit": LONGEST_TITLE}
        )
    if expression:
        return _computed(dataset, name, title, expression, zone)
    if name not in dataset.columns:
        raise InvalidRequest("columns", unknown(name, dataset.columns))
    own = dataset.columns[name]
    return replace(own, heading=title) if title else own


def _computed(dataset: Dataset, name: str, title: str, expression: str, zone: ZoneInfo) -> DatasetColumn:
    field = f"columns.{name[:60]}"
    if not NAME.match(name):
        raise InvalidRequest(
            field, _("The name of a computed column has small Latin letters, digits and underscores.")
        )
    if name in dataset.columns:
        raise InvalidRequest(field, _("The data has a column of this name already."))
    try:
        program = compile_expression(expression, dataset.columns, zone)
    except BadExpression as error:
        raise InvalidRequest(field, str(error)) from error
    return DatasetColumn(name, title or name, program.kind, None, program=program)
