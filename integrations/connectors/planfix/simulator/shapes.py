"""How objects look in answers, and what is taken of them in requests."""

import re
from datetime import UTC
from typing import Any

from integrations.connectors.planfix.simulator.refusal import Refused
from integrations.connectors.planfix.simulator.state import Employee, Row

PLURALS = {"contact": "contacts", "task": "tasks"}
FIELDS: dict[str, tuple[Row, ...]] = {
    "contact": (
        {"id": 35, "name": "Ключ хаба", "type": 0},
        {"id": 36, "name": "Скидка", "type": 1},
        {"id": 37, "name": "Откуда узнал", "type": 8, "enumValues": ["Сайт", "Реклама"]},
    ),
    "task": ({"id": 41, "name": "Сумма сделки", "type": 1}, {"id": 42, "name": "Договор", "type": 0}),
}
"""The account's own fields."""
STATUSES = {1: "Новая", 2: "В работе", 3: "Завершённая", 4: "Отменённая"}
_PERSON = re.compile(r"(user|contact|group):[1-9]\d*")
_TEXTS = {
    "contact": (
        "name",
        "midname",
        "lastname",
        "description",
        "address",
        "site",
        "email",
        "position",
        "sourceObjectId",
    ),
    "task": ("name", "description"),
}
_OTHERS = {
    "contact": ("template", "isCompany", "phones", "supervisors", "companies", "customFieldData"),
    "task": ("template", "status", "counterparty", "assignees", "project", "customFieldData"),
}


def employee(one: Employee, names: list[str]) -> Row:
    known: Row = {
        "id": one.id,
        "name": one.name,
        "lastname": one.lastname,
        "email": one.email,
        "status": one.status,
    }
    return {name: known[name] for name in names if name in known}


def shown(what: str, row: Row, names: list[str], *, is_broken: bool = False) -> Row:
    """The fields that were asked for; own ones by their numbers."""
    known: Row = {"id": row["id"], "isDeleted": False, "dateOfLastUpdate": _time(row["changed"])}
    known |= {name: row.get(name, "") for name in _TEXTS[what] if name != "sourceObjectId"}
    if what == "contact":
        known |= {
            "isCompany": bool(row.get("isCompany")),
            "phones": row.get("phones", []),
            "supervisors": row.get("supervisors", {"users": [], "groups": []}),
            "companies": [{"id": one["id"]} for one in row.get("companies", [])],
            "additionalEmailAddresses": row.get("additionalEmailAddresses", []),
            "template": row.get("template"),
        }
    else:
        status = (row.get("status") or {"id": 1})["id"]
        known |= {
            "dateTime": _time(row["changed"]),
            "status": {"id": status, "name": STATUSES[status]},
            "template": row.get("template"),
            "counterparty": row.get("counterparty"),
            "assignees": row.get("assignees", {"users": [], "groups": []}),
        }
    if is_broken:
        known = {name: value if name == "id" else 5 for name, value in known.items()}
    found = {name: known[name] for name in names if name in known}
    if any(name.isdecimal() for name in names):
        found["customFieldData"] = 5 if is_broken else _custom(what, row, names)
    return found


def checked(what: str, body: Row, *, is_new: bool) -> Row:
    """What may be stored of a request; Refused for what Planfix would not take."""
    unknown = set(body) - set(_TEXTS[what]) - set(_OTHERS[what])
    if unknown:
        raise Refused(41, f"Invalid parameter: {', '.join(sorted(unknown))}")
    if is_new:
        _check_new(what, body)
    for name in _TEXTS[what]:
        if name in body and not isinstance(body[name], str):
            raise Refused(41, f"Invalid parameter value: {name}")
    if body.get("email") and "@" not in body["email"]:
        raise Refused(2004, "Wrong email format")
    return dict(body) | {name: take(what, body[name]) for name, take in _TAKEN.items() if name in body}


def _check_new(what: str, body: Row) -> None:
    if not isinstance((body.get("template") or {}).get("id"), int):
        raise Refused(40, "Required parameter missing: template")
    if not str(body.get("name") or body.get("lastname") or "").strip():
        raise Refused(2006 if what == "contact" else 40, "Name is not set")


def _phones(what: str, value: Any) -> list[Row]:
    return [_phone(one) for one in _list(value, "phones")]


def _counterparty(what: str, value: Any) -> Row:
    if not isinstance(value, dict) or not _PERSON.fullmatch(str(value.get("id", ""))):
        raise Refused(41, "Invalid parameter value: counterparty")
    return value


def _status(what: str, value: Any) -> Row:
    if not isinstance(value, dict) or value.get("id") not in STATUSES:
        raise Refused(41, "Invalid parameter value: status")
    return value


def _own(what: str, values: Any) -> dict[Any, Any]:
    known = {one["id"] for one in FIELDS[what]}
    found = {}
    for one in _list(values, "customFieldData"):
        number = (one.get("field") or {}).get("id") if isinstance(one, dict) else None
        if number not in known:
            raise Refused(41, "Invalid parameter value: customFieldData")
        found[number] = one.get("value")
    return found


def _custom(what: str, row: Row, names: list[str]) -> list[Row]:
    values = row.get("customFieldData", {})
    return [
        {"field": {"id": one["id"], "name": one["name"], "type": one["type"]}, "value": values.get(one["id"])}
        for one in FIELDS[what]
        if str(one["id"]) in names
    ]


def _phone(one: Any) -> Row:
    number = str(one.get("number", "")) if isinstance(one, dict) else ""
    if not number or one.get("type", 1) not in (1, 2, 3, 4):
        raise Refused(41, "Invalid parameter value: phones")
    return {
        "number": "".join(char for char in number if char.isdigit()),
        "maskedNumber": number,
        "type": one.get("type", 1),
    }


def _people(what: str, value: Any) -> Row:
    users = value.get("users", []) if isinstance(value, dict) else None
    if not isinstance(users, list) or not all(
        isinstance(one, dict) and _PERSON.fullmatch(str(one.get("id", ""))) for one in users
    ):
        raise Refused(41, "Invalid parameter value: users")
    return {"users": users, "groups": []}


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise Refused(41, f"Invalid parameter value: {name}")
    return value


def _time(moment: Any) -> Row:
    return {
        "date": moment.strftime("%d-%m-%Y"),
        "time": moment.strftime("%H:%M"),
        "datetime": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


_TAKEN = {
    "phones": _phones,
    "supervisors": _people,
    "assignees": _people,
    "counterparty": _counterparty,
    "status": _status,
    "customFieldData": _own,
}
