"""Typed settings and credentials that a connector declares; forms and the API's validation are built from them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from config.egress import UrlProblem, check_url
from integrations.capabilities import base
from tenants.intranet import exceptions_in_scope

LONGEST_TEXT = 2000


class FieldType(StrEnum):
    """How a value is entered and checked."""

    TEXT = "text"
    URL = "url"
    SECRET = "secret"  # noqa: S105 (the name of a type, not a secret)
    CHOICE = "choice"
    NUMBER = "number"
    BOOL = "bool"
    DATE = "date"
    TABLE = "table"
    """A list of objects, each with the values that `columns` declare."""


@dataclass(frozen=True, slots=True)
class Field:
    """One setting or credential. `validator` gets the clean value and returns it, or raises ValidationError."""

    name: str
    label: base.Text
    type: FieldType = FieldType.TEXT
    help: base.Text = ""
    required: bool = True
    default: Any = None
    choices: tuple[tuple[str, base.Text], ...] = ()
    validator: Callable[[Any], Any] | None = None
    placeholder: str = ""
    columns: tuple["Field", ...] = ()
    most_rows: int = 500
    has_lines: bool = False
    """Of a text: line breaks belong to it."""

    def clean(self, value: object) -> Any:
        """The value as it is to be stored."""
        cleaned = _CLEANERS[self.type](self, value)
        return self.validator(cleaned) if self.validator and cleaned not in ("", None, []) else cleaned


def clean_values(fields: Sequence[Field], values: Mapping[str, object]) -> dict[str, Any]:
    """All declared values, checked, with defaults filled in; ValidationError keyed by field name otherwise."""
    errors: dict[str, Any] = {
        name: _("There is no such field.") for name in values.keys() - {f.name for f in fields}
    }
    cleaned: dict[str, Any] = {}
    for field in fields:
        value = values.get(field.name)
        if value is None or value == "" or (value == [] and field.type is FieldType.TABLE):
            if field.required and field.default is None:
                errors[field.name] = _("This field is required.")
            elif field.default is not None:
                cleaned[field.name] = field.default
            continue
        try:
            cleaned[field.name] = field.clean(value)
        except ValidationError as error:
            errors[field.name] = error.messages
    if errors:
        raise ValidationError(errors)
    return cleaned


def _text(field: Field, value: object) -> str:
    if not isinstance(value, str):
        raise ValidationError(_("This must be text."))
    if len(value) > LONGEST_TEXT:
        raise ValidationError(_("This text is too long."))
    kept = "\n\r\t" if field.has_lines else ""
    if any(ord(char) < 0x20 and char not in kept for char in value.strip()):
        raise ValidationError(_("Control characters are not allowed."))
    return value.strip()


def _url(field: Field, value: object) -> str:
    text = _text(field, value)
    try:
        return check_url(text, exceptions_in_scope())
    except UrlProblem as error:
        raise ValidationError(str(error), code=error.code) from error


def _choice(field: Field, value: object) -> str:
    allowed = [key for key, _label in field.choices]
    if value not in allowed:
        raise ValidationError(_("Choose one of: %(choices)s."), params={"choices": ", ".join(allowed)})
    return str(value)


def _number(field: Field, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValidationError(_("This must be a number."))
    try:
        number = float(value)
    except ValueError as error:
        raise ValidationError(_("This must be a number.")) from error
    if not math.isfinite(number):
        raise ValidationError(_("This must be a number."))
    return int(number) if number.is_integer() else number


def _bool(field: Field, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValidationError(_("This must be true or false."))
    return value


def _date(field: Field, value: object) -> str:
    """Kept as YYYY-MM-DD: settings are JSON."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    try:
        return date.fromisoformat(_text(field, value)).isoformat()
    except ValueError as error:
        raise ValidationError(_("This must be a date such as 2026-12-31.")) from error


def _table(field: Field, value: object) -> list[dict[str, Any]]:
    """Each mistake names its row, counted from 1, and its column."""
    if not isinstance(value, list | tuple):
        raise ValidationError(_("A list was expected."))
    if len(value) > field.most_rows:
        raise ValidationError(_("At most %(count)d rows."), params={"count": field.most_rows})
    rows: list[dict[str, Any]] = []
    mistakes: list[str] = []
    for number, row in enumerate(value, 1):
        try:
            rows.append(_table_row(field, row))
        except ValidationError as error:
            mistakes += [_in_row(number, text) for text in _by_column(field, error)]
    if mistakes:
        raise ValidationError(mistakes)
    return rows


def _table_row(field: Field, row: object) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise ValidationError(_("An object was expected."))
    return clean_values(field.columns, {str(name): value for name, value in row.items()})


def _by_column(field: Field, error: ValidationError) -> list[str]:
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    titles = {column.name: str(column.label) for column in field.columns}
    return [f"{titles.get(name, name[:50])}: {' '.join(texts)}" for name, texts in error.message_dict.items()]


def _in_row(number: int, text: str) -> str:
    return str(_("Row %(number)d, %(text)s") % {"number": number, "text": text})


_CLEANERS: dict[FieldType, Callable[[Field, object], Any]] = {
    FieldType.TEXT: _text,
    FieldType.URL: _url,
    FieldType.SECRET: _text,
    FieldType.CHOICE: _choice,
    FieldType.NUMBER: _number,
    FieldType.BOOL: _bool,
    FieldType.DATE: _date,
    FieldType.TABLE: _table,
}


def account_address(url: str) -> str:
    """People paste what their browser shows: only the account's address is kept. A validator for URL fields."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "", "", ""))
