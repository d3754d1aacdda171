"""The one interface of every format: a writer that takes blocks of rows and keeps none of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO, TypeAlias

from django.utils.functional import Promise

from exports.kinds import Kind
from exports.pushdown.dialects import Dialect

# What writers take: cells.py turns every database value into one of these. JSON Lines takes nested JSON as well.
Cell: TypeAlias = str | int | float | Decimal | bool | datetime | date | None
Row: TypeAlias = Sequence[Any]


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """A column as a writer sees it: the key, the heading in the reader's language, what it holds."""

    name: str
    heading: str
    kind: Kind = Kind.TEXT
    width: int | None = None


class Writer(ABC):
    """Writes one file to a seekable binary stream; `write` any number of times, then `close` once."""

    def __init__(
        self, stream: BinaryIO, columns: Sequence[OutputColumn], options: Mapping[str, str], title: str = ""
    ) -> None:
        self.stream = stream
        self.columns = tuple(columns)
        self.options = options
        self.title = title
        # What the file says of itself where its format has a place for that: headings with their texts.
        self.about: Sequence[tuple[str, str]] = ()

    @abstractmethod
    def write(self, rows: Sequence[Row]) -> None:
        """Append a block of rows (some thousand at a time); every row is as long as `columns`."""

    @abstractmethod
    def write_copied(self, rows: Sequence[bytes]) -> None:
        """Append rows whose cells the database has written in the dialect of this format."""

    @abstractmethod
    def close(self) -> None:
        """Write what belongs to the end. The stream stays open: it is the caller's."""


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that a format offers, such as the delimiter: allowed values with their titles, the first is the default."""

    name: str
    title: str | Promise
    choices: tuple[tuple[str, str | Promise], ...] = ()
    # Without choices it is a whole number from 1 to this, or nothing.
    largest: int = 0

    @property
    def default(self) -> str:
        return self.choices[0][0] if self.choices else ""

    def allows(self, value: str) -> bool:
        if self.choices:
            return value in dict(self.choices)
        return value.isascii() and value.isdigit() and len(value) < 19 and 1 <= int(value) <= self.largest


@dataclass(frozen=True, slots=True)
class Format:
    name: str
    title: str | Promise
    extension: str
    content_type: str
    writer: Callable[[BinaryIO, Sequence[OutputColumn], Mapping[str, str], str], Writer]
    options: tuple[Option, ...] = field(default=())
    # What the database is asked for where it can write the cells; without it every row is written by Python.
    dialect: Callable[[Mapping[str, str]], Dialect] | None = None
    # People read labels and yes/no; programs read the stored values.
    is_for_people: bool = True

    def open(
        self, stream: BinaryIO, columns: Sequence[OutputColumn], options: Mapping[str, str], title: str = ""
    ) -> Writer:
        """A writer with the defaults filled in for options that were not given; `title` names the sheet or the root."""
        return self.writer(stream, columns, self.filled(options), title)

    def dialect_for(self, options: Mapping[str, str]) -> Dialect | None:
        return self.dialect(self.filled(options)) if self.dialect else None

    def filled(self, options: Mapping[str, str]) -> dict[str, str]:
        """The options with the defaults of those that were not given."""
        return {option.name: option.default for option in self.options} | dict(options)
