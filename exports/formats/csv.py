"""CSV that Excel opens by double click (UTF-8 with BOM) and that no spreadsheet runs as a formula."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO

from django.utils.translation import gettext_lazy as _

from exports.formats.base import Format, Option, OutputColumn, Row, Writer
from exports.formats.text import clean, has_dirt
from exports.kinds import NUMBERS, Kind

# What Excel, LibreOffice or Google Sheets may take for a formula (OWASP), with the full-width twins of East Asian keyboards.
DANGEROUS = "=+-@\t\r\n＝＋－＠"
# Apostrophes before a dangerous character get one more, so that removing one always restores the value.
_FORMULA = re.compile(rf"'*[{re.escape(DANGEROUS)}]")
_SUSPECT = frozenset(DANGEROUS + "'")
_PHONE = re.compile(r"\+?[0-9(][0-9 ()\-]*")

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
ENCODING = "utf-8"


def neutralise(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run; reversible by removing the first apostrophe."""
    return "'" + text if _FORMULA.match(text) else text


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


class CsvWriter(Writer):
    """Encodes column by column, so that the common case is one pass in C over each column of a block."""

    def __init__(
        self, stream: BinaryIO, columns: Sequence[OutputColumn], options: Mapping[str, str], title: str = ""
    ) -> None:
        super().__init__(stream, columns, options, title)
        self._encoders = [_ENCODERS.get(column.kind, _texts) for column in columns]
        self._buffer = io.StringIO(newline="")
        self._rows = csv.writer(self._buffer, delimiter=DELIMITERS[options.get("delimiter", "comma")])
        self.stream.write(b"\xef\xbb\xbf")
        self._rows.writerow(_texts([column.heading for column in columns]))
        self._flush()

    def write(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        encoded = [
            encode(values) for encode, values in zip(self._encoders, zip(*rows, strict=True), strict=True)
        ]
        self._rows.writerows(zip(*encoded, strict=True))
        self._flush()

    def close(self) -> None:
        self._buffer.close()

    def _flush(self) -> None:
        self.stream.write(self._buffer.getvalue().encode(ENCODING))
        self._buffer.seek(0)
        self._buffer.truncate()


CSV = Format(
    name="csv",
    title=_("CSV"),
    extension="csv",
    content_type="text/csv; charset=utf-8",
    writer=CsvWriter,
    options=(
        Option(
            "delimiter",
            _("Delimiter"),
            (("comma", _("Comma")), ("semicolon", _("Semicolon")), ("tab", _("Tab"))),
        ),
    ),
)
