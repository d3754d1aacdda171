"""Their objects and ours: only the identity is known here, the fields are the tenant's field mapping."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from integrations.capabilities.records import value_at
from integrations.connectors.rest.plan import Plan
from integrations.mapping.transforms.dates import read_time, write_time
from integrations.mapping.values import NotConvertible
from integrations.records import CLASSES, Record, RecordKind

LONGEST_ID = 200


def id_of(plan: Plan, item: Mapping[str, Any]) -> str:
    """The object's id as text; empty when it has none."""
    found = value_at(item, plan.id_field)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    text = str(found).strip()
    return text if len(text) <= LONGEST_ID and "\x00" not in text else ""


def record_of(plan: Plan, item: Mapping[str, Any], zone: tzinfo) -> Record:
    """A record with its identity and everything raw."""
    values: dict[str, Any] = {
        "outside_id": id_of(plan, item),
        "updated_at": updated_at(plan, item, zone),
        "raw": dict(item),
    }
    if plan.kind is RecordKind.STOCK:
        values["product_id"] = ""  # the one field that a record must have; the field mapping fills it
    return CLASSES[plan.kind](**values)


def updated_at(plan: Plan, item: Mapping[str, Any], zone: tzinfo) -> datetime | None:
    """The time of the last change; None when it cannot be read, which loses the object for nobody."""
    if not plan.updated_field:
        return None
    try:
        return read_time(value_at(item, plan.updated_field), plan.time_format, zone)
    except NotConvertible:
        return None


def since_of(plan: Plan, moment: datetime, zone: tzinfo) -> str:
    """The value of the parameter that asks for changes."""
    return plan.since_value.replace("{since}", str(write_time(moment, plan.time_format, zone)))


def body_of(plan: Plan, extra: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent: names with dots become objects inside objects."""
    body: dict[str, Any] = {}
    for name, value in extra.items():
        _put(body, name, value)
    return {plan.body_in: body} if plan.body_in else body


def variables_of(plan: Plan, body: Mapping[str, Any], outside_id: str) -> dict[str, Any]:
    """The variables of a mutation: what is sent, and the id where it is a change."""
    found = dict(body)
    if outside_id:
        _put(found, plan.id_variable, outside_id)
    return found


def _put(body: dict[str, Any], name: str, value: Any) -> None:
    inside = body
    *steps, last = name.split(".")
    for step in steps:
        deeper = inside.setdefault(step, {})
        if not isinstance(deeper, dict):
            deeper = inside[step] = {}
        inside = deeper
    inside[last] = value
