"""Pure functions: Skeleton's objects and ours."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from integrations.capabilities import Change, FieldDescription, OutsideUser, ValueType
from integrations.phones import to_e164
from integrations.records import Contact, Record, RecordKind

Row = Mapping[str, Any]

PLURALS: Final[Mapping[RecordKind, str]] = {RecordKind.CONTACT: "contacts"}
"""The kinds of ours that it has, by the names of its lists. A further kind has a line here, a reader, writers and fields."""


class Unreadable(ValueError):
    """The row is not what Skeleton documents."""


def record(kind: RecordKind, row: Row, region: str) -> Record:
    """One object in our words; `region` is that of numbers without a country. Unreadable names the field."""
    return _READERS[kind](row, region)


def id_of(row: Row) -> str:
    return text(row, "id")


def user(row: Row) -> OutsideUser:
    return OutsideUser(
        id=text(row, "id"),
        name=text(row, "name"),
        email=text(row, "email"),
        active=row.get("active") is not False,
    )


def body(kind: RecordKind, change: Change) -> dict[str, Any]:
    """What is sent: the fields that changed, or every one with a value."""
    found = {}
    for ours, (theirs, write) in _WRITERS[kind].items():
        value = getattr(change.record, ours)
        if ours in change.fields or (not change.fields and value not in ("", None, ())):
            found[theirs] = write(value)
    return found | dict(change.extra)


def moment(value: Any) -> datetime | None:
    """`2026-05-01T10:00:00Z`, always with a zone."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Unreadable("updated_at")
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise Unreadable("updated_at") from error
    if found.tzinfo is None:
        raise Unreadable("updated_at")
    return found.astimezone(UTC)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def text(row: Row, name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(name)
    return value


def _shared(row: Row) -> dict[str, Any]:
    return {"outside_id": id_of(row), "updated_at": moment(row.get("updated_at")), "raw": dict(row)}


def _contact(row: Row, region: str) -> Contact:
    phones = (to_e164(one, region) or one for one in _texts(row, "phones"))
    return Contact(
        **_shared(row), name=text(row, "name"), phones=tuple(phones), emails=tuple(_texts(row, "emails"))
    )


def _texts(row: Row, name: str) -> list[str]:
    found = row.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Unreadable(name)
    return found


_READERS: Mapping[RecordKind, Callable[[Row, str], Record]] = {RecordKind.CONTACT: _contact}
_WRITERS: Mapping[RecordKind, Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    RecordKind.CONTACT: {"name": ("name", str), "phones": ("phones", list), "emails": ("emails", list)},
}


def fields(kind: RecordKind) -> tuple[FieldDescription, ...]:
    """What it keeps of an object, for people who map fields: by its own names, in the language of whoever asks."""
    return _FIELDS[kind]()


def _contact_fields() -> tuple[FieldDescription, ...]:
    return (
        FieldDescription(name="name", title=_("Name"), is_required=True),
        FieldDescription(name="phones", title=_("Phones"), type=ValueType.LIST),
        FieldDescription(name="emails", title=_("E-mail addresses"), type=ValueType.LIST),
        FieldDescription(name="note", title=_("Note")),
    )


_FIELDS: Mapping[RecordKind, Callable[[], tuple[FieldDescription, ...]]] = {
    RecordKind.CONTACT: _contact_fields
}
