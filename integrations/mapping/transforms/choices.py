"""Transforms that put one value in place of another."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from integrations.fields import Field, FieldType
from integrations.mapping.transforms.base import Transform
from integrations.mapping.values import Context, NotConvertible, as_text

Parameters = Mapping[str, Any]


def look_up(value: Any, parameters: Parameters, context: Context) -> str:
    return _other(as_text(value).strip(), parameters, "theirs", "ours")


def look_up_theirs(value: Any, parameters: Parameters, context: Context) -> str:
    return _other(as_text(value).strip(), parameters, "ours", "theirs")


def _other(text: str, parameters: Parameters, known: str, wanted: str) -> str:
    """The first row that fits; letters count as written, then in any case."""
    rows = parameters["table"]
    for form in (str, str.casefold):
        for row in rows:
            if form(row[known]) == form(text):
                return str(row[wanted])
    otherwise = parameters.get("otherwise") if wanted == "ours" else None
    if otherwise:
        return str(otherwise)
    raise NotConvertible(_("“%(value)s” is not in the table.") % {"value": text[:100]})


def constant(value: Any, parameters: Parameters, context: Context) -> str:
    return str(parameters["value"])


def read_flag(value: Any, parameters: Parameters, context: Context) -> bool:
    if isinstance(value, bool):
        return value
    text = as_text(value).strip().casefold()
    for name, meaning in (("yes", True), ("no", False)):
        if text in (word.casefold() for word in _words(parameters, name)):
            return meaning
    raise NotConvertible(_("“%(value)s” is neither yes nor no.") % {"value": text[:100]})


def write_flag(value: Any, parameters: Parameters, context: Context) -> str:
    """The first of the words."""
    if not isinstance(value, bool):
        raise NotConvertible(_("This must be true or false."))
    words = _words(parameters, "yes" if value else "no")
    return words[0] if words else as_text(value)


def _words(parameters: Parameters, name: str) -> list[str]:
    return [word.strip() for word in str(parameters.get(name) or "").split(",") if word.strip()]


CHOICES: tuple[Transform, ...] = (
    Transform(
        code="lookup",
        title=_("by a table"),
        help=_("Puts another value in place of each, such as a status of ours for a status of theirs."),
        parameters=(
            Field(
                "table",
                _("table"),
                FieldType.TABLE,
                help=_("One pair a line: theirs = ours"),
                columns=(
                    Field("theirs", pgettext_lazy("side", "theirs")),
                    Field("ours", pgettext_lazy("side", "ours")),
                ),
            ),
            Field(
                "otherwise",
                _("for all others"),
                required=False,
                help=_("Empty: a value that is not in the table is a problem."),
            ),
        ),
        inward=look_up,
        outward=look_up_theirs,
    ),
    Transform(
        code="constant",
        title=_("always the same"),
        help=_("Takes this value whatever the other side has."),
        parameters=(Field("value", _("value")),),
        inward=constant,
        outward=constant,
        makes_values=True,
    ),
    Transform(
        code="yes_no",
        title=_("yes or no"),
        help=_("Words that mean yes and words that mean no; outwards the first of them is written."),
        parameters=(
            Field("yes", _("words for yes"), default="1, yes, true, да, Y"),
            Field("no", _("words for no"), default="0, no, false, нет, N"),
        ),
        inward=read_flag,
        outward=write_flag,
    ),
)
