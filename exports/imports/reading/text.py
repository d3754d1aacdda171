"""CSV: its encoding and delimiter are found out, its lines are read one at a time."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from exports.imports.limits import LONGEST_CELL, LONGEST_LINE
from exports.imports.reading.rows import OpenFile
from exports.imports.refused import FileRefused

DELIMITERS: Final = (";", ",", "\t", "|")
_CHUNK: Final = 1 << 16
_SEPARATOR_LINE: Final = "sep="  # what Excel writes and reads before the headings


@contextmanager
def open_text(path: Path, recognise: Callable[[Sequence[str]], int]) -> Iterator[OpenFile]:
    encoding = find_encoding(path)
    size = path.stat().st_size
    with path.open("rb") as raw:
        text = io.TextIOWrapper(raw, encoding=encoding, newline="")
        lines = _Lines(text)
        skipped = _skip_to_headings(lines)
        delimiter = find_delimiter(lines.peek(), recognise)
        rows = _records(lines, delimiter, skipped)
        number, headings = next(rows, (0, []))
        if not number:
            raise FileRefused("empty", _("The file has no rows."))
        yield OpenFile(headings, rows, lambda: raw.tell() * 100 // size if size else 100, encoding, delimiter)


def _skip_to_headings(lines: "_Lines") -> int:
    """Past empty lines, and past the line by which Excel is told the delimiter; how many rows a spreadsheet shows for them."""
    skipped = 0
    while (line := lines.peek()) and (
        not line.strip() or (line.lower().startswith(_SEPARATOR_LINE) and lines.number == 1)
    ):
        skipped += not line.strip()
        next(lines)
    return skipped


def find_encoding(path: Path) -> str:
    """By the byte order mark, else UTF-8 when all of it is that, else the Windows code page of Cyrillic."""
    with path.open("rb") as stream:
        head = stream.read(4)
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            if not _is_all(path, name):
                raise FileRefused("encoding", _("The file says that it is Unicode, but a part of it is not."))
            return name
    if _is_all(path, "utf-8"):
        return "utf-8"
    if _is_all(path, "utf-8", "surrogatepass"):
        raise FileRefused("encoding", _("The file has halves of characters (surrogates), which are no text."))
    if _is_all(path, "cp1251"):
        return "cp1251"
    raise FileRefused("encoding", _("The encoding is not known. Save the file as UTF-8."))


def _is_all(path: Path, encoding: str, errors: str = "strict") -> bool:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    with path.open("rb") as stream:
        try:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def find_delimiter(line: str, recognise: Callable[[Sequence[str]], int]) -> str:
    """The one by which most headings are known; of equals, the one that makes most columns."""

    def merit(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            return 0, 0
        return recognise(cells), len(cells)

    return max(DELIMITERS, key=merit)


class _Lines:
    """Lines that are never longer than they may be; the first one can be looked at beforehand."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._ahead: str | None = None
        self.number = 0

    def peek(self) -> str:
        if self._ahead is None:
            self._ahead = self._read()
        return self._ahead

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line, self._ahead = (self._read() if self._ahead is None else self._ahead), None
        if not line:
            raise StopIteration
        return line

    def _read(self) -> str:
        self.number += 1
        line = self._text.readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            raise FileRefused(
                "long_line",
                _("Line %(number)d is too long to be a row of a table.") % {"number": self.number},
            )
        if "\x00" in line:
            raise FileRefused(
                "binary", _("Line %(number)d has a NUL character: this is no text.") % {"number": self.number}
            )
        return line


def _records(lines: _Lines, delimiter: str, skipped: int) -> Iterator[tuple[int, list[Any]]]:
    """Numbered from 1 as a spreadsheet numbers them, empty ones left out."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = skipped
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _unreadable(number, error) from error
        if any(map(str.strip, cells)):
            yield number, cells


def _unreadable(number: int, error: csv.Error) -> FileRefused:
    if "field larger" in str(error):
        text = _(
            "Row %(number)d: a cell has more than %(limit)d characters. Perhaps a quotation mark is not closed there."
        )
        return FileRefused("long_cell", text % {"number": number, "limit": LONGEST_CELL})
    text = _("Row %(number)d: the quotation marks do not match, so the cells cannot be told apart.")
    return FileRefused("quotes", text % {"number": number}, str(error))
