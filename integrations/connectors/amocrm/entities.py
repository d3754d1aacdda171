"""Pure functions: amoCRM's contacts, companies and leads -> our records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from integrations.connectors.amocrm.mapping import field_values
from integrations.records import Company, Contact, Deal, DealPhase, Money, Record, RecordKind

Row = Mapping[str, Any]

PLURALS: Final = {
    RecordKind.CONTACT: "contacts",
    RecordKind.COMPANY: "companies",
    RecordKind.DEAL: "leads",
}
WON, LOST, UNSORTED_TYPE = "142", "143", 1
"""The last two stages have these numbers in every pipeline; a stage of this type holds the incoming leads."""
MAPPED_CODES: Final = frozenset({"PHONE", "EMAIL", "POSITION", "WEB", "ADDRESS"})
_NOT_RAW: Final = frozenset({"custom_fields_values", "_links", "_embedded"})


class Unreadable(ValueError):
    """A value is not what amoCRM always sends; the text names the field."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline."""

    title: str
    pipeline: str
    is_unsorted: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a row does not say of itself: the account's address and currency, its stages by `pipeline:status`, and the field that
    holds our key."""

    base_url: str
    currency: str
    stages: Mapping[str, Stage]
    key_field: str = ""


def record(kind: RecordKind, row: Row, around: Surroundings) -> Record:
    """One object; Unreadable names the field that is wrong."""
    return _READERS[kind](row, around)


def _contact(row: Row, around: Surroundings) -> Contact:
    return Contact(
        **_common(row, around, "contacts"),
        name=_text(row, "name"),
        first_name=_text(row, "first_name"),
        last_name=_text(row, "last_name"),
        phones=tuple(field_values(row, "PHONE")),
        emails=tuple(field_values(row, "EMAIL")),
        company_ids=linked(row, "companies"),
        position=_first(row, "POSITION"),
        address=_first(row, "ADDRESS"),
    )


def _company(row: Row, around: Surroundings) -> Company:
    return Company(
        **_common(row, around, "companies"),
        name=_text(row, "name"),
        phones=tuple(field_values(row, "PHONE")),
        emails=tuple(field_values(row, "EMAIL")),
        website=_first(row, "WEB"),
        address=_first(row, "ADDRESS"),
    )


def _deal(row: Row, around: Surroundings) -> Deal:
    stage_id, pipeline = _id(row, "status_id"), _id(row, "pipeline_id")
    stage = around.stages.get(f"{pipeline}:{stage_id}") or Stage("", "")
    return Deal(
        **_common(row, around, "leads"),
        title=_text(row, "name"),
        is_lead=stage.is_unsorted,
        total=_price(row, around.currency),
        pipeline=pipeline,
        stage=stage_id,
        stage_title=stage.title,
        phase=PHASES.get(stage_id, DealPhase.OPEN),
        contact_ids=linked(row, "contacts"),
        company_ids=linked(row, "companies"),
        loss_reason=_loss_reason(row),
        closed_at=_time(row, "closed_at"),
    )


PHASES: Final = {WON: DealPhase.WON, LOST: DealPhase.LOST}
_READERS: Final[Mapping[RecordKind, Callable[[Row, Surroundings], Record]]] = {
    RecordKind.CONTACT: _contact,
    RecordKind.COMPANY: _company,
    RecordKind.DEAL: _deal,
}


def _common(row: Row, around: Surroundings, plural: str) -> dict[str, Any]:
    return {
        "outside_id": str(row["id"]),
        "created_at": _time(row, "created_at"),
        "updated_at": _time(row, "updated_at"),
        "url": f"{around.base_url}/{plural}/detail/{row['id']}",
        "responsible_id": _id(row, "responsible_user_id"),
        "custom": _custom(row, around.key_field),
        "raw": raw(row),
    }


def raw(row: Row) -> dict[str, Any]:
    """The fields by the names of `describing`: plain ones as they are, others as `cf.<number>`, links as lists of ids."""
    found = {name: value for name, value in row.items() if name not in _NOT_RAW}
    found |= {f"cf.{one['field_id']}": _plain(one) for one in _fields(row)}
    return found | {
        "tags": [str(tag.get("name", "")) for tag in _embedded(row, "tags")],
        "contacts": list(linked(row, "contacts")),
        "companies": list(linked(row, "companies")),
    }


def linked(row: Row, plural: str) -> tuple[str, ...]:
    """The ids of the objects that are tied to it."""
    return tuple(str(one["id"]) for one in _embedded(row, plural) if isinstance(one.get("id"), int))


def _custom(row: Row, key_field: str) -> dict[str, Any]:
    """What only this account has: by the field's code, else as `cf.<number>`. Our key is news to nobody."""
    return {
        str(one.get("field_code") or f"cf.{one['field_id']}"): _plain(one)
        for one in _fields(row)
        if one.get("field_code") not in MAPPED_CODES and str(one["field_id"]) != key_field
    }


def _plain(one: Row) -> Any:
    """The value, a list of them where the field can have several."""
    given = one.get("values")
    values = (
        [each.get("value") for each in given if isinstance(each, Mapping)] if isinstance(given, list) else []
    )
    if one.get("field_type") in ("multitext", "multiselect"):
        return values
    return values[0] if len(values) == 1 else (values or None)


def _fields(row: Row) -> list[Row]:
    found = row.get("custom_fields_values")
    if found is None:
        return []
    if not isinstance(found, list):
        raise Unreadable("custom_fields_values")
    return [one for one in found if isinstance(one, Mapping) and isinstance(one.get("field_id"), int)]


def _embedded(row: Row, name: str) -> list[Row]:
    embedded = row.get("_embedded")
    found = embedded.get(name) if isinstance(embedded, Mapping) else None
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise Unreadable(name)
    return value or ""


def _id(row: Row, name: str) -> str:
    value = row.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise Unreadable(name)
    return str(value) if value else ""


def _time(row: Row, name: str) -> datetime | None:
    """Unix seconds; 0 and null mean never."""
    value = row.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise Unreadable(name)
    try:
        return datetime.fromtimestamp(value, UTC) if value else None
    except (OverflowError, OSError, ValueError) as error:
        raise Unreadable(name) from error


def _price(row: Row, currency: str) -> Money | None:
    """Accounts that count in kopecks say so in a field of its own; `price` is cut there."""
    value = row.get("price_with_minor_units")
    value = row.get("price") if value is None else value
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable("price")
    return Money(Decimal(str(value)), currency)


def _first(row: Row, code: str) -> str:
    return next(iter(field_values(row, code)), "")


def _loss_reason(row: Row) -> str:
    """With `with=loss_reason` as a list of one; other answers hold the object itself."""
    embedded = row.get("_embedded")
    found = embedded.get("loss_reason") if isinstance(embedded, Mapping) else None
    one = found[0] if isinstance(found, list) and found else found
    name = one.get("name") if isinstance(one, Mapping) else None
    return name if isinstance(name, str) else ""


def fault_text(error: Unreadable) -> str:
    """For people."""
    return _("amoCRM sent a value that cannot be read: %(field)s.") % {"field": error}
