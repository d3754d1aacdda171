"""Telephone numbers: theirs in any form, ours E.164."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.fields import Field, FieldType
from integrations.mapping.transforms.base import Transform
from integrations.mapping.values import Context, NotConvertible, as_text, is_empty
from integrations.phones import digits, to_e164

PLUS, DIGITS = "plus", "digits"


def read_phones(value: Any, parameters: Mapping[str, Any], context: Context) -> list[str]:
    """Each number once, in their order; several in one text are separated by comma, semicolon, slash or line."""
    items = value if isinstance(value, list | tuple) else [value]
    texts = [text for item in items if not is_empty(item) for text in _separate(as_text(item))]
    numbers = [_number(text, context.region) for text in texts]
    return list(dict.fromkeys(numbers))


def write_phones(value: Any, parameters: Mapping[str, Any], context: Context) -> Any:
    if isinstance(value, list | tuple):
        return [_written(as_text(one), parameters) for one in value]
    return _written(as_text(value), parameters)


def _separate(text: str) -> list[str]:
    for sign in (";", "/", "\n"):
        text = text.replace(sign, ",")
    return [part.strip() for part in text.split(",") if part.strip()]


def _number(text: str, region: str) -> str:
    found = to_e164(text, region)
    if not found:
        raise NotConvertible(_("“%(value)s” is no telephone number.") % {"value": text[:40]})
    return found


def _written(phone: str, parameters: Mapping[str, Any]) -> str:
    return digits(phone) if parameters.get("written") == DIGITS else phone


PHONES: tuple[Transform, ...] = (
    Transform(
        code="phone",
        title=_("telephone number"),
        help=_("Reads numbers in any form, in the company's country; several may be separated by commas."),
        parameters=(
            Field(
                "written",
                _("how it is written there"),
                FieldType.CHOICE,
                default=PLUS,
                choices=((PLUS, "+375291234570"), (DIGITS, "375291234570")),
            ),
        ),
        inward=read_phones,
        outward=write_phones,
    ),
)
