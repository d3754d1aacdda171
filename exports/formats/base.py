"""The one interface of every format: a writer that takes blocks of rows and keeps none of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO, TypeAlias

from django.db.models import Field
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from exports.kinds import Kind
from exports.pushdown.dialects import Dialect
from exports.pushdown.rows import Block
from exports.refusals import unknown

# What writers take: cells.py turns every database value into one of these. JSON Lines takes nested JSON as well.
Cell: TypeAlias = str | int | float | Decimal | bool | datetime | date | None
Row: TypeAlias = Sequence[Any]


class Unfit(ValueError):
    """A value that the format has no place for; the text tells a person in which column."""


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """A column as a writer sees it: the key, the heading in the reader's language, what it holds."""

    name: str
    heading: str
    kind: Kind = Kind.TEXT
    width: int | None = None
    # The field that the database has the values in, where it is known: formats with types of their own ask it for digits.
    field: "Field[Any, Any] | None" = None


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
    def close(self) -> None:
        """Write what belongs to the end. The stream stays open: it is the caller's."""


class CopyWriter(Writer):
    """Of a format with a dialect, in which the database writes the cells."""

    @abstractmethod
    def write_copied(self, block: Block) -> None:
        """Append rows whose cells the database has written in the dialect of this format."""


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that a format offers, such as the delimiter: allowed values with their titles, the first is the default."""

    name: str
    title: str | Promise
    choices: tuple[tuple[str, str | Promise], ...] = ()
    # Without choices it is a whole number from 1 to this, or nothing.
    largest: int = 0
    # A secret text: what is wrong with one, or nothing. It is taken and never shown.
    secret: Callable[[str], str] | None = None
    help: str | Promise = ""

    @property
    def default(self) -> str:
        return self.choices[0][0] if self.choices else ""

    def problem(self, value: str) -> str:
        """What is wrong with the value, for people; empty when nothing is."""
        if self.secret is not None:
            return self.secret(value)
        if self.choices:
            return "" if value in dict(self.choices) else unknown(value, dict(self.choices))
        is_number = value.isascii() and value.isdigit() and len(value) < 19
        if is_number and 1 <= int(value) <= self.largest:
            return ""
        return _("Give a whole number from 1 to %(largest)d.") % {"largest": self.largest}


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
    # Its files are compressed already; a ZIP around one only carries a password.
    is_packed: bool = False

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
