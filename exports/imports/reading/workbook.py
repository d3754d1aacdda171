"""The first sheet of an Excel workbook, row by row, values only: a formula counts as what was last computed."""

import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from exports.formats.text import clean
from exports.imports.limits import MOST_COLUMNS
from exports.imports.reading.archive import check_contents
from exports.imports.reading.parts import Book, open_book
from exports.imports.reading.rows import OpenFile
from exports.imports.reading.sheet import Row, Sheet
from exports.imports.refused import FileRefused

# What parts raise that are missing, or are not what they should be; Malformed is a ValueError.
_UNREADABLE: Final = (
    LookupError, EOFError, OSError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


@contextmanager
def open_workbook(path: Path, recognise: Callable[[Sequence[str]], int]) -> Iterator[OpenFile]:
    check_contents(path)
    with zipfile.ZipFile(path) as archive:
        book = _book(archive)
        if book is None:
            raise FileRefused("empty", _("The workbook has no sheet with cells."))
        sheet = Sheet(book)
        rows = _rows(sheet)
        number, headings = next(rows, (0, []))
        if number != 1 or not headings:
            raise FileRefused("empty", _("The first row must hold the headings of the columns."))
        texts = [clean("" if cell is None else str(cell)) for cell in headings]
        while texts and not texts[-1]:
            texts.pop()
        # More columns than are taken are refused by whoever looks at the headings.
        sheet.width = min(len(texts), MOST_COLUMNS)
        yield OpenFile(texts, _filled(rows), lambda: sheet.percent)


def _filled(rows: Iterator[Row]) -> Iterator[tuple[int, Sequence[Any]]]:
    return ((number, cells) for number, cells in rows if not all(map(_is_blank, cells)))


def _is_blank(cell: Any) -> bool:
    return cell is None or (type(cell) is str and not cell.strip())


def _book(archive: zipfile.ZipFile) -> Book | None:
    try:
        return open_book(archive)
    except _UNREADABLE as error:
        raise _damaged(error) from error


def _rows(sheet: Sheet) -> Iterator[Row]:
    try:
        yield from sheet.rows()
    except _UNREADABLE as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> FileRefused:
    text = _("The workbook is damaged. Open it in Excel and save it again.")
    return FileRefused("broken", text, repr(error))
