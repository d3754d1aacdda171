"""Cells of a file -> values of columns, by what a column holds; the inverse of what exports write."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from exports.columns import DatasetColumn
from exports.formats.csv import restored
from exports.formats.text import ILLEGAL, SURROGATE, clean
from exports.formats.xlsx.encode import CUT_MARK, MAX_CELL
from exports.imports.limits import LONGEST_CELL
from exports.kinds import Kind

LARGEST_EXPONENT: Final = 40
_SPACES: Final = re.compile(r"[\s\u00a0\u202f']")
_SEPARATORS: Final = re.compile(r"[,;\r\n]+")
# A long number as Excel writes it to CSV where its column is narrow or has no format: most of its digits are lost.
_SHORTENED: Final = re.compile(r"\d(?:[.,]\d+)?[Ee]\+\d\d")
_YES: Final = frozenset({"yes", "true", "1", "да", "истина", "+", "on"})
# What sheets show of a formula that went wrong.
_FAILED: Final = frozenset(
    {
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "#NUM!",
        "#NULL!",
        "#SPILL!",
        "#CALC!",
        "#Н/Д",
        "#ССЫЛКА!",
        "#ЗНАЧ!",
        "#ДЕЛ/0!",
        "#ИМЯ?",
        "#ЧИСЛО!",
        "#ПУСТО!",
    }
)
_NO: Final = frozenset({"no", "false", "0", "нет", "ложь", "-", "off"})


class BadCell(ValueError):
    """Cannot be a value of that column; the text says why."""


def read_cell(column: DatasetColumn, cell: Any, *, is_text: bool) -> Any:
    """The value, None for an empty cell. `is_text`: of a text file, whose apostrophes are undone. BadCell."""
    text = as_text(cell)
    if len(text) > LONGEST_CELL:
        raise BadCell(_("More than %(limit)d characters.") % {"limit": LONGEST_CELL})
    _refuse_no_text(text)
    if is_text:
        text = restored(text)
    if not text.strip():
        return None
    if text.strip() in _FAILED:
        raise BadCell(_("The formula in this cell has no result (%(value)s).") % {"value": text.strip()})
    if column.labels:
        return _choice(column, text.strip())
    return _READERS.get(column.kind, _text)(text)


def as_text(cell: Any) -> str:
    """What a person sees in the cell."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        # Fifteen digits, as Excel shows and keeps them: what it computed may have noise behind them. And no exponent.
        exact = Decimal(f"{cell:.15g}")
        return format(exact, "f") if abs(exact.adjusted()) <= LARGEST_EXPONENT else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _text(text: str) -> str:
    return ILLEGAL.sub("", text).strip()


def _number(text: str) -> str:
    """As decimal text: `1 234,50` and `1,234.50` are one number."""
    plain = _SPACES.sub("", text)
    if "," in plain and "." in plain:
        thousands = "," if plain.rindex(".") > plain.rindex(",") else "."
        plain = plain.replace(thousands, "")
    plain = plain.replace(",", ".")
    try:
        found = Decimal(plain)
    except InvalidOperation as error:
        raise BadCell(_("“%(value)s” is no number.") % {"value": text[:50]}) from error
    # What has an exponent beyond that would take gigabytes to be written out.
    if not found.is_finite() or abs(found.adjusted()) > LARGEST_EXPONENT:
        raise BadCell(_("“%(value)s” is no number.") % {"value": text[:50]})
    return format(found, "f")


def _flag(text: str) -> bool:
    word = text.strip().casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise BadCell(_("“%(value)s” is neither yes nor no.") % {"value": text[:50]})


def _list(text: str) -> list[str]:
    """A JSON array, as exports write it, or values with commas, semicolons or lines between them."""
    found = text.strip()
    if not found.startswith("["):
        if _SHORTENED.fullmatch(found):
            why = _(
                "“%(value)s” is a long number that Excel has shortened. Format the column as text, enter the number again and save the file."
            )
            raise BadCell(why % {"value": found})
        return [part.strip() for part in _SEPARATORS.split(found) if part.strip()]
    try:
        values = json.loads(found)
    except (ValueError, RecursionError) as error:
        raise BadCell(_("“%(value)s” is no list.") % {"value": text[:50]}) from error
    if any(isinstance(value, list | dict) for value in values):
        raise BadCell(_("“%(value)s” is no list.") % {"value": text[:50]})
    texts = [str(value) for value in values if value is not None]
    _refuse_no_text("".join(texts))
    return [clean(one) for one in texts]


def _refuse_no_text(text: str) -> None:
    if "\x00" in text or SURROGATE.search(text):
        raise BadCell(_("It has characters that are no text."))


_READERS: Final[Mapping[Kind, Callable[[str], Any]]] = {
    Kind.DECIMAL: _number,
    Kind.INTEGER: _number,
    Kind.BOOLEAN: _flag,
    Kind.JSON: _list,
}


def _choice(column: DatasetColumn, text: str) -> Any:
    """By the stored value, or by its label in any language that we speak."""
    labels = column.labels or {}
    known = {str(value).casefold(): value for value in labels}
    for code, _name in settings.LANGUAGES:
        with override(code):
            known |= {str(label).casefold(): value for value, label in labels.items()}
    try:
        return known[text.casefold()]
    except KeyError as error:
        shown = ", ".join(str(label) for label in labels.values())
        raise BadCell(
            _("“%(value)s” is unknown. Known: %(known)s.") % {"value": text[:50], "known": shown}
        ) from error


def is_same(former: Any, new: Any) -> bool:
    """Whether a file says what is there: blanks at the ends, kinds of line ends, and what files cannot hold, are no news."""
    if isinstance(former, Sequence) and isinstance(new, Sequence) and not isinstance(former, str):
        return len(former) == len(new) and all(map(is_same, former, new))
    if _is_nothing(former) and _is_nothing(new):
        return True
    if isinstance(former, str) and isinstance(new, str):
        plain, given = _plain(former), _plain(new)
        return plain == given or (_is_cut(new) and plain.startswith(given[:-1]))
    return bool(former == new)


def _is_nothing(value: Any) -> bool:
    """No value, an empty list, or a text of which a file shows nothing."""
    return value is None or value == [] or (isinstance(value, str) and not _plain(value))


def _plain(text: str) -> str:
    return clean(text).replace("\r\n", "\n").replace("\r", "\n").strip()


def _is_cut(text: str) -> bool:
    return len(text) == MAX_CELL and text.endswith(CUT_MARK)
