"""Excel workbooks as streamed sheet XML: typed cells, bold frozen header, auto-filter, widths, any number of rows."""

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from exports.formats.base import OutputColumn, Row, Writer
from exports.formats.xlsx import parts, styles
from exports.formats.xlsx.archive import Archive
from exports.formats.xlsx.encode import ENCODERS, encode_texts, text_cell
from exports.kinds import Kind

MAX_ROWS = 1_048_576
# A sheet of more XML goes on in the next one: no entry may reach 4 GiB (archive.py), and no Excel would open it.
MAX_SHEET_BYTES = 3 * 1024**3
# Small enough for flat memory, large enough that a block's overhead vanishes.
BLOCK_ROWS = 1_000

_TEXT_HEAD = f'<c s="{styles.TEXT}" t="inlineStr"><is><t xml:space="preserve">'
_TEXT_FOOT = "</t></is></c>"
_WIDTHS = {Kind.DATETIME: 19, Kind.DATE: 12, Kind.PHONE: 17, Kind.BOOLEAN: 10}
_MIN_WIDTH, _MAX_WIDTH, _FILTER_ARROW = 8, 60, 3


class XlsxWriter(Writer):
    def __init__(
        self, stream: BinaryIO, columns: Sequence[OutputColumn], options: Mapping[str, str], title: str = ""
    ) -> None:
        super().__init__(stream, columns, options, title)
        self.max_rows = MAX_ROWS
        self._archive = Archive(stream)
        self._encoders = [ENCODERS.get(column.kind, (styles.TEXT, encode_texts)) for column in columns]
        self._frames = [_frame(style) for style, _encode in self._encoders]
        self._templates: dict[tuple[bool, ...], str] = {}
        self._sheet_rows: list[int] = []
        self._widths: list[int] | None = None

    def write(self, rows: Sequence[Row]) -> None:
        for start in range(0, len(rows), BLOCK_ROWS):
            self._write_block(rows[start : start + BLOCK_ROWS])

    def close(self) -> None:
        if not self._sheet_rows:
            self._open_sheet(())
        self._close_sheet()
        count = len(self._sheet_rows)
        names = [parts.sheet_name(self.title, number) for number in range(1, count + 1)]
        for name, text in (
            ("xl/workbook.xml", parts.workbook(names, len(self.columns), self._sheet_rows)),
            ("xl/_rels/workbook.xml.rels", parts.workbook_relations(count)),
            ("xl/styles.xml", styles.PART),
            ("_rels/.rels", parts.package_relations()),
            ("[Content_Types].xml", parts.content_types(count)),
        ):
            self._archive.add(name, text.encode())
        self._archive.close()

    def _write_block(self, rows: Sequence[Row]) -> None:
        while rows:
            room = self._room(rows)
            self._archive.write(self._encode(rows[:room]).encode())
            self._sheet_rows[-1] += min(room, len(rows))
            rows = rows[room:]

    def _room(self, rows: Sequence[Row]) -> int:
        """How many rows the sheet still takes; opens the first one, or the next when there is no room."""
        is_open = bool(self._sheet_rows)
        if is_open and self._sheet_rows[-1] < self.max_rows and self._archive.entry_size < MAX_SHEET_BYTES:
            return self.max_rows - self._sheet_rows[-1]
        if is_open:
            self._close_sheet()
        self._open_sheet(rows)
        return self.max_rows - 1

    def _open_sheet(self, rows: Sequence[Row]) -> None:
        if self._widths is None:
            self._widths = [
                _width(column, [row[at] for row in rows]) for at, column in enumerate(self.columns)
            ]
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
        template = self._template(tuple(column.are_cells for column in encoded))
        xml = "".join(map(template.__mod__, zip(*[column.texts for column in encoded], strict=True)))
        for head, foot in set(self._frames):
            xml = xml.replace(f"{head}{foot}", "<c/>")
        return xml

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


def _width(column: OutputColumn, values: Sequence[Any]) -> int:
    """Characters that fit the heading and the first rows: later ones are not known while streaming."""
    if column.width:
        return column.width
    heading = len(column.heading) + _FILTER_ARROW
    longest = _WIDTHS.get(column.kind) or max(
        (len(str(value)) for value in values[:200] if value is not None), default=0
    )
    return max(_MIN_WIDTH, min(_MAX_WIDTH, max(heading, longest + 1)))
