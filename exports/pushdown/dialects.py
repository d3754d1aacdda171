"""How each family of formats wants its cells from the database."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from exports.columns import DatasetColumn
from exports.kinds import Kind
from exports.pushdown.expressions import SECONDS, WALL_CLOCK, Sql, chosen, truth
from exports.pushdown.sources import Holds, Source

# What a row is put together from on the way to us: neither byte is ever part of a file.
BORDER, QUOTE = "\x1f", "\x1e"
# Before a cell that is not of its column's kind (a number too long for Excel, a date before 1900): the writer looks closer.
ODD = "\x02"

# Which of the database's types a kind may show; a column declared otherwise is left to Python.
_SUITS: Mapping[Kind, frozenset[Holds]] = {
    Kind.TEXT: frozenset({Holds.TEXT, Holds.UUID, Holds.ADDRESS, Holds.INTEGER, Holds.BIG_INTEGER}),
    Kind.PHONE: frozenset({Holds.TEXT, Holds.ADDRESS}),
    Kind.INTEGER: frozenset({Holds.INTEGER, Holds.BIG_INTEGER}),
    Kind.DECIMAL: frozenset({Holds.DECIMAL, Holds.INTEGER, Holds.BIG_INTEGER}),
    Kind.BOOLEAN: frozenset({Holds.BOOLEAN}),
    Kind.DATETIME: frozenset({Holds.MOMENT}),
    Kind.DATE: frozenset({Holds.DATE}),
    Kind.DURATION: frozenset({Holds.DURATION}),
    Kind.JSON: frozenset({Holds.JSON}),
}

Cells = Callable[[DatasetColumn, Holds], str | None]


@dataclass(frozen=True, slots=True)
class Dialect:
    """SQL of a column's cells, and the options of COPY that carries them."""

    cells: Cells
    copy_options: str
    quote: str
    # COPY writes a lone empty cell unlike everybody else.
    min_columns: int = 1

    def cell(self, column: DatasetColumn, source: Source) -> Sql | None:
        """The finished cell as SQL; None when only Python can make it."""
        if source.holds not in _SUITS[column.kind]:
            return None
        text = self.cells(column, source.holds)
        return None if text is None else Sql(text, source.value)


def bordered(null: str = "") -> str:
    """Cells between border bytes; those with a border or a new line inside are quoted."""
    return f"FORMAT csv, DELIMITER E'\\x{ord(BORDER):02x}', QUOTE E'\\x{ord(QUOTE):02x}', NULL '{null}'"


def words_of(column: DatasetColumn, holds: Holds) -> dict[str, str] | None:
    """The labels of a field with choices; empty for other columns, None where SQL cannot compare the values."""
    labels = column.labels or {}
    if labels and (holds is not Holds.TEXT or not all(isinstance(value, str) for value in labels)):
        return None
    return {value: str(label) for value, label in labels.items()}


def _for_people(column: DatasetColumn, holds: Holds, by_kind: Mapping[Kind, str]) -> str | None:
    """Labels, yes and no, wall-clock times: what all sheets share."""
    words = words_of(column, holds)
    if words is None:
        return None
    plain = by_kind.get(column.kind, "$x")
    if words:
        return chosen(words, plain)
    return truth(_("yes"), _("no")) if column.kind == Kind.BOOLEAN else plain


_NOT_PLAIN = f"ELSE E'\\x{ord(ODD):02x}' || $x::text END"
_SHEET = {
    Kind.DATETIME: (
        "CASE WHEN $x IS NULL THEN NULL WHEN $x::timestamp >= timestamp '1900-03-01'"
        " THEN (date_part('epoch', $x::timestamp) / 86400::float8 + 25569::float8)::text"
        f" ELSE E'\\x{ord(ODD):02x}' || {WALL_CLOCK}::text END"
    ),
    Kind.DATE: (
        "CASE WHEN $x IS NULL THEN NULL WHEN $x >= date '1900-03-01' THEN ($x - date '1899-12-30')::text "
        + _NOT_PLAIN
    ),
    Kind.DECIMAL: f"CASE WHEN length($x::text) <= 15 AND $x <> 'NaN'::numeric THEN $x::text {_NOT_PLAIN}",
    Kind.DURATION: SECONDS,
    Kind.JSON: "($x #>> '{}')",
}
_LONG_INTEGER = f"CASE WHEN $x BETWEEN -999999999999999 AND 999999999999999 THEN $x::text {_NOT_PLAIN}"


def _sheet_cells(column: DatasetColumn, holds: Holds) -> str | None:
    if column.kind == Kind.INTEGER and holds is Holds.BIG_INTEGER:
        return None if column.labels else _LONG_INTEGER
    if column.kind == Kind.DECIMAL and holds is not Holds.DECIMAL:
        return _LONG_INTEGER
    return _for_people(column, holds, _SHEET)


