"""The one interface of every format: a writer that takes blocks of rows and keeps none of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO, TypeAlias

from django.utils.functional import Promise

from exports.kinds import Kind

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

    @abstractmethod
    def write(self, rows: Sequence[Row]) -> None:
        """Append a block of rows (some thousand at a time); every row is as long as `columns`."""

    @abstractmethod
    def close(self) -> None:
        """Write what belongs to the end. The stream stays open: it is the caller's."""


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that a format offers, such as the delimiter: allowed values with their titles, the first is the default."""

    name: str
    title: str | Promise
    choices: tuple[tuple[str, str | Promise], ...]

    @property
    def default(self) -> str:
        return self.choices[0][0]


@dataclass(frozen=True, slots=True)
class Format:
    name: str
    title: str | Promise
    extension: str
    content_type: str
    writer: Callable[[BinaryIO, Sequence[OutputColumn], Mapping[str, str], str], Writer]
    options: tuple[Option, ...] = field(default=())
    # People read labels and yes/no; programs read the stored values.
    is_for_people: bool = True

    def open(
        self, stream: BinaryIO, columns: Sequence[OutputColumn], options: Mapping[str, str], title: str = ""
    ) -> Writer:
        """A writer with the defaults filled in for options that were not given; `title` names the sheet or the root."""
        filled = {option.name: option.default for option in self.options} | dict(options)
        return self.writer(stream, columns, filled, title)
