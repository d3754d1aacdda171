"""The rows of a sheet as they come: of each no more than the cells below headings, of empty ones nothing."""

from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _
from openpyxl.utils.datetime import from_excel, from_ISO8601

from exports.formats.text import clean
from exports.imports.limits import (
    LONGEST_CELL,
    LONGEST_LINE,
    MOST_CELLS,
    MOST_CELLS_OF_A_ROW,
    MOST_ROWS_OF_A_SHEET,
)
from exports.imports.reading.markup import Malformed, Part, pieces
from exports.imports.reading.parts import Book, unescaped
from exports.imports.refused import FileRefused

LONGEST_SHEET_NAME: Final = 31
_FAILED: Final = "#VALUE!"
_ROW, _CELL, _VALUE = 2, 3, 4  # so many tags are open around theirs
_ROWS_PATH: Final = ["worksheet", "sheetData"]

Row = tuple[int, list[Any]]


class _Text(int):
    """The number of a text, which is looked up when its row's turn has come."""


class Sheet(Part):
    """Of one sheet, once. `width` is how many cells of each row are wanted; all until it is set."""

    def __init__(self, book: Book) -> None:
        super().__init__()
        self.name = clean(book.name)[:LONGEST_SHEET_NAME]
        self.width = MOST_CELLS_OF_A_ROW
        self.percent = 0
        self._book = book
        self._ready: deque[Row] = deque()
        self._number = self._column = self._cells = self._length = self._room = 0
        self._row: list[Any] = []
        self._in_row = self._is_wanted = False
        self._type = self._style = ""
        self._value: list[str] = []
        self._columns: dict[str, int] = {}

    def rows(self) -> Iterator[Row]:
        """Rows that have a cell, by their numbers. FileRefused."""
        entry = self._book.package.entry(self._book.place)
        try:
            with self._book.package.archive.open(entry) as stream:
                for read in pieces(stream, self):
                    self.percent = min(100, read * 100 // max(entry.file_size, 1))
                    while self._ready:
                        number, cells = self._ready.popleft()
                        yield number, self._with_texts(number, cells)
        except Malformed as error:
            raise self._damaged(str(error)) from error

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        depth = len(self.path)
        if depth == _ROW:
            if name == "row" and self.path == _ROWS_PATH:
                self._begin_row(attributes)
        elif depth == _CELL and self._in_row and name == "c":
            self._begin_cell(attributes)

    def closed(self, name: str) -> None:
        depth = len(self.path)
        if depth == _CELL and self._is_wanted:
            self._end_cell()
        elif depth == _ROW and self._in_row:
            self._in_row = False
            if any(cell is not None for cell in self._row):
                self._ready.append((self._number, self._row))

    def text(self, data: str) -> None:
        if not self._is_wanted:
            return
        path = self.path
        if self._type == "inlineStr":
            is_value = path[-1] == "t" and path[-2] in ("is", "r")
        else:
            is_value = path[-1] == "v"
        if is_value and self._room > 0:
            self._value.append(data[: self._room])
            self._room -= len(data)

    def _begin_row(self, attributes: dict[str, str]) -> None:
        number = _whole(attributes["r"]) if "r" in attributes else self._number + 1
        if number <= self._number:
            raise Malformed(f"row {number} comes after row {self._number}")
        if number > MOST_ROWS_OF_A_SHEET:
            text = _(
                "The sheet “%(sheet)s” has a row %(number)d, but Excel knows no more than %(limit)d. Copy the table into a new workbook."
            )
            raise FileRefused(
                "too_many_rows",
                text % {"sheet": self.name, "number": number, "limit": MOST_ROWS_OF_A_SHEET},
            )
        self._number, self._column, self._length = number, 0, 0
        self._row, self._in_row = [], True

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self._cells += 1
        if self._cells > MOST_CELLS:
            text = _("The sheet “%(sheet)s” has more than %(limit)d cells up to row %(number)d. Split it.")
            raise FileRefused(
                "too_many_cells", text % {"sheet": self.name, "limit": MOST_CELLS, "number": self._number}
            )
        place = attributes.get("r")
        column = self._column = self._column_of(place) if place else self._column + 1
        if column > MOST_CELLS_OF_A_ROW:
            text = _(
                "Row %(number)d of the sheet “%(sheet)s” has more than %(limit)d cells, which is more than Excel knows. Copy the table into a new workbook."
            )
            raise FileRefused(
                "too_many_cells",
                text % {"sheet": self.name, "number": self._number, "limit": MOST_CELLS_OF_A_ROW},
            )
        self._is_wanted = column <= self.width
        if self._is_wanted:
            self._type, self._style, self._value = attributes.get("t", "n"), attributes.get("s", ""), []
            self._room = LONGEST_CELL + 1

    def _end_cell(self) -> None:
        self._is_wanted = False
        if not self._value:
            return
        raw = "".join(self._value)
        self._count(len(raw))
        value = self._read(raw)
        row, at = self._row, self._column - 1
        if len(row) <= at:
            row += [None] * (at + 1 - len(row))
        row[at] = value

    def _count(self, length: int) -> None:
        self._length += length
        if self._length > LONGEST_LINE:
            raise self._too_long(self._number)

    def _read(self, raw: str) -> Any:
        kind = self._type
        if kind == "s":
            return _Text(_whole(raw))
        if kind in ("str", "inlineStr"):
            return unescaped(raw)
        if kind == "b":
            return raw.strip() in ("1", "true")
        if kind == "n":
            return self._number_of(raw)
        if kind == "d":
            try:
                return from_ISO8601(raw)
            except ValueError:
                return raw
        return raw

    def _number_of(self, raw: str) -> Any:
        """What is no number is a text, of which the row says that it will not do."""
        try:
            value = float(raw) if "." in raw or "e" in raw or "E" in raw else int(raw)
        except ValueError:
            return raw
        kind = self._book.styles.kind(self._style) if self._style else ""
        if not kind:
            return value
        try:
            return from_excel(value, self._book.epoch, timedelta=kind == "duration")
        except (ArithmeticError, ValueError):
            return _FAILED

    def _with_texts(self, number: int, cells: list[Any]) -> list[Any]:
        """A text that many cells name is one object in a row, and a row holds no more of them than a line of CSV."""
        length, seen = 0, dict[int, str]()
        for at, cell in enumerate(cells):
            if type(cell) is _Text:
                if (text := seen.get(cell)) is None:
                    text = seen[cell] = self._book.texts[cell]
                cells[at] = text
                length += len(text)
                if length > LONGEST_LINE:
                    raise self._too_long(number)
        return cells

    def _column_of(self, place: str) -> int:
        letters = place.rstrip("0123456789")
        if (found := self._columns.get(letters)) is None:
            found = self._columns[letters] = _column(letters)
        return found

    def _too_long(self, number: int) -> FileRefused:
        text = _("Row %(number)d of the sheet “%(sheet)s” has more than %(limit)d characters.")
        return FileRefused("long_line", text % {"number": number, "sheet": self.name, "limit": LONGEST_LINE})

    def _damaged(self, detail: str) -> FileRefused:
        text = _(
            "The sheet “%(sheet)s” is damaged at row %(number)d or behind it. Open the workbook in Excel and save it again."
        )
        return FileRefused("broken", text % {"sheet": self.name, "number": max(self._number, 1)}, detail)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise Malformed(f"“{text[:50]}” is no number") from error


def _column(letters: str) -> int:
    """A is 1, XFD is 16,384."""
    if not (0 < len(letters) <= 3 and letters.isascii() and letters.isalpha()):
        raise Malformed(f"“{letters[:50]}” is no column")
    found = 0
    for letter in letters.upper():
        found = found * 26 + ord(letter) - ord("A") + 1
    return found
