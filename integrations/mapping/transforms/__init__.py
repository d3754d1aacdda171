"""The fixed set of transforms: nothing that people enter is ever run as code, as a template or as a regular expression."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.mapping.rules import AS_IS
from integrations.mapping.transforms.base import Transform
from integrations.mapping.transforms.choices import CHOICES
from integrations.mapping.transforms.dates import DATES
from integrations.mapping.transforms.lists import LISTS
from integrations.mapping.transforms.numbers import NUMBERS
from integrations.mapping.transforms.phones import PHONES
from integrations.mapping.transforms.texts import TEXTS
from integrations.mapping.values import Context, as_text


def _same(value: Any, parameters: Mapping[str, Any], context: Context) -> Any:
    return value


def _text(value: Any, parameters: Mapping[str, Any], context: Context) -> str:
    return as_text(value)


_PLAIN = (
    Transform(
        code=AS_IS,
        title=_("as it is"),
        help=_("Only the type is made to fit."),
        inward=_same,
        outward=_same,
    ),
    Transform(
        code="text",
        title=_("as text"),
        help=_("Numbers become texts, for systems that insist on it."),
        inward=_text,
        outward=_text,
    ),
)

TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {one.code: one for one in (*_PLAIN, *TEXTS, *NUMBERS, *DATES, *PHONES, *CHOICES, *LISTS)}
)

__all__ = ["TRANSFORMS", "Transform"]
