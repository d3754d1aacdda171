"""Tasks of managers: lists by filters, creating, editing. They have no external id, and texts may repeat."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from integrations.connectors.retailcrm.simulator.directory import refuse_unknown
from integrations.connectors.retailcrm.simulator.envelope import (
    EXTRA_FIELD,
    NOT_A_CHOICE,
    NOT_VALID,
    bad_entity,
    not_found,
    paged,
    success,
)
from integrations.connectors.retailcrm.simulator.forms import filters, json_parameter
from integrations.connectors.retailcrm.simulator.shop import Shop
from integrations.connectors.retailcrm.simulator.state import Account
from tenants.simulation import Reply, Request, is_whole

KEYS = {
    "text",
    "commentary",
    "datetime",
    "performerId",
    "customer",
    "order",
    "phone",
    "phoneSite",
    "complete",
}
FILTERS = {"text", "status", "performers", "ids", "createdAtFrom", "createdAtTo"}
NEEDED = "This value should not be blank."


class Tasks:
    """The routes below /tasks."""

    def __init__(self, shop: Shop, account: Account) -> None:
        self._shop, self._account = shop, account

    def routes(self) -> dict[tuple[str, str], Callable[..., Reply]]:
        return {
            ("GET", "/api/v5/tasks"): self.index,
            ("POST", "/api/v5/tasks/create"): self.create,
            ("POST", "/api/v5/tasks/{id}/edit"): self.edit,
        }

    def index(self, request: Request) -> Reply:
        wanted = filters(request)
        refuse_unknown(wanted, FILTERS)
        with self._account.lock:
            rows = [dict(row) for row in self._shop.tasks.values() if _fits(row, wanted)]
        return paged(request, "tasks", rows)

    def create(self, request: Request) -> Reply:
        data = self._read(request)
        if not data.get("text"):
            raise bad_entity({"text": NEEDED})
        if not data.get("performerId"):
            # Whose task it is may be left open: then it is that of whoever the key belongs to.
            data = {**data, "performerId": next(iter(self._account.users), None)}
        return success(id=self._shop.add_task(data))

    def edit(self, request: Request, id: str) -> Reply:
        data = self._read(request)
        with self._account.lock:
            row = self._shop.tasks.get(int(id)) if is_whole(id) else None
            if row is None:
                raise not_found()
            row |= data
        return success()

    def _read(self, request: Request) -> dict[str, Any]:
        data: dict[str, Any] = json_parameter(request, "task", dict)
        errors = {name: EXTRA_FIELD for name in data if name not in KEYS}
        if data.get("datetime") and not _is_minute(str(data["datetime"])):
            errors["datetime"] = NOT_VALID
        if data.get("performerId") is not None and data["performerId"] not in self._account.users:
            errors["performerId"] = NOT_A_CHOICE
        for name, shelf in (("customer", self._shop.customers), ("order", self._shop.orders)):
            if name in data and (data[name] or {}).get("id") not in shelf.rows:
                errors[name] = NOT_VALID
        if errors:
            raise bad_entity(errors)
        return data


def _fits(row: Mapping[str, Any], wanted: Mapping[str, list[str]]) -> bool:
    text, since, until = (wanted.get(name, [""])[-1] for name in ("text", "createdAtFrom", "createdAtTo"))
    ids = wanted.get("ids")
    return (
        text.lower() in str(row["text"]).lower()
        and row["createdAt"] >= since
        and (not until or row["createdAt"] <= until)
        and (ids is None or str(row["id"]) in ids)
    )


def _is_minute(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007 the account's own zone
    except ValueError:
        return False
    return True
