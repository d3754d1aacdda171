"""Reads call records out of a database, whatever its columns are called and in whatever order they are.

Where a row has a number that only grows, that is how far we came: rows are written when calls end, so that their times
go up and down. Where it has none (FreePBX), the time is, with an overlap.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from telephony.catchup.errors import RecordsUnavailable
from telephony.catchup.reading import LONGEST_CALL, OVERLAP, PORTION, Form, Portion
from telephony.catchup.rows import CDR_FIELDS, CEL_FIELDS, canonical, moment

# Rows whose numbers were given before those that are there already: a writer that was slower than the next one.
NUMBERS_AGAIN: Final = 200


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    counts_up: bool
    """Whether the database gives each new row the next number."""
    is_text: bool


class Dialect(Protocol):
    """What differs between the engines. Its errors are RecordsUnavailable."""

    def connected(self) -> AbstractContextManager["Connection"]: ...


class Connection(Protocol):
    def columns(self, table: str) -> list[Column]: ...

    def quoted(self, name: str) -> str: ...

    def rows(self, query: str, parameters: Sequence[Any]) -> Iterator[Sequence[Any]]: ...


@dataclass(frozen=True, slots=True)
class SqlReader:
    """Of the tables that a source names: those that the exchange writes, each with a cursor of its own."""

    dialect: Dialect
    tables: tuple[tuple[Form, str], ...]
    zone: ZoneInfo

    def portions(
        self, cursor: Mapping[str, Any], since: datetime | None, first: datetime
    ) -> Iterator[Portion]:
        at = dict(cursor)
        with self.dialect.connected() as connection:
            for form, table in self.tables:
                reading = _Table(connection, form, table, self.zone)
                for rows, place in reading.portions(at.get(f"{form}:{table}") or {}, since, first):
                    at[f"{form}:{table}"] = place
                    yield Portion(form, rows, dict(at))


class _Table:
    def __init__(self, connection: Connection, form: Form, table: str, zone: ZoneInfo) -> None:
        known = CDR_FIELDS if form == "cdr" else CEL_FIELDS
        found = connection.columns(table)
        if not found:
            raise RecordsUnavailable("no_table", table)
        self.fields = {canonical(one.name): one for one in found if canonical(one.name) in known}
        if "uniqueid" not in self.fields:
            raise RecordsUnavailable("no_columns", table)
        self.connection = connection
        self.zone = zone
        self.time = self.fields.get("start" if form == "cdr" else "eventtime")
        self.counter = next((one for one in found if one.counts_up), None)
        quote = connection.quoted
        names = [quote(one.name) for one in self.fields.values()]
        if self.counter is not None:
            names.append(quote(self.counter.name))
        source = ".".join(quote(part) for part in table.split("."))
        self.select = f"SELECT {', '.join(names)} FROM {source}"  # noqa: S608 names of the database's own, quoted

    def portions(
        self, place: Mapping[str, Any], since: datetime | None, first: datetime
    ) -> Iterator[tuple[list[Mapping[str, Any]], dict[str, Any]]]:
        if self.counter is not None and "number" in place and since is None:
            yield from self._by_number(int(place["number"]))
            return
        known = datetime.fromisoformat(place["until"]) - OVERLAP if "until" in place else first
        yield from self._by_time(since or known, place)

    def _by_number(self, last: int) -> Iterator[tuple[list[Mapping[str, Any]], dict[str, Any]]]:
        assert self.counter is not None
        name = self.connection.quoted(self.counter.name)
        query = f"{self.select} WHERE {name} > %s ORDER BY {name}"
        for rows in _in_portions(self.connection.rows(query, [max(0, last - NUMBERS_AGAIN)])):
            last = max(last, int(rows[-1][-1]))
            yield [self._named(row) for row in rows], {"number": last}

    def _by_time(
        self, begin: datetime, place: Mapping[str, Any]
    ) -> Iterator[tuple[list[Mapping[str, Any]], dict[str, Any]]]:
        """Rows of calls that ended after `begin`: their own time is when they began."""
        if self.time is None:
            raise RecordsUnavailable("no_columns", "start")
        earliest = begin - LONGEST_CALL
        if self.time.is_text:
            # Texts of one form sort as the times that they say; a day more covers any zone.
            earliest_value: Any = f"{earliest - timedelta(days=1):%Y-%m-%d}"
        else:
            earliest_value = earliest.astimezone(self.zone).replace(tzinfo=None)
        name = self.connection.quoted(self.time.name)
        query = f"{self.select} WHERE {name} >= %s ORDER BY {name}"
        until = begin
        # An earlier read that was asked for must not take the regular one back.
        number = int(place.get("number", 0))
        if "until" in place:
            until = max(until, datetime.fromisoformat(place["until"]))
        for rows in _in_portions(self.connection.rows(query, [earliest_value])):
            kept = []
            for row in rows:
                named = self._named(row)
                ended = self._ended(named)
                if self.counter is not None:
                    number = max(number, int(row[-1]))
                if ended is not None and ended >= begin:
                    kept.append(named)
                    until = max(until, min(ended, datetime.now(UTC)))
            counted = {"number": number} if self.counter is not None else {}
            yield kept, {"until": until.isoformat(), **counted}

    def _named(self, row: Sequence[Any]) -> Mapping[str, Any]:
        return dict(zip(self.fields, row, strict=False))

    def _ended(self, row: Mapping[str, Any]) -> datetime | None:
        started = moment(row.get("start") or row.get("eventtime"), self.zone)
        ended = moment(row.get("end"), self.zone)
        if ended is None and started is not None:
            try:
                ended = started + timedelta(seconds=float(row.get("duration") or 0))
            except (TypeError, ValueError, OverflowError):
                ended = started
        return ended


def _in_portions(rows: Iterator[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    portion: list[Sequence[Any]] = []
    for row in rows:
        portion.append(row)
        if len(portion) == PORTION:
            yield portion
            portion = []
    if portion:
        yield portion
