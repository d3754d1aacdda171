"""Turns a block of one column into the insides of its cells; one pass in C over the block wherever its values allow.

Each encoder answers with texts that fit the column's cell template, or, when the block mixes types (a date before 1900, a number
of 20 digits), with whole cells. Empty texts are empty cells.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from exports.formats.copied import BORDER_BYTE
from exports.formats.text import clean, clean_bytes
from exports.formats.xlsx import styles
from exports.kinds import Kind
from exports.pushdown.dialects import ODD

MAX_CELL = 32_767
CUT_MARK = "…"
# Excel keeps 15 significant digits of a number; beyond that only text is exact.
MAX_DIGITS = 15

_BORDER = "\x1f"
_DIRTY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1e\ufffe\uffff\ud800-\udfff]")
# In OOXML "_x0041_" stands for "A": a text that really reads like that has its underscore escaped.
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPE_BYTES = re.compile(rb"_(?=x[0-9A-Fa-f]{4}_)")
_PLAIN_NUMBERS = re.compile(f"[-.0-9{_BORDER}]*")
_NOT_DIGITS = re.compile("[^0-9]")

_UNIX = datetime(1970, 1, 1)  # noqa: DTZ001 Excel knows no zones: these are wall-clock times
_UNIX_SERIAL, _DAY_SECONDS = 25569.0, 86400.0
_EPOCH_ORDINAL = date(1899, 12, 30).toordinal()
# Excel believes in 29 February 1900 and in nothing before 1900: serials from 1 March 1900 on are right.
_FIRST_SERIAL = 61


@dataclass(frozen=True, slots=True)
class Encoded:
    texts: Sequence[str]
    are_cells: bool = False


_NUMBER_STYLES = frozenset({styles.INTEGER, styles.DECIMAL, styles.GENERAL})

Encoder = Callable[[Sequence[Any]], Encoded]


def cut(text: str) -> str:
    """The text within Excel's limit, which counts UTF-16 units; a cut one ends with a mark."""
    if len(text) <= MAX_CELL // 2:
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= MAX_CELL * 2:
        return text
    return units[: (MAX_CELL - 1) * 2].decode("utf-16-le", "ignore") + CUT_MARK


def escape_all(texts: Sequence[str]) -> list[str]:
    """Texts as XML character data: cleaned, cut, escaped."""
    if not texts:
        return []
    joined = _BORDER.join(texts)
    if joined.count(_BORDER) != len(texts) - 1 or _DIRTY.search(joined):
        # The border in somebody's text would add a cell and shift the row.
        texts = [clean(text) for text in texts]
        joined = _BORDER.join(texts)
    if len(joined) > MAX_CELL // 2 and max(map(len, texts)) > MAX_CELL // 2:
        joined = _BORDER.join(map(cut, texts))
    if "_x" in joined:
        joined = _ESCAPE.sub("_x005F_", joined)
    joined = joined.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    return joined.split(_BORDER)


def escape_block(block: bytes) -> bytes:
    """`escape_all` for a block from the database in which no cell is too long; border bytes stay."""
    block = clean_bytes(block, spared=BORDER_BYTE)
    if b"_x" in block:
        block = _ESCAPE_BYTES.sub(b"_x005F_", block)
    return (
        block.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;").replace(b"\r", b"&#13;")
    )


def text_cell(text: str, style: int = styles.TEXT) -> str:
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape_all([text])[0]}</t></is></c>'


def encode_texts(values: Sequence[Any]) -> Encoded:
    return Encoded(
        escape_all(["" if value is None else value if type(value) is str else str(value) for value in values])
    )


def _number_cell(value: Any, style: int) -> str:
    if value is None or value == "":
        return "<c/>"
    text = _number_text(value)
    digits = _NOT_DIGITS.sub("", text).strip("0")
    is_finite = isinstance(value, int | float | Decimal) and Decimal(value).is_finite()
    if not is_finite or (len(digits) > MAX_DIGITS and not isinstance(value, float)):
        return text_cell(text)
    return f'<c s="{style}"><v>{text}</v></c>'


def _number_text(value: Any) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def shown(value: Any) -> str:
    """A value about as wide as its cell, from Python or from the database."""
    return _number_text(value).removeprefix(ODD)


def number_encoder(style: int) -> Encoder:
    def encode(values: Sequence[Any]) -> Encoded:
        texts = ["" if value is None else _number_text(value) for value in values]
        if max(map(len, texts)) <= MAX_DIGITS and _PLAIN_NUMBERS.fullmatch(_BORDER.join(texts)):
            return Encoded(texts)
        return Encoded([_number_cell(value, style) for value in values], are_cells=True)

    return encode


def _serial(moment: datetime) -> float:
    """Days since Excel's beginning, by the very steps that the database takes (pushdown)."""
    return (moment - _UNIX).total_seconds() / _DAY_SECONDS + _UNIX_SERIAL


def _serial_text(serial: float) -> str:
    return repr(serial).removesuffix(".0")


def _moment_cell(value: Any) -> str:
    if isinstance(value, datetime):
        serial = _serial(value)
        if serial >= _FIRST_SERIAL:
            return f'<c s="{styles.DATETIME}"><v>{_serial_text(serial)}</v></c>'
        return text_cell(value.isoformat(" ", "seconds"))
    return "<c/>" if value is None else text_cell(str(value))


def encode_datetimes(values: Sequence[Any]) -> Encoded:
    try:
        serials = [None if value is None else _serial(value) for value in values]
        is_plain = (
            min((serial for serial in serials if serial is not None), default=_FIRST_SERIAL) >= _FIRST_SERIAL
        )
    except TypeError:
        is_plain = False
    if is_plain:
        return Encoded(["" if serial is None else _serial_text(serial) for serial in serials])
    return Encoded([_moment_cell(value) for value in values], are_cells=True)


def _date_cell(value: Any) -> str:
    if isinstance(value, date):
        serial = value.toordinal() - _EPOCH_ORDINAL
        return (
            f'<c s="{styles.DATE}"><v>{serial}</v></c>'
            if serial >= _FIRST_SERIAL
            else text_cell(value.isoformat())
        )
    return "<c/>" if value is None else text_cell(str(value))


def encode_dates(values: Sequence[Any]) -> Encoded:
    return Encoded([_date_cell(value) for value in values], are_cells=True)


def copied_encoder(style: int) -> Callable[[Sequence[str]], list[str]]:
    """Whole cells from what the database wrote for a column of numbers or dates; odd ones carry its mark."""

    def encode(texts: Sequence[str]) -> list[str]:
        return [_copied_cell(text, style) for text in texts]

    return encode


def _copied_cell(text: str, style: int) -> str:
    if not text:
        return "<c/>"
    if not text.startswith(ODD):
        return f'<c s="{style}"><v>{text}</v></c>'
    plain = text.removeprefix(ODD)
    return _number_cell(Decimal(plain), style) if style in _NUMBER_STYLES else text_cell(plain)


ENCODERS: dict[Kind, tuple[int, Encoder]] = {
    Kind.INTEGER: (styles.INTEGER, number_encoder(styles.INTEGER)),
    Kind.DECIMAL: (styles.DECIMAL, number_encoder(styles.DECIMAL)),
    Kind.DURATION: (styles.GENERAL, number_encoder(styles.GENERAL)),
    Kind.DATETIME: (styles.DATETIME, encode_datetimes),
    Kind.DATE: (styles.DATE, encode_dates),
}
