"""Reading what a client sends as an object: each field is checked before anything is changed."""

from collections.abc import Callable
from typing import Any

from integrations.connectors.amocrm.simulator.problems import Invalid
from integrations.connectors.amocrm.simulator.state import (
    FIRST_STATUS,
    LEADS,
    LOST,
    PIPELINE,
    UNSORTED_STATUS,
    WON,
    Account,
    CustomField,
    Row,
)

STATUSES = {UNSORTED_STATUS, FIRST_STATUS, FIRST_STATUS + 1, WON, LOST}


def read(account: Account, plural: str, item: object) -> tuple[Row, list[Invalid]]:
    """The item's known fields as they are to be stored, and what is wrong with it."""
    if not isinstance(item, dict):
        return {}, [Invalid("InvalidType", "", "This value should be of type array.")]
    values: Row = {}
    errors: list[Invalid] = []
    for name, value in item.items():
        reader = _READERS.get(name)
        if reader is None or (name in _OF_LEADS and plural != LEADS):
            errors.append(Invalid("UnexpectedField", name, "This field was not expected."))
            continue
        try:
            values[name] = reader(account, plural, value)
        except Invalid as error:
            errors.append(Invalid(error.code, error.path or name, error.detail))
    return values, errors


def _text(account: Account, plural: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > 255:
        raise Invalid("InvalidType", "", "This value should be of type string.")
    return value


def _whole(account: Account, plural: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Invalid("InvalidType", "", "This value should be of type integer.")
    return value


def _price(account: Account, plural: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        raise Invalid("InvalidType", "", "This value should be of type number.")
    return value


def _user(account: Account, plural: str, value: object) -> int:
    number = _whole(account, plural, value)
    if number and not any(one.id == number for one in account.users):
        raise Invalid("NotSupportedChoice", "", "The value you selected is not a valid choice.")
    return number


def _choice(*allowed: int) -> Callable[[Account, str, object], int]:
    def check(account: Account, plural: str, value: object) -> int:
        if value not in allowed:
            raise Invalid("NotSupportedChoice", "", "The value you selected is not a valid choice.")
        return _whole(account, plural, value)

    return check


def _embedded(account: Account, plural: str, value: object) -> Row:
    """Links, only of new leads."""
    if (
        not isinstance(value, dict)
        or plural != LEADS
        or not value.keys() <= {"contacts", "companies", "tags"}
    ):
        raise Invalid("UnexpectedField", "_embedded", "This field was not expected.")
    for kind in ("contacts", "companies"):
        for one in value.get(kind, []):
            if not isinstance(one, dict) or one.get("id") not in account.tables[kind]:
                raise Invalid("NotFound", f"_embedded.{kind}", "Entity not found")
    return value


def _custom(account: Account, plural: str, value: object) -> list[Row]:
    if not isinstance(value, list):
        raise Invalid("InvalidType", "", "This value should be of type array.")
    return [_field(account, plural, index, one) for index, one in enumerate(value)]


def _field(account: Account, plural: str, index: int, one: object) -> Row:
    path = f"custom_fields_values.{index}"
    if not isinstance(one, dict):
        raise Invalid("InvalidType", path, "This value should be of type array.")
    known = account.field(plural, number=one.get("field_id"), code=one.get("field_code"))
    if known is None:
        raise Invalid(
            "NotSupportedChoice", f"{path}.field_id", "The value you selected is not a valid choice."
        )
    values = one.get("values")
    if values is not None and not (isinstance(values, list) and values):
        raise Invalid("InvalidType", f"{path}.values", "This value should not be blank.")
    stored = [_value(known, f"{path}.values.{place}.value", each) for place, each in enumerate(values or [])]
    return {
        "field_id": known.id,
        "field_code": known.code,
        "field_name": known.name,
        "field_type": known.type,
        "values": stored,
    }


def _value(known: CustomField, path: str, given: object) -> Row:
    value = given.get("value") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not _IS_RIGHT.get(known.type, _is_text)(known, value):
        raise Invalid("InvalidType", path, "This value is not valid.")
    if known.type != "multitext":
        return {"value": value}
    code = given.get("enum_code", "WORK")
    if code not in known.enums:
        raise Invalid("NotSupportedChoice", path, "The value you selected is not a valid choice.")
    return {"value": value, "enum_id": 900 + known.enums.index(code), "enum_code": code}


def _is_text(known: CustomField, value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_number(known: CustomField, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


_IS_RIGHT: dict[str, Callable[[CustomField, object], bool]] = {
    "numeric": _is_number,
    "checkbox": lambda known, value: isinstance(value, bool),
    "select": lambda known, value: value in known.enums,
    "multiselect": lambda known, value: value in known.enums,
}
_OF_LEADS = {"price", "status_id", "pipeline_id", "loss_reason_id", "closed_at", "_embedded"}
_READERS: dict[str, Callable[[Account, str, Any], Any]] = {
    "id": _whole,
    "request_id": _text,
    "name": _text,
    "first_name": _text,
    "last_name": _text,
    "price": _price,
    "status_id": _choice(*STATUSES),
    "pipeline_id": _choice(PIPELINE),
    "loss_reason_id": _whole,
    "closed_at": _whole,
    "responsible_user_id": _user,
    "created_by": _user,
    "updated_by": _user,
    "created_at": _whole,
    "updated_at": _whole,
    "custom_fields_values": _custom,
    "_embedded": _embedded,
}
