"""The screen of the simulated Bitrix24: each employee's cards, the statistics of calls, contacts."""

from collections import defaultdict
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.connectors.bitrix24.simulator.state import (
    CONTACT,
    NAMES,
    Call,
    Employee,
    Item,
    Portal,
    Row,
)

EMPLOYEES_SHOWN = 12
CARDS_PER_EMPLOYEE = 8
ROWS_SHOWN = 50
OUTGOING = 1

DIRECTIONS = {"in": _lazy("Incoming"), "out": _lazy("Outgoing")}
CODES = {
    "200": (_lazy("Answered"), "good"),
    "304": (_lazy("Not answered"), "bad"),
    "486": (_lazy("Line busy"), "warn"),
    "603": (_lazy("Declined"), "warn"),
    "603-S": (_lazy("Cancelled by the caller"), "warn"),
}


def snapshot(portal: Portal) -> dict[str, Any]:
    """What the page draws, in the active language."""
    with portal.lock:
        cards: dict[int, list[Call]] = defaultdict(list)
        for call in portal.calls.values():
            for user_id in call.saw:
                cards[user_id].append(call)
        rows = list(portal.statistics.values())
        contacts = list(portal.items[CONTACT].values())
        return {
            "managers": [
                _employee(portal, one, cards[one.id])
                for one in list(portal.employees.values())[:EMPLOYEES_SHOWN]
            ],
            "calls": [_row(portal, row) for row in rows[: -ROWS_SHOWN - 1 : -1]],
            "contacts": [_contact(portal, one) for one in contacts[: -ROWS_SHOWN - 1 : -1]],
            "totals": {
                "calls": len(rows),
                "contacts": len(contacts),
                "ringing": sum(len(call.shown) for call in portal.calls.values()),
            },
        }


def phones(item: Item) -> list[str]:
    return [row["value"] for row in item.get("fm", []) if row["typeId"] == "PHONE"]


def _employee(portal: Portal, one: Employee, calls: list[Call]) -> dict[str, Any]:
    live = [call for call in calls if one.id in call.shown][-CARDS_PER_EMPLOYEE:]
    return {
        "id": one.id,
        "name": f"{one.name} {one.lastname}",
        "initials": one.name[:1] + one.lastname[:1],
        "code": one.extension,
        "cards": [_card(portal, one, call) for call in live or calls[-1:]],
    }


def _card(portal: Portal, one: Employee, call: Call) -> dict[str, Any]:
    is_shown = one.id in call.shown
    way = "out" if call.type == OUTGOING else "in"
    return {
        "id": f"{call.id}:{one.id}",
        "state": "ringing" if is_shown else "ended",
        "direction": way,
        "direction_label": str(DIRECTIONS[way]),
        "phone": call.phone,
        "customer": _client(portal, call.phone) or _("Unknown caller"),
        "line": call.line,
        "outcome": _("Ringing") if is_shown else _("Ended"),
    }


def _row(portal: Portal, row: Row) -> dict[str, Any]:
    label, mood = CODES.get(row.code, (_lazy("Failed"), "bad"))
    way = "out" if row.type == OUTGOING else "in"
    owner = portal.employees.get(row.user_id)
    return {
        "id": row.id,
        "date": row.made.strftime("%H:%M:%S"),
        "direction": way,
        "direction_label": str(DIRECTIONS[way]),
        "phone": row.phone,
        "customer": _client(portal, row.phone),
        "manager": f"{owner.name} {owner.lastname}" if owner else "",
        "code": owner.extension if owner else "",
        "result": str(label),
        "mood": mood,
        "duration": f"{row.duration // 60}:{row.duration % 60:02}",
        "record_url": row.record_url,
    }


def _contact(portal: Portal, item: Item) -> dict[str, Any]:
    owner = portal.employees.get(item.get("assignedById", 0))
    return {
        "id": item["id"],
        "name": _name(item),
        "phone": ", ".join(phones(item)),
        "manager": f"{owner.name} {owner.lastname}" if owner else "",
    }


def _client(portal: Portal, phone: str) -> str:
    found = portal.found_by("PHONE", [phone])
    return next((_name(item) for kind in NAMES for item in found[kind]), "")


def _name(item: Item) -> str:
    parts = [str(item.get(name) or "") for name in ("name", "lastName")]
    return str(item.get("title") or "") or " ".join(part for part in parts if part)
