"""What reports are made of: sections of figures, which the rooms that own the data declare in their own `figures.py`.

A section answers from indexes and tallies in a handful of queries, whatever there is: `counted` counts each set no
further than MOST.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import connections
from django.db.models import QuerySet
from django.utils.functional import Promise

from config.ids import uuid7_at

Text = str | Promise
MOST: Final = 100_000


class Unit(StrEnum):
    """What a figure is counted in."""

    COUNT = "count"
    PERCENT = "percent"
    SECONDS = "seconds"
    HOURS = "hours"
    MILLISECONDS = "ms"


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to, but without, `until`."""

    since: datetime
    until: datetime

    @property
    def ids(self) -> dict[str, UUID]:
        """For `filter()`: rows with time-ordered ids that were made within it."""
        return {"id__gte": uuid7_at(self.since), "id__lt": uuid7_at(self.until)}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number; None where there is nothing to measure. `sentence` is a lazy plural such as “%(count)d calls”.

    What has a sentence stands in the summary, and where no such figure has a value, nothing happened: a system that is
    only asked for news all night has had a quiet night. `is_trouble` counts for values other than zero.
    """

    name: str
    title: Text
    value: float | None
    unit: Unit = Unit.COUNT
    sentence: Promise | None = None
    is_trouble: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report. `figures` is asked in the scope of one company; lower `place` comes first."""

    name: str
    title: Text
    figures: Callable[[Period], Sequence[Figure]]
    place: int = 100


_sections: dict[str, Section] = {}


def register_section(section: Section) -> None:
    """Declare a section; called once for each from an app's `figures.py`."""
    if section.name in _sections:
        raise ValueError(f"two sections of reports are named {section.name}")
    _sections[section.name] = section


def sections() -> list[Section]:
    return sorted(_sections.values(), key=lambda one: (one.place, one.name))


def counted(sets: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows each set has, at most MOST of each: one query for all of them."""
    parts: list[str] = []
    values: list[Any] = []
    for rows in sets:
        sql, given = rows.order_by().values("pk")[:MOST].query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608 Django's own statement
        values += given
    with connections[sets[0].db].cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", values)
        return list(cursor.fetchone())
