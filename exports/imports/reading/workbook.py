"""The first sheet of an Excel workbook, row by row, values only: a formula counts as what was last computed."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import openpyxl
from django.conf import settings
from django.utils.translation import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

from exports.imports.limits import MOST_COLUMNS
from exports.imports.reading.archive import check_contents
from exports.imports.reading.rows import OpenFile
from exports.imports.refused import FileRefused

# What openpyxl raises for parts that are missing, or are not what they should be; ParseError is a SyntaxError.
_UNREADABLE: Final = (
    ArithmeticError, AttributeError, BadZipFile, EOFError, InvalidFileException, LookupError, OSError, SyntaxError,
    TypeError, ValueError, zlib.error,
)  # fmt: skip


@contextmanager
def open_workbook(path: Path, recognise: Callable[[Sequence[str]], int]) -> Iterator[OpenFile]:
    check_contents(path)
    with closing(_book(path)) as book:
        sheet: Any = next(iter(book.worksheets), None)
        if sheet is None:
            raise FileRefused("empty", _("The workbook has no sheet with cells."))
        claimed = sheet.max_row or 0
        # What a sheet says of its size is a claim: rows are taken as they come, up to the limits.
        sheet.reset_dimensions()
        headings = [] if (first := next(_rows(sheet, 1, 1, None), None)) is None else list(first[1])
        if not any(cell is not None for cell in headings):
            raise FileRefused("empty", _("The first row must hold the headings of the columns."))
        if len(headings) > MOST_COLUMNS:
            headings = _without_empty_end(headings)
        yield _open_file(sheet, headings, claimed)


def _open_file(sheet: Any, headings: Sequence[Any], claimed: int) -> OpenFile:
    last = settings.IMPORT_MAX_ROWS + 2
    at = [1]

    def rows() -> Iterator[tuple[int, Sequence[Any]]]:
        for number, cells in _rows(sheet, 2, last, len(headings)):
            at[0] = number
            if any(cell not in (None, "") for cell in cells):
                yield number, cells

    texts = ["" if cell is None else str(cell) for cell in headings]
    total = max(1, min(claimed, last))
    return OpenFile(texts, rows(), lambda: min(100, at[0] * 100 // total))


def _without_empty_end(headings: list[Any]) -> list[Any]:
    while headings and headings[-1] in (None, ""):
        headings.pop()
    return headings


def _book(path: Path) -> openpyxl.Workbook:
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except _UNREADABLE as error:
        raise _damaged(error) from error


def _rows(sheet: Any, first: int, last: int, width: int | None) -> Iterator[tuple[int, Sequence[Any]]]:
    number = first
    try:
        for cells in sheet.iter_rows(min_row=first, max_row=last, max_col=width, values_only=True):
            yield number, cells
            number += 1
    except _UNREADABLE as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> FileRefused:
    text = _("The workbook is damaged. Open it in Excel and save it again.")
    return FileRefused("broken", text, repr(error))
