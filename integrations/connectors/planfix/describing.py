"""What mappings are made of: the fields that every account has, and those of its own."""

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext_lazy as _

from integrations.capabilities import FieldDescription, ValueType
from integrations.connectors.planfix.objects import CONTACT, CUSTOM, TASK, Row, text

_PLAIN: Final = {
    CONTACT: (
        ("name", _("Name")),
        ("midname", _("Middle name")),
        ("lastname", _("Last name")),
        ("email", _("Email")),
        ("position", _("Position")),
        ("address", _("Address")),
        ("site", _("Website")),
        ("description", _("Description")),
    ),
    TASK: (
        ("name", _("Name")),
        ("description", _("Description")),
        ("status.id", _("Status")),
        ("status.name", _("Name of the status")),
    ),
}
_TYPES: Final = {
    1: ValueType.NUMBER,
    3: ValueType.DATE,
    5: ValueType.TIME,
    7: ValueType.BOOLEAN,
    8: ValueType.CHOICE,
    9: ValueType.OBJECT,
    10: ValueType.OBJECT,
    11: ValueType.OBJECT,
    14: ValueType.LIST,
    15: ValueType.LIST,
    17: ValueType.LIST,
    20: ValueType.LIST,
}


def fields(what: str, custom: Iterable[Row]) -> tuple[FieldDescription, ...]:
    """Plain ones are written by the record's own fields; own ones by their names here."""
    plain = (FieldDescription(name=name, title=str(title), is_read_only=True) for name, title in _PLAIN[what])
    return (*plain, *map(_own, custom))


def _own(row: Row) -> FieldDescription:
    name, values, kind = f"{CUSTOM}{row['id']}", row.get("enumValues"), row.get("type")
    return FieldDescription(
        name=name,
        title=text(row.get("name")) or name,
        type=_TYPES.get(kind, ValueType.TEXT) if isinstance(kind, int) else ValueType.TEXT,
        choices=tuple((text(one), text(one)) for one in values) if isinstance(values, list) else (),
        is_custom=True,
    )
