"""Transforms of texts."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from integrations.capabilities.records import value_at
from integrations.fields import Field, FieldType
from integrations.mapping.transforms.base import Convert, Transform
from integrations.mapping.values import Context, as_text, is_empty

Parameters = Mapping[str, Any]
MOST_PARTS = 1000
SPACE, NOTHING = "space", "nothing"
SEPARATORS: dict[str, str] = {
    SPACE: " ",
    "comma": ",",
    "comma_space": ", ",
    "semicolon": ";",
    "slash": "/",
    "bar": "|",
    "dash": "-",
    "dot": ".",
    "line": "\n",
    NOTHING: "",
}
_TITLES = (
    (SPACE, _("space")),
    ("comma", _("comma")),
    ("comma_space", _("comma and space")),
    ("semicolon", _("semicolon")),
    ("slash", "/"),
    ("bar", "|"),
    ("dash", "-"),
    ("dot", "."),
    ("line", _("new line")),
    (NOTHING, _("nothing")),
)
SEPARATOR = Field("separator", _("separator"), FieldType.CHOICE, default=SPACE, choices=_TITLES)


def _textual(change: Callable[[str], str]) -> Convert:
    """The same for one text and for each text of a list."""

    def convert(value: Any, parameters: Parameters, context: Context) -> Any:
        if isinstance(value, list | tuple):
            return [change(as_text(one)) for one in value if not is_empty(one)]
        return change(as_text(value))

    return convert


def _both_ways(code: str, title: Any, help: Any, change: Callable[[str], str]) -> Transform:
    return Transform(code=code, title=title, help=help, inward=_textual(change), outward=_textual(change))


def _separator(parameters: Parameters) -> str:
    return SEPARATORS[parameters.get("separator", SPACE)]


def split(value: Any, parameters: Parameters, context: Context) -> Any:
    """Part number n, counted from 1, from the end when negative; all parts where n is 0."""
    wanted, separator = int(parameters["part"]), _separator(parameters).strip(" ") or None
    parts = [part.strip() for part in as_text(value).split(separator, MOST_PARTS)]
    parts = [part for part in parts if part]
    if not wanted:
        return parts
    index = wanted - 1 if wanted > 0 else wanted
    return parts[index] if -len(parts) <= index < len(parts) else None


def join(value: Any, parameters: Parameters, context: Context) -> str | None:
    """The items of a list, or this field and further ones of the same object, in one text."""
    names = [name.strip() for name in str(parameters.get("more") or "").split(",")]
    values = [value, *(value_at(context.raw, name) for name in names if name)]
    flat = [item for one in values for item in (one if isinstance(one, list | tuple) else [one])]
    texts = [as_text(one).strip() for one in flat if not is_empty(one)]
    return _separator(parameters).join(texts) or None


def listed(value: Any, parameters: Parameters, context: Context) -> str:
    if isinstance(value, list | tuple):
        return _separator(parameters).join(as_text(one) for one in value if not is_empty(one))
    return as_text(value)


def strip_affixes(value: Any, parameters: Parameters, context: Context) -> str:
    text = as_text(value).strip()
    return (
        text.removeprefix(parameters.get("prefix") or "").removesuffix(parameters.get("suffix") or "").strip()
    )


def add_affixes(value: Any, parameters: Parameters, context: Context) -> str:
    return f"{parameters.get('prefix') or ''}{as_text(value)}{parameters.get('suffix') or ''}"


def part_number(value: int | float) -> int:
    """A whole number that counts parts."""
    if not isinstance(value, int) or abs(value) > MOST_PARTS:
        raise ValidationError(_("This must be a whole number."))
    return value


TEXTS: tuple[Transform, ...] = (
    _both_ways("trim", _("without spaces around"), _("Removes spaces at the beginning and the end."), str.strip),
    _both_ways("upper", _("CAPITALS"), _("All letters become capitals."), str.upper),
    _both_ways("lower", _("small letters"), _("All letters become small ones."), str.lower),
    _both_ways("title", _("Capital Initials"), _("Each word begins with a capital."), str.title),
    Transform(
        code="split",
        title=_("a part of the text"),
        help=_("Cuts the text at a separator and takes one of its parts."),
        parameters=(
            SEPARATOR,
            Field(
                "part",
                _("number of the part"),
                FieldType.NUMBER,
                default=1,
                validator=part_number,
                help=_("1 is the first, -1 the last, 0 takes all of them as a list."),
            ),
        ),
        inward=split,
    ),
    Transform(
        code="join",
        title=_("several fields in one text"),
        help=_("Joins a list, or this field with others of the same object; outwards it joins a list of ours."),
        parameters=(
            SEPARATOR,
            Field(
                "more",
                _("further fields of theirs"),
                required=False,
                help=_("Separated by commas, in the order in which they are joined."),
            ),
        ),
        inward=join,
        outward=listed,
        makes_values=True,
    ),
    Transform(
        code="strip",
        title=_("without prefix or suffix"),
        help=_("Removes a fixed beginning or end where it is there; outwards it is added."),
        parameters=(
            Field("prefix", _("prefix"), required=False),
            Field("suffix", _("suffix"), required=False),
        ),
        inward=strip_affixes,
        outward=add_affixes,
    ),
)  # fmt: skip
