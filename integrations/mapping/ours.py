"""The fields of our records that a mapping can fill or send, read off the canonical dataclasses."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from integrations.capabilities.base import Text
from integrations.mapping.titles import TITLES
from integrations.records import CLASSES, Attachment, Money, OrderLine, Record, RecordKind

CUSTOM = "custom."
EnumClass = type[StrEnum]
# Whose object it is and when it changed is the connector's to say: sync relies on it.
_NOT_MAPPED = frozenset({"outside_id", "updated_at", "custom", "raw", "attachments"})


class OurType(StrEnum):
    """What a field of ours holds."""

    TEXT = "text"
    TEXTS = "texts"
    PHONES = "phones"
    PHONE = "phone"
    DECIMAL = "decimal"
    WHOLE = "whole"
    MONEY = "money"
    TIME = "time"
    FLAG = "flag"
    CHOICE = "choice"
    LINES = "lines"
    ANY = "any"

    @property
    def is_list(self) -> bool:
        return self in (OurType.TEXTS, OurType.PHONES, OurType.LINES)


@dataclass(frozen=True, slots=True)
class OurField:
    """`choices` are the codes of an enum and their titles; `enum` is the class itself."""

    name: str
    title: Text
    type: OurType
    enum: EnumClass | None = None

    @property
    def choices(self) -> tuple[tuple[str, Text], ...]:
        members = list(self.enum) if self.enum else []
        return tuple((one.value, getattr(one, "label", one.value)) for one in members)


@cache
def our_fields(kind: RecordKind) -> Mapping[str, OurField]:
    """By their names, in the order of the dataclass."""
    hints = get_type_hints(CLASSES[kind])
    own = {field.name for field in fields(Record)}
    names = [field.name for field in fields(CLASSES[kind]) if field.name not in _NOT_MAPPED]
    # What all records have comes last: it is seldom mapped.
    names.sort(key=lambda name: name in own)
    return {name: _field(name, hints[name]) for name in names}


def our_field(kind: RecordKind, name: str) -> OurField | None:
    """The field of that name; anything behind `custom.` is one."""
    if name.startswith(CUSTOM) and len(name) > len(CUSTOM):
        return OurField(name, name.removeprefix(CUSTOM), OurType.ANY)
    return our_fields(kind).get(name)


def _field(name: str, hint: Any) -> OurField:
    plain = _without_none(hint)
    is_choice = isinstance(plain, type) and issubclass(plain, StrEnum)
    return OurField(
        name, TITLES[name], OurType.CHOICE if is_choice else _type(name, plain), plain if is_choice else None
    )


def _type(name: str, plain: Any) -> OurType:
    if get_origin(plain) is tuple:
        item = get_args(plain)[0]
        if item is OrderLine:
            return OurType.LINES
        return OurType.PHONES if name == "phones" else OurType.TEXTS
    if name == "phone":
        return OurType.PHONE
    return _TYPES[plain]


_TYPES: dict[Any, OurType] = {
    str: OurType.TEXT,
    bool: OurType.FLAG,
    int: OurType.WHOLE,
    Decimal: OurType.DECIMAL,
    Money: OurType.MONEY,
    datetime: OurType.TIME,
    Attachment: OurType.ANY,
}


def _without_none(hint: Any) -> Any:
    if isinstance(hint, UnionType):
        return next(one for one in get_args(hint) if one is not NoneType)
    return hint
