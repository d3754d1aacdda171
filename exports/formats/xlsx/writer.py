"""Excel workbooks as streamed sheet XML: typed cells, bold frozen header, auto-filter, widths, any number of rows."""

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from exports.formats.archive import Archive
from exports.formats.base import CopyWriter, OutputColumn, Row
from exports.formats.copied import BORDER_BYTE, cells_of, interleave, join
from exports.formats.xlsx import parts, styles
from exports.formats.xlsx.encode import (
    ENCODERS,
    MAX_CELL,
    Encoded,
    copied_encoder,
    encode_texts,
    escape_all,
    escape_block,
    shown,
    text_cell,
)
from exports.kinds import Kind
from exports.pushdown.dialects import ODD
from exports.pushdown.rows import Block

MAX_ROWS = 1_048_576
# A sheet of more XML goes on in the next one: no entry may reach 4 GiB (archive.py), and no Excel would open it.
MAX_SHEET_BYTES = 3 * 1024**3
# Small enough for flat memory, large enough that a block's overhead vanishes.
BLOCK_ROWS = 1_000

# What the widths of columns are guessed from.
WIDTH_ROWS = 50
ODD_BYTE = ODD.encode()

_TEXT_HEAD = f'<c s="{styles.TEXT}" t="inlineStr"><is><t xml:space="preserve">'
_TEXT_FOOT = "</t></is></c>"
_WIDTHS = {Kind.DATETIME: 19, Kind.DATE: 12, Kind.PHONE: 17, Kind.BOOLEAN: 10}
_MIN_WIDTH, _MAX_WIDTH, _FILTER_ARROW = 8, 60, 3


