"""What the simulated account holds. Objects are kept as the API shows them."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tenants.simulation import Clock

Row = dict[str, Any]
Listener = Callable[[str, str, Row], None]
"""(plural, action, row): an object was added, updated, or deleted; its stage or its responsible user changed."""

CONTACTS, COMPANIES, LEADS = "contacts", "companies", "leads"
PLURALS = (CONTACTS, COMPANIES, LEADS)
KEPT = 10_000
UNSORTED_STATUS, FIRST_STATUS, WON, LOST = 7_000, 7_001, 142, 143
PIPELINE = 700


@dataclass(frozen=True, slots=True)
class User:
    """Somebody of the account."""

    id: int
    name: str
    email: str = ""
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class CustomField:
    """A field of one kind of objects. The ones with a code come with every account."""

    id: int
    name: str
    type: str
    code: str | None = None
    enums: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Popup:
    """A toast that those users saw; all of them when `users` is empty."""

    phone: str
    users: tuple[int, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Call:
    """An entry in the history of one object."""

    id: int
    data: Row
    plural: str
    entity_id: int


@dataclass(slots=True)
class Unsorted:
    """A call of somebody unknown, waiting in the incoming leads."""

    uid: str
    data: Row
    is_accepted: bool = False


@dataclass(slots=True)
class Webhook:
    """A subscription."""

    id: int
    destination: str
    settings: list[str]
    is_disabled: bool = False
    created_at: int = field(default_factory=lambda: int(time.time()))


DEFAULT_USERS = (
    User(501, "Анна Орлова", "anna@example.com"),
    User(502, "Борис Левин", "boris@example.com"),
    User(503, "Clara Novik", "clara@example.com"),
)
_PEOPLE = (
    CustomField(11, "Телефон", "multitext", "PHONE", ("WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER")),
    CustomField(12, "Email", "multitext", "EMAIL", ("WORK", "PRIV", "OTHER")),
)
DEFAULT_FIELDS: dict[str, tuple[CustomField, ...]] = {
    CONTACTS: (
        *_PEOPLE,
        CustomField(13, "Должность", "text", "POSITION"),
        CustomField(14, "Скидка, %", "numeric"),
        CustomField(15, "Откуда узнали", "select", None, ("Реклама", "Знакомые")),
        CustomField(16, "Ключ Switchboard", "text"),
    ),
    COMPANIES: (
        *_PEOPLE,
        CustomField(21, "Web", "url", "WEB"),
        CustomField(22, "Адрес", "textarea", "ADDRESS"),
        CustomField(23, "Отрасли", "multiselect", None, ("Торговля", "Услуги", "Связь")),
        CustomField(24, "Ключ Switchboard", "text"),
    ),
    LEADS: (
        CustomField(31, "Срочно", "checkbox"),
        CustomField(32, "Номер договора", "text"),
        CustomField(33, "Ключ Switchboard", "text"),
    ),
}


class Account:
    """The state, guarded by one lock."""

    def __init__(self, users: Iterable[User], *, country: str = "RU", currency: str = "RUB") -> None:
        self.lock = threading.RLock()
        self.users = tuple(users)
        self.country, self.currency, self.subdomain, self.id = country, currency, "demo", 290
        self.fields = dict(DEFAULT_FIELDS)
        self.listeners: list[Listener] = []
        self.clock = Clock()
        self.clear()

    def clear(self) -> None:
        with self.lock:
            self._numbers = count(1001)
            self.tables: dict[str, dict[int, Row]] = {plural: {} for plural in PLURALS}
            self.broken: set[int] = set()
            self.popups: list[Popup] = []
            self.calls: list[Call] = []
            self.unsorted: list[Unsorted] = []
            self.webhooks: list[Webhook] = []
            self.tasks: list[Row] = []

    def number(self) -> int:
        with self.lock:
            return next(self._numbers)

    def add(self, plural: str, at: int | None = None, **values: Any) -> Row:
        """A new object with what every one has."""
        now = int(self.clock.time()) if at is None else at
        row: Row = {
            "id": self.number(),
            "name": "",
            "responsible_user_id": self.users[0].id if self.users else 0,
            "created_at": now,
            "updated_at": now,
            "is_deleted": False,
            "account_id": self.id,
            "custom_fields_values": None,
            "_embedded": {"tags": [], "companies": [], "contacts": []},
        } | values
        with self.lock:
            self.tables[plural][row["id"]] = row
        self.tell(plural, "add", row)
        return row

    def touch(self, plural: str, number: int, **values: Any) -> None:
        """Changed by a person."""
        with self.lock:
            row = self.tables[plural][number]
            row |= values | {"updated_at": int(self.clock.time())}
        self.tell(plural, "update", row)

    def delete(self, plural: str, number: int) -> None:
        with self.lock:
            row = self.tables[plural].pop(number)
        self.tell(plural, "delete", row)

    def tell(self, plural: str, action: str, row: Row) -> None:
        for listener in self.listeners:
            listener(plural, action, row)

    def values(self, row: Row, code: str) -> list[str]:
        """What stands in a field that comes with every account."""
        found = [one for one in row["custom_fields_values"] or [] if one["field_code"] == code]
        return [str(each["value"]) for one in found for each in one["values"]]

    def field(self, plural: str, *, number: object = None, code: object = None) -> CustomField | None:
        return next(
            (
                one
                for one in self.fields[plural]
                if (one.id == number if number else code and one.code == code)
            ),
            None,
        )

    def by_phone(self, phone: str) -> tuple[str, Row] | None:
        """By the last ten digits: the contact, else the company; its lead instead where exactly one is at work."""
        wanted = digits(phone)[-10:]
        with self.lock:
            for plural in (CONTACTS, COMPANIES):
                for row in self.tables[plural].values():
                    if wanted and any(digits(each)[-10:] == wanted for each in self.values(row, "PHONE")):
                        return self._lead_of(plural, row) or (plural, row)
        return None

    def _lead_of(self, plural: str, row: Row) -> tuple[str, Row] | None:
        active = [
            lead
            for lead in self.tables[LEADS].values()
            if lead["status_id"] not in (WON, LOST)
            and any(each["id"] == row["id"] for each in lead["_embedded"][plural])
        ]
        return (LEADS, active[0]) if len(active) == 1 else None


def digits(text: str) -> str:
    return "".join(char for char in text if char in "0123456789")
