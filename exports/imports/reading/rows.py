"""A file that is open for reading."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OpenFile:
    """`rows` are pairs of number and cells, where headings are row 1 and empty rows are left out."""

    headings: Sequence[str]
    rows: Iterator[tuple[int, Sequence[Any]]]
    # How much of the file was read, in percent.
    percent: Callable[[], int]
    encoding: str = ""
    delimiter: str = ""