class XlsxWriter(CopyWriter):
    def __init__(
        self, stream: BinaryIO, columns: Sequence[OutputColumn], options: Mapping[str, str], title: str = ""
    ) -> None:
        super().__init__(stream, columns, options, title)
        self.max_rows = MAX_ROWS
        self._archive = Archive(stream)
        self._encoders = [ENCODERS.get(column.kind, (styles.TEXT, encode_texts)) for column in columns]
        self._frames = [_frame(style) for style, _encode in self._encoders]
        self._empty_cells = [f"{head}{foot}".encode() for head, foot in dict.fromkeys(self._frames)]
        self._after_row = f"{self._frames[-1][1]}</row>".encode()
        self._before_cells = _before_cells(self._frames)
        self._templates: dict[tuple[bool, ...], str] = {}
        self._sheet_rows: list[int] = []
        self._widths: list[int] | None = None

    def write(self, rows: Sequence[Row]) -> None:
        for start in range(0, len(rows), BLOCK_ROWS):
            self._write_block(rows[start : start + BLOCK_ROWS])

    def write_copied(self, block: Block) -> None:
        rows: Sequence[bytes] = block.rows()
        if self._widths is None:
            self._measure([cells_of(row) for row in rows[:WIDTH_ROWS]])
        while rows:
            room = self._room()
            self._archive.write(self._encode_copied(rows[:room]))
            self._sheet_rows[-1] += min(room, len(rows))
            rows = rows[room:]

    def close(self) -> None:
        if not self._sheet_rows:
            self._open_sheet()
        self._close_sheet()
        count = len(self._sheet_rows)
        names = [parts.sheet_name(self.title, number) for number in range(1, count + 1)]
        further = []
        if self.about and self.options["metadata"] == "yes":
            count += 1
            further.append(_free_name(_("About this file"), names))
            self._archive.add(f"xl/worksheets/sheet{count}.xml", _about(self.about).encode())
        for name, text in (
            ("xl/workbook.xml", parts.workbook(names, len(self.columns), self._sheet_rows, further)),
            ("xl/_rels/workbook.xml.rels", parts.workbook_relations(count)),
            ("xl/styles.xml", styles.PART),
            ("_rels/.rels", parts.package_relations()),
            ("[Content_Types].xml", parts.content_types(count)),
        ):
            self._archive.add(name, text.encode())
        self._archive.close()

    def _write_block(self, rows: Sequence[Row]) -> None:
        if self._widths is None:
            self._measure(rows[:WIDTH_ROWS])
        while rows:
            room = self._room()
            self._archive.write(self._encode(rows[:room]).encode())
            self._sheet_rows[-1] += min(room, len(rows))
            rows = rows[room:]

    def _room(self) -> int:
        """How many rows the sheet still takes; opens the first one, or the next when there is no room."""
        is_open = bool(self._sheet_rows)
        if is_open and self._sheet_rows[-1] < self.max_rows and self._archive.entry_size < MAX_SHEET_BYTES:
            return self.max_rows - self._sheet_rows[-1]
        if is_open:
            self._close_sheet()
        self._open_sheet()
        return self.max_rows - 1

    def _measure(self, rows: Sequence[Row]) -> None:
        self._widths = [_width(column, [row[at] for row in rows]) for at, column in enumerate(self.columns)]

    def _open_sheet(self) -> None:
        if self._widths is None:
            self._measure(())
        assert self._widths is not None, "just measured"
        number = len(self._sheet_rows) + 1
        self._archive.open(f"xl/worksheets/sheet{number}.xml")
        headings = "".join(text_cell(column.heading, styles.HEADER) for column in self.columns)
        head = parts.sheet_head(self._widths, is_first=number == 1)
        self._archive.write(f"{head}<row>{headings}</row>".encode())
        self._sheet_rows.append(1)

    def _close_sheet(self) -> None:
        self._archive.write(parts.sheet_foot(len(self.columns), self._sheet_rows[-1]).encode())

    def _encode(self, rows: Sequence[Row]) -> str:
        encoded = [
            encode(values)
            for (_style, encode), values in zip(self._encoders, zip(*rows, strict=True), strict=True)
        ]
        return self._put_together(encoded)

    def _put_together(self, encoded: Sequence[Encoded]) -> str:
        template = self._template(tuple(column.are_cells for column in encoded))
        xml = "".join(map(template.__mod__, zip(*[column.texts for column in encoded], strict=True)))
        for head, foot in set(self._frames):
            xml = xml.replace(f"{head}{foot}", "<c/>")
        return xml

    def _encode_copied(self, rows: Sequence[bytes]) -> bytes:
        block = join(rows)
        if ODD_BYTE in block or max(map(len, rows)) > MAX_CELL:
            return self._encode_odd(rows)
        cells = escape_block(block).split(BORDER_BYTE)
        if len(cells) != len(rows) * len(self.columns):
            # A border in somebody's text: only the quotes around it tell which one is not ours.
            return self._encode_odd(rows)
        xml: bytes = interleave(self._before_cells, cells, len(rows), b"")
        # The first row ends no other.
        xml = xml.removeprefix(self._after_row) + self._after_row
        for empty in self._empty_cells:
            xml = xml.replace(empty, b"<c/>")
        return xml

    def _encode_odd(self, rows: Sequence[bytes]) -> bytes:
        """The same from single cells."""
        columns = list(zip(*map(cells_of, rows), strict=True))
        encoded = [
            Encoded(escape_all(texts))
            if style == styles.TEXT
            else Encoded(copied_encoder(style)(texts), are_cells=True)
            for (style, _encode), texts in zip(self._encoders, columns, strict=True)
        ]
        return self._put_together(encoded).encode()

    def _template(self, are_cells: tuple[bool, ...]) -> str:
        """A row with one %s for each column: the inside of a cell, or the whole cell."""
        template = self._templates.get(are_cells)
        if template is None:
            cells = "".join(
                "%s" if is_cell else f"{head}%s{foot}"
                for is_cell, (head, foot) in zip(are_cells, self._frames, strict=True)
            )
            template = self._templates[are_cells] = f"<row>{cells}</row>"
        return template


def _frame(style: int) -> tuple[str, str]:
    return (_TEXT_HEAD, _TEXT_FOOT) if style == styles.TEXT else (f'<c s="{style}"><v>', "</v></c>")


def _before_cells(frames: Sequence[tuple[str, str]]) -> list[bytes]:
    """What stands before each cell of a row: the end of the cell before it, and of the row before that."""
    feet = [f"{frames[-1][1]}</row><row>", *(foot for _head, foot in frames[:-1])]
    return [f"{foot}{head}".encode() for foot, (head, _foot) in zip(feet, frames, strict=True)]


def _free_name(title: str, taken: Sequence[str]) -> str:
    name = parts.sheet_name(title, 1)
    return name if name not in taken else parts.sheet_name(title, 2)


def _about(lines: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<row>{text_cell(head, styles.HEADER)}{text_cell(text)}</row>" for head, text in lines)
    return parts.about_sheet(rows)


def _width(column: OutputColumn, values: Sequence[Any]) -> int:
    """Characters that fit the heading and the first rows: later ones are not known while streaming."""
    if column.width:
        return column.width
    heading = len(column.heading) + _FILTER_ARROW
    longest = _WIDTHS.get(column.kind) or max(
        (len(shown(value)) for value in values if value is not None), default=0
    )
    return max(_MIN_WIDTH, min(_MAX_WIDTH, max(heading, longest + 1)))
