"""The screen of the simulated Planfix: each employee's cards, and the journal of calls."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.connectors.planfix.simulator.state import Account, Card, Contact, Employee, Entry

EMPLOYEES_SHOWN = 12
CARDS_PER_EMPLOYEE = 8
ENTRIES_SHOWN = 50

DIRECTIONS = {"in": _lazy("Incoming"), "out": _lazy("Outgoing")}
STATES = {"ringing": _lazy("Ringing"), "talking": _lazy("Talking"), "ended": _lazy("Ended")}
STATUSES = {
    "Success": (_lazy("Answered"), "good"),
    "Missed": (_lazy("Not answered"), "bad"),
    "Busy": (_lazy("Line busy"), "warn"),
    "NoAnswer": (_lazy("Not answered"), "bad"),
    "NotAvailable": (_lazy("Failed"), "bad"),
    "NotAllowed": (_lazy("Not allowed"), "bad"),
}


def snapshot(account: Account) -> dict[str, Any]:
    """What the page draws, in the active language."""
    with account.lock:
        cards: dict[str, list[Card]] = {}
        for card in account.cards:
            cards.setdefault(card.ext, []).append(card)
        return {
            "managers": [
                _employee(account, one, cards.get(one.extension, []) if one.extension else [])
                for one in account.employees[:EMPLOYEES_SHOWN]
            ],
            "calls": [_entry(account, one) for one in account.journal[: -ENTRIES_SHOWN - 1 : -1]],
            "contacts": [_contact(account, one) for one in account.contacts[: -ENTRIES_SHOWN - 1 : -1]],
            "totals": {
                "contacts": len(account.contacts),
                "calls": len(account.journal),
                "ringing": sum(card.state == "ringing" for card in account.cards),
            },
        }


def _contact(account: Account, one: Contact) -> dict[str, Any]:
    owner = next(
        (each for each in account.employees if one.responsible and each.extension == one.responsible), None
    )
    return {
        "id": one.id,
        "name": one.name,
        "phone": one.phone,
        "manager": f"{owner.name} {owner.lastname}" if owner else "",
    }


def _employee(account: Account, one: Employee, cards: list[Card]) -> dict[str, Any]:
    shown = [card for card in cards if card.state != "ended"][-CARDS_PER_EMPLOYEE:] or cards[-1:]
    return {
        "id": one.id,
        "name": f"{one.name} {one.lastname}",
        "initials": one.name[:1] + one.lastname[:1],
        "code": one.extension,
        "cards": [_card(account, card) for card in shown],
    }


def _card(account: Account, card: Card) -> dict[str, Any]:
    contact = account.contact(card.phone)
    return {
        "id": f"{card.callid}:{card.ext}",
        "state": "ended" if card.state == "ended" else "ringing",
        "direction": card.type,
        "direction_label": str(DIRECTIONS[card.type]),
        "phone": card.phone,
        "customer": contact.name if contact else _("Unknown caller"),
        "line": card.diversion,
        "outcome": str(STATES[card.state]),
    }


def _entry(account: Account, entry: Entry) -> dict[str, Any]:
    label, mood = STATUSES[entry.status]
    contact = account.contact(entry.phone)
    owner = next((one for one in account.employees if one.extension == entry.ext and entry.ext), None)
    return {
        "id": entry.id,
        "date": entry.made.strftime("%H:%M:%S"),
        "direction": entry.type,
        "direction_label": str(DIRECTIONS[entry.type]),
        "phone": entry.phone,
        "customer": contact.name if contact else "",
        "manager": f"{owner.name} {owner.lastname}" if owner else "",
        "code": entry.ext,
        "result": str(label),
        "mood": mood,
        "duration": f"{entry.duration // 60}:{entry.duration % 60:02}",
        "record_url": entry.record_link,
    }
