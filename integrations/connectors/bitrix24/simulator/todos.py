"""`crm.activity.*`, as far as it is about things to be done: each lies in the card of a lead, a deal or a contact."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations.connectors.bitrix24.simulator.access import Caller
from integrations.connectors.bitrix24.simulator.errors import Refused, mapping, whole
from integrations.connectors.bitrix24.simulator.state import NAMES, Portal

PROVIDER = "CRM_TODO"

Params = Mapping[str, Any]


class Todos:
    """The methods over one portal."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def add(self, params: Params, caller: Caller) -> dict[str, Any]:
        kind, owner = (whole(params.get(name, ""), name) for name in ("ownerTypeId", "ownerId"))
        if kind not in NAMES or owner not in self._portal.items[kind]:
            raise Refused("OWNER_NOT_FOUND", "Owner not found")
        try:
            deadline = datetime.fromisoformat(str(params.get("deadline", "")))
        except ValueError as error:
            raise Refused("100", "Wrong deadline") from error
        user = whole(params.get("responsibleId", 1) or 1, "responsibleId")
        if user not in self._portal.employees:
            raise Refused("WRONG_RESPONSIBLE", "Responsible not found")
        number = self._portal.next_id()
        with self._portal.lock:
            self._portal.todos[number] = {
                "ID": str(number),
                "OWNER_TYPE_ID": kind,
                "OWNER_ID": owner,
                "PROVIDER_ID": PROVIDER,
                "SUBJECT": str(params.get("title", "")),
                "DESCRIPTION": str(params.get("description", "")),
                "DEADLINE": deadline.isoformat(),
                "RESPONSIBLE_ID": user,
                "COMPLETED": "N",
            }
        return {"id": number}

    def page(self, params: Params, caller: Caller) -> list[dict[str, Any]]:
        wanted = mapping(params.get("filter"), "filter")
        with self._portal.lock:
            rows = [
                dict(row)
                for row in self._portal.todos.values()
                if all(str(row.get(name, "")) == str(value) for name, value in wanted.items())
            ]
        return rows[::-1][:50]

    def update(self, params: Params, caller: Caller) -> bool:
        row = self._portal.todos.get(whole(params.get("id", ""), "id"))
        if row is None:
            raise Refused("", "Activity is not found.")
        with self._portal.lock:
            row |= {
                name: value for name, value in mapping(params.get("fields"), "fields").items() if name in row
            }
        return True