SHEET = Dialect(_sheet_cells, bordered(), QUOTE)

_TEXTS_OF_PROGRAMS = {
    Kind.BOOLEAN: truth("true", "false"),
    Kind.DATETIME: "btrim(to_json($x)::text, '\"')",
    Kind.DURATION: SECONDS,
}
_JSON = {
    Kind.TEXT: "to_json($x::text)",
    Kind.PHONE: "to_json($x::text)",
    Kind.DECIMAL: "'\"' || $x || '\"'",
    Kind.BOOLEAN: truth("true", "false"),
    Kind.DATETIME: "to_json($x)",
    Kind.DATE: "'\"' || $x || '\"'",
    Kind.DURATION: SECONDS,
    # Not JSON's own null, which COPY would quote to tell it from none at all.
    Kind.JSON: "nullif($x::text, 'null')",
}


def _markup_cells(column: DatasetColumn, _holds: Holds) -> str | None:
    return _TEXTS_OF_PROGRAMS.get(column.kind, "$x")


def _json_cells(column: DatasetColumn, holds: Holds) -> str | None:
    if column.kind == Kind.TEXT and holds in (Holds.INTEGER, Holds.BIG_INTEGER):
        return "$x"  # a number's kind says how people see it; programs get the stored value
    if column.kind == Kind.DECIMAL and holds is not Holds.DECIMAL:
        return "$x"
    if holds is Holds.ADDRESS:
        return "to_json(host($x))"
    return _JSON.get(column.kind, "$x")


MARKUP = Dialect(_markup_cells, bordered(), QUOTE)
# Their text has no control character left, so no border is ever in doubt.
JSON = Dialect(_json_cells, bordered(null="null"), QUOTE)

# COPY quotes a text that equals its NULL, so that is nothing which somebody could write: drawn by each process, and dropped from
# the file like all control characters.
_NOTHING = "".join(f"\\x{secrets.choice(range(1, 8)):02x}" for _position in range(24))

# The same as neutralise() and clean() in formats/. A look at the first character spares nearly every text the expression: letters
# from A to U+FDE8, digits, or nothing at all. One call each, since PostgreSQL does not notice that two are alike.
_LETTER = "abs(2 * ascii($x) - 65065) <= 64935"
_DIGIT = "abs(2 * ascii($x) - 105) <= 9"
# Digits after a plus, which is how nearly every number comes: bytes are trimmed at a fraction of what an expression takes.
_PLAIN_PHONE = "rtrim(textsend($x), '0123456789') = '\\x2b' AND $x <> '+'"
_DANGER = r"$x ~ '^[''\u0001-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]*[=+@\t\r\n＝＋－＠-]'"
_PHONE = r"$x !~ '^\+?[0-9(][0-9 ()-]*$'"
_OTHERWISE = f"WHEN {_DANGER} THEN '''' || $x ELSE $x END"
_HARMLESS = f"CASE WHEN {_LETTER} OR $x = '' OR {_DIGIT} THEN $x {_OTHERWISE}"
_HARMLESS_PHONE = (
    f"CASE WHEN {_DIGIT} OR {_PLAIN_PHONE} OR {_LETTER} OR $x = '' THEN $x {_OTHERWISE}".replace(
        _DANGER, f"{_PHONE} AND {_DANGER}"
    )
)


def csv_dialect(delimiter: str, decimal: str, neutralise: Callable[[str], str]) -> Dialect:
    """Plain CSV, quoted by COPY itself."""

    def number(text: str) -> str:
        return text if decimal == "." else f"replace(({text})::text, '.', {decimal!r})"

    by_kind = {
        Kind.TEXT: _HARMLESS,
        Kind.PHONE: _HARMLESS_PHONE,
        Kind.DATETIME: WALL_CLOCK,
        Kind.DECIMAL: number("$x"),
        Kind.DURATION: number(SECONDS),
        Kind.JSON: _HARMLESS.replace("$x", "($x #>> '{}')"),
    }

    def cells(column: DatasetColumn, holds: Holds) -> str | None:
        words = words_of(column, holds)
        if words is None:
            return None
        if words:
            return chosen({value: neutralise(label) for value, label in words.items()}, _HARMLESS)
        if column.kind == Kind.BOOLEAN:
            return truth(neutralise(_("yes")), neutralise(_("no")))
        if column.kind in (Kind.TEXT, Kind.PHONE) and holds is not Holds.TEXT:
            # Identifiers and addresses cannot begin like a formula; a number below zero in a column of text can.
            is_number = holds in (Holds.INTEGER, Holds.BIG_INTEGER)
            return _HARMLESS.replace("$x", "$x::text") if is_number else "$x"
        return by_kind.get(column.kind, "$x")

    return Dialect(cells, f"FORMAT csv, DELIMITER '{delimiter}', NULL E'{_NOTHING}'", '"', min_columns=2)
