"""The screen of the simulated amoCRM: pop-ups of each user, calls, incoming leads, contacts."""

import time
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.connectors.amocrm.simulator.state import CONTACTS, Account, Call, Popup, Row, Unsorted, User
from integrations.connectors.amocrm.simulator.webhooks import Webhooks

USERS_SHOWN, CARDS_PER_USER, ROWS_SHOWN = 12, 3, 50
# amoCRM is never told that a call is over: its toast goes by itself.
TOAST_SECONDS = 30.0

DIRECTIONS = {"inbound": ("in", _lazy("Incoming")), "outbound": ("out", _lazy("Outgoing"))}
STATUSES = {
    1: (_lazy("Left a message"), "warn"),
    2: (_lazy("Call back later"), "warn"),
    3: (_lazy("Not available"), "bad"),
    4: (_lazy("Answered"), "good"),
    5: (_lazy("Wrong number"), "bad"),
    6: (_lazy("Not answered"), "bad"),
    7: (_lazy("Line busy"), "warn"),
    8: (_lazy("Unknown"), "bad"),
}


def snapshot(account: Account, webhooks: Webhooks) -> dict[str, Any]:
    """What the page draws, in the active language."""
    with account.lock:
        contacts = list(account.tables[CONTACTS].values())
        return {
            "managers": [_user(account, one) for one in account.users[:USERS_SHOWN]],
            "calls": [_call(account, one) for one in account.calls[: -ROWS_SHOWN - 1 : -1]],
            "unsorted": [_unsorted(one) for one in account.unsorted[: -ROWS_SHOWN - 1 : -1]],
            "contacts": [_contact(account, row) for row in contacts[: -ROWS_SHOWN - 1 : -1]],
            "totals": {
                "calls": len(account.calls),
                "unsorted": sum(not one.is_accepted for one in account.unsorted),
                "contacts": len(contacts),
                "webhooks": len(account.webhooks),
                "sent": len(webhooks.made),
            },
        }


def _user(account: Account, user: User) -> dict[str, Any]:
    seen = [one for one in account.popups if not one.users or user.id in one.users]
    words = user.name.split()
    return {
        "id": user.id,
        "name": user.name,
        "initials": "".join(word[:1] for word in words[:2]),
        "cards": [_card(account, user, one) for one in seen[: -CARDS_PER_USER - 1 : -1]],
    }


def _card(account: Account, user: User, popup: Popup) -> dict[str, Any]:
    found = account.by_phone(popup.phone)
    is_new = time.time() - popup.at < TOAST_SECONDS
    return {
        "id": f"{popup.at}:{popup.phone}",
        "state": "ringing" if is_new else "ended",
        "direction": "in",
        "direction_label": _("Call"),
        "outcome": time.strftime("%H:%M:%S", time.localtime(popup.at)),
        "phone": popup.phone,
        "customer": found[1]["name"] if found else _("Unknown caller"),
    }


def _call(account: Account, call: Call) -> dict[str, Any]:
    data = call.data
    direction, label = DIRECTIONS[data["direction"]]
    status, mood = STATUSES[data.get("call_status", 8)]
    row = account.tables[call.plural].get(call.entity_id)
    return {
        "id": call.id,
        "date": _time(data.get("created_at")),
        "direction": direction,
        "direction_label": str(label),
        "phone": data["phone"],
        "customer": row["name"] if row else "",
        "manager": _responsible(account, data.get("call_responsible", "")),
        "result": str(status),
        "mood": mood,
        "duration": _duration(data["duration"]),
        "record_url": data.get("link", ""),
    }


def _unsorted(one: Unsorted) -> dict[str, Any]:
    data = one.data["metadata"]
    return {
        "id": one.uid,
        "date": _time(data["called_at"]),
        "phone": str(data.get("from", "")),
        "line": str(data["phone"]),
        "duration": _duration(data["duration"]),
        "record_url": data["link"],
        "is_accepted": one.is_accepted,
        "result": _("Accepted") if one.is_accepted else _("Waiting"),
        "mood": "good" if one.is_accepted else "warn",
    }


def _contact(account: Account, row: Row) -> dict[str, Any]:
    owner = next((one.name for one in account.users if one.id == row["responsible_user_id"]), "")
    return {
        "id": row["id"],
        "name": row["name"],
        "phone": ", ".join(account.values(row, "PHONE")),
        "email": ", ".join(account.values(row, "EMAIL")),
        "manager": owner,
        "date": _time(row["updated_at"]),
    }


def _responsible(account: Account, value: int | str) -> str:
    return next((one.name for one in account.users if one.id == value), str(value))


def _time(at: int | None) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at)) if at else ""


def _duration(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"
