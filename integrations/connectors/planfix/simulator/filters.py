"""The filters of lists that are documented, as far as anybody asks for them; any other is refused."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from integrations.connectors.planfix.simulator.refusal import Refused
from integrations.connectors.planfix.simulator.state import Row

# Dates are in the zone of the employee whose token it is.
ZONE = ZoneInfo("Europe/Moscow")
CHANGED, PHONE, TEMPLATE_OF_CONTACT, TEMPLATE_OF_TASK, TEXT_OF_CONTACT = 38, 4003, 4016, 51, 4101


def matches(wanted: Any, row: Row) -> bool:
    if not isinstance(wanted, dict):
        raise Refused(41, "Invalid parameter value: filters")
    kind, operator, value = wanted.get("type"), wanted.get("operator"), wanted.get("value")
    if kind == CHANGED and operator in ("gt", "lt"):
        moment = _moment(value)
        changed = row["changed"].replace(second=0, microsecond=0)
        return bool(changed > moment if operator == "gt" else changed < moment)
    if kind == PHONE and operator == "equal":
        # "Equal" means "contains" here.
        return any(str(value) in str(one.get("number", "")) for one in row.get("phones") or ())
    if kind in (TEMPLATE_OF_CONTACT, TEMPLATE_OF_TASK) and operator == "equal":
        return bool((row.get("template") or {}).get("id") == value)
    if kind == TEXT_OF_CONTACT and operator == "equal" and isinstance(wanted.get("field"), int):
        # As of telephone numbers: the stricter reading for whoever asks.
        return str(value) in str(row.get("customFieldData", {}).get(wanted["field"], ""))
    raise Refused(41, f"Invalid parameter value: filter {kind} {operator}")


def _moment(value: Any) -> datetime:
    if not isinstance(value, dict) or value.get("dateType") != "otherDate_withTime":
        raise Refused(41, "Invalid parameter value: dateType")
    try:
        found = datetime.strptime(str(value.get("dateFrom", "")), "%d-%m-%Y %H:%M")  # noqa: DTZ007 the zone follows
    except ValueError as error:
        raise Refused(41, "Invalid parameter value: dateFrom") from error
    return found.replace(tzinfo=ZONE)
