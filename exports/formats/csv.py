"""CSV that Excel opens by double click (UTF-8 with BOM) and that no spreadsheet runs as a formula."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO

from django.utils.translation import gettext_lazy as _

from exports.formats.base import CopyWriter, Format, Option, OutputColumn, Row
from exports.formats.text import clean, clean_bytes, has_dirt
from exports.kinds import NUMBERS, Kind
from exports.pushdown.dialects import csv_dialect
from exports.pushdown.rows import Block

# What Excel, LibreOffice or Google Sheets may take for a formula (OWASP), with the full-width twins of East Asian keyboards.
DANGEROUS = "=+-@\t\r\n＝＋－＠"
# Apostrophes before a dangerous character get one more, so that removing one always restores the value.
_FORMULA = re.compile(rf"'*[{re.escape(DANGEROUS)}]")
_SUSPECT = frozenset(DANGEROUS + "'")
_FRACTION = re.compile(r"-?[0-9]*\.[0-9]+")
FRACTIONS = frozenset({Kind.DECIMAL, Kind.DURATION})
_PHONE = re.compile(r"\+?[0-9(][0-9 ()\-]*")

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
DECIMALS = {"point": ".", "comma": ","}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_END = b"\r\n"


def neutralise(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run; reversible by removing the first apostrophe."""
    return "'" + text if _FORMULA.match(text) else text


def restored(text: str) -> str:
    """The text that `neutralise` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _texts(values: Sequence[Any]) -> list[str]:
    texts = ["" if value is None else value if type(value) is str else str(value) for value in values]
    if has_dirt(texts):
        texts = [clean(text) for text in texts]
    return [neutralise(text) if text[:1] in _SUSPECT else text for text in texts]


def _phones(values: Sequence[Any]) -> list[str]:
    texts = ["" if value is None else str(value) for value in values]
    return [text if _PHONE.fullmatch(text) else neutralise(clean(text)) for text in texts]


def _number(value: Any) -> str:
    if isinstance(value, str):
        return neutralise(clean(value))
    return "" if value is None else format(value, "f") if not isinstance(value, int | float) else repr(value)


def _numbers(values: Sequence[Any]) -> list[str]:
    return [_number(value) for value in values]


def _moment(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")[:19]
    return value.isoformat() if isinstance(value, date) else _texts([value])[0]


def _moments(values: Sequence[Any]) -> list[str]:
    return [_moment(value) for value in values]


_ENCODERS: dict[Kind, Callable[[Sequence[Any]], list[str]]] = {
    Kind.PHONE: _phones,
    Kind.DATETIME: _moments,
    Kind.DATE: _moments,
    **dict.fromkeys(NUMBERS, _numbers),
}


class CsvWriter(CopyWriter):
    """Encodes column by column, so that the common case is one pass in C over each column of a block."""

    def __init__(
        self, stream: BinaryIO, columns: Sequence[OutputColumn], options: Mapping[str, str], title: str = ""
    ) -> None:
        super().__init__(stream, columns, options, title)
        self._encoders = [_ENCODERS.get(column.kind, _texts) for column in columns]
        self._buffer = io.StringIO(newline="")
        self._rows = csv.writer(self._buffer, delimiter=DELIMITERS[options["delimiter"]])
        self._is_comma = options["decimal"] == "comma"
        self._code_page = "" if options["encoding"].startswith("utf-8") else options["encoding"]
        if options["encoding"] == "utf-8-sig":
            self.stream.write(_BYTE_ORDER_MARK)
        self._rows.writerow(_texts([column.heading for column in columns]))
        self._flush()

    def write(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        encoded = [
            self._with_decimals(column.kind, encode(values))
            for column, encode, values in zip(
                self.columns, self._encoders, zip(*rows, strict=True), strict=True
            )
        ]
        self._rows.writerows(zip(*encoded, strict=True))
        self._flush()

    def write_copied(self, block: Block) -> None:
        self._put(clean_bytes(block.with_line_ends(_LINE_END)))

    def close(self) -> None:
        self._buffer.close()

    def _with_decimals(self, kind: Kind, texts: list[str]) -> list[str]:
        if not self._is_comma or kind not in FRACTIONS:
            return texts
        return [text.replace(".", ",") if _FRACTION.fullmatch(text) else text for text in texts]

    def _put(self, data: bytes | bytearray) -> None:
        """Code pages of old programs lack most characters: what they lack becomes a question mark."""
        self.stream.write(data.decode().encode(self._code_page, "replace") if self._code_page else data)

    def _flush(self) -> None:
        self._put(self._buffer.getvalue().encode())
        self._buffer.seek(0)
        self._buffer.truncate()


CSV = Format(
    name="csv",
    title=_("CSV"),
    extension="csv",
    content_type="text/csv; charset=utf-8",
    writer=CsvWriter,
    dialect=lambda options: csv_dialect(
        DELIMITERS[options["delimiter"]], DECIMALS[options["decimal"]], neutralise
    ),
    options=(
        Option(
            "delimiter",
            _("Delimiter"),
            (
                ("comma", _("Comma")),
                ("semicolon", _("Semicolon")),
                ("tab", _("Tab")),
                ("pipe", _("Vertical bar")),
            ),
        ),
        Option("decimal", _("Decimal separator"), (("point", _("Point: 12.5")), ("comma", _("Comma: 12,5")))),
        Option(
            "encoding",
            _("Encoding"),
            (
                ("utf-8-sig", _("UTF-8 for Excel (with byte order mark)")),
                ("utf-8", _("UTF-8")),
                ("cp1251", _("Windows-1251 (old programs; what it lacks becomes “?”)")),
            ),
        ),
    ),
)
