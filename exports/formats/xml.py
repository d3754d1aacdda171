"""XML for programs: one element a row, one element a cell, named like the columns; nothing and empty text look alike."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils.translation import gettext_lazy as _

from exports.documents import document
from exports.formats.base import CopyWriter, Format, OutputColumn, Row
from exports.formats.copied import BORDER_BYTE, cells_of, interleave, join
from exports.formats.records.fragments import plain
from exports.formats.text import clean, clean_bytes, has_dirt
from exports.kinds import Kind
from exports.pushdown.dialects import BORDER, MARKUP
from exports.pushdown.rows import Block

_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<rows dataset="%s">\n'
_FOOT = b"</rows>\n"
_ROW_END = b"</row>\n"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _escape_block(block: bytes) -> bytes:
    block = clean_bytes(block, spared=BORDER_BYTE)
    return (
        block.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;").replace(b"\r", b"&#13;")
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(value) if isinstance(value, datetime | date | Decimal) else str(value)


def _texts(values: Sequence[Any]) -> list[str]:
    return [value if type(value) is str else _text(value) for value in values]


def _documents(values: Sequence[Any]) -> list[str]:
    return [document(value) or "" for value in values]


def _escaped(texts: list[str]) -> list[str]:
    """Escaped as one text, for that is one pass; a border in somebody's text would be dropped in any case."""
    if has_dirt(texts):
        texts = [clean(text) for text in texts]
    return _escape(BORDER.join(texts)).split(BORDER) if texts else []


class XmlWriter(CopyWriter):
    def __init__(
        self, stream: BinaryIO, columns: Sequence[OutputColumn], options: Mapping[str, str], title: str = ""
    ) -> None:
        super().__init__(stream, columns, options, title)
        self._encoders: list[Callable[[Sequence[Any]], list[str]]] = [
            _documents if column.kind == Kind.JSON else _texts for column in columns
        ]
        names = [column.name for column in columns]
        ends = [f"</{names[-1]}></row>\n<row>", *(f"</{name}>" for name in names[:-1])]
        self._frames = [f"{end}<{name}>".encode() for end, name in zip(ends, names, strict=True)]
        self._row_end = f"</{names[-1]}>".encode() + _ROW_END
        self.stream.write(_HEAD % _escape(clean(title)).replace('"', "&quot;").encode())

    def write(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        columns = [
            _escaped(encode(values))
            for encode, values in zip(self._encoders, zip(*rows, strict=True), strict=True)
        ]
        self._put([cell.encode() for row in zip(*columns, strict=True) for cell in row], len(rows))

    def write_copied(self, block: Block) -> None:
        rows = block.rows()
        cells = _escape_block(join(rows)).split(BORDER_BYTE)
        if len(cells) != len(rows) * len(self.columns):
            # A border in somebody's text: only the quotes around it tell which one is not ours.
            odd = [cell for row in rows for cell in cells_of(row)]
            cells = [cell.encode() for cell in _escaped(odd)]
        self._put(cells, len(rows))

    def close(self) -> None:
        self.stream.write(_FOOT)

    def _put(self, cells: Sequence[bytes], rows: int) -> None:
        block: bytes = interleave(self._frames, cells, rows, b"")
        self.stream.write(block.removeprefix(self._row_end) + self._row_end)


XML = Format(
    name="xml",
    title=_("XML"),
    extension="xml",
    content_type="application/xml",
    writer=XmlWriter,
    dialect=lambda _options: MARKUP,
    is_for_people=False,
)
