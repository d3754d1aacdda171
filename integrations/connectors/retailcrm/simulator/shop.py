"""The account's customers and orders as JSON, and the history of their changes."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from integrations.connectors.retailcrm.simulator.directory import customer_json
from integrations.connectors.retailcrm.simulator.state import Account, Customer
from tenants.simulation import Clock

FORMAT = "%Y-%m-%d %H:%M:%S"
# Code -> title and group; the groups are those that every account begins with.
STATUSES = {
    "new": ("New", "new"),
    "client-confirmed": ("Confirmed by the customer", "approval"),
    "send-to-assembling": ("Being packed", "assembling"),
    "delivering": ("On its way", "delivery"),
    "complete": ("Completed", "complete"),
    "no-product": ("Not in stock", "cancel"),
    "waiting-for-moon": ("Waits for the full moon", "our-own-group"),
}
CUSTOM_FIELDS = {
    "customer": (("shoe_size", "Shoe size", "integer"), ("likes", "What they like", "string")),
    "customer_corporate": (("branch", "Branch of business", "string"),),
    "order": (("gift_note", "Text on the gift", "string"),),
}


@dataclass
class Shelf:
    """Objects of one kind by their ids, and what happened to them, oldest first."""

    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)


class Shop:
    """Whoever changes it holds the account's lock."""

    def __init__(self, account: Account, timezone: str = "Europe/Moscow") -> None:
        self.account, self.zone = account, ZoneInfo(timezone)
        self.system_clock = Clock()
        self.customers, self.corporate, self.orders = Shelf(), Shelf(), Shelf()
        self.tasks: dict[int, dict[str, Any]] = {}
        self._numbers: Counter[str] = Counter()
        for customer in account.customers:
            self.customers.rows[customer.id] = customer_json(customer)
            self._numbers["customers"] = max(self._numbers["customers"], customer.id)

    def shelf(self, kind: str) -> Shelf:
        return {"customers": self.customers, "customers-corporate": self.corporate, "orders": self.orders}[
            kind
        ]

    def clock(self, at: datetime | None = None) -> str:
        return (at or self.system_clock.now()).astimezone(self.zone).strftime(FORMAT)

    def create(
        self, kind: str, data: dict[str, Any], *, is_ours: bool, at: datetime | None = None
    ) -> dict[str, Any]:
        with self.account.lock:
            self._numbers[kind] += 1
            number = self._numbers[kind]
            row = {"id": number, "createdAt": self.clock(at), **data}
            self.shelf(kind).rows[number] = row
            self.note(kind, number, is_ours=is_ours, at=at, created=True)
            self._tell_telephony(kind, row)
            return row

    def change(
        self, kind: str, number: int, data: dict[str, Any], *, is_ours: bool, at: datetime | None = None
    ) -> None:
        with self.account.lock:
            row = self.shelf(kind).rows[number]
            custom = {**row.get("customFields", {}), **data.get("customFields", {})}
            row |= data | ({"customFields": custom} if custom else {})
            for name in data:
                self.note(kind, number, is_ours=is_ours, at=at, field=name)
            self._tell_telephony(kind, row)

    def remove(self, kind: str, number: int, at: datetime | None = None) -> None:
        with self.account.lock:
            del self.shelf(kind).rows[number]
            self.note(kind, number, is_ours=False, at=at, deleted=True)

    def combine(self, number: int, survivor: int) -> None:
        """Two customers become one."""
        with self.account.lock:
            del self.customers.rows[number]
            self.note("customers", number, is_ours=False, at=None, combinedTo={"id": survivor})

    def add_task(self, data: dict[str, Any]) -> int:
        with self.account.lock:
            self._numbers["tasks"] += 1
            number = self._numbers["tasks"]
            self.tasks[number] = {"id": number, "complete": False, "createdAt": self.clock(), **data}
            return number

    def note(self, kind: str, number: int, *, is_ours: bool, at: datetime | None, **what: Any) -> None:
        self._numbers["history"] += 1
        one = "order" if kind == "orders" else "customer"
        row = {"id": self._numbers["history"], "createdAt": self.clock(at), one: {"id": number}, **what}
        row |= (
            {"source": "api", "apiKey": {"current": is_ours}}
            if is_ours
            else {"source": "user", "user": {"id": 19}}
        )
        self.shelf(kind).history.append(row)

    def _tell_telephony(self, kind: str, row: dict[str, Any]) -> None:
        """Pop-ups and the responsible manager know customers by their telephones."""
        if kind != "customers":
            return
        phones = [str(one.get("number", "")) for one in row.get("phones", [])]
        others = [one for one in self.account.customers if one.id != row["id"]]
        names = (str(row.get("firstName", "")), str(row.get("lastName", "")))
        known = Customer(
            row["id"], *names, phones[0] if phones else "", row.get("managerId"), str(row.get("email", ""))
        )
        self.account.customers[:] = [*others, known]
