"""What the simulated account holds: employees, the cards that they see, and the journal of calls."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tenants.simulation import Kind, Request

# A demo may run for days.
KEPT = 10_000
CANCELLED = "Cancelled"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody of the account; the telephone settings give them an extension."""

    id: int
    name: str
    lastname: str
    extension: str = ""
    email: str = ""
    status: str = "ACTIVE"


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who calls; `responsible` is an extension. `id` is given by the account."""

    name: str
    phone: str
    responsible: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """One accepted event, as sent."""

    type: str
    event: str
    phone: str
    ext: str
    callid: str
    diversion: str = ""
    status: str = ""
    duration: int = 0
    is_recorded: bool = False
    record_link: str = ""


@dataclass(slots=True)
class Card:
    """What one employee sees of one call: it rings, is talked on, or has gone."""

    callid: str
    ext: str
    type: str
    phone: str
    diversion: str
    state: str = "ringing"
    shown: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(slots=True)
class Entry:
    """One call of the journal."""

    id: int
    callid: str
    type: str
    phone: str
    ext: str
    status: str
    duration: int
    record_link: str
    is_record_awaited: bool
    made: datetime = field(default_factory=lambda: datetime.now(UTC))


DEFAULT_EMPLOYEES = (
    Employee(5, "Анна", "Орлова", "150", "anna@example.com"),
    Employee(6, "Борис", "Левин", "151", "boris@example.com"),
    Employee(7, "Clara", "Novik", "152", "clara@example.com"),
    Employee(8, "Denis", "Mazur", "", "denis@example.com"),
)
DEFAULT_CONTACTS = (
    Contact("Петров Иван", "79001234567", "150"),
    Contact("Smirnova Olga", "79007654321", "151"),
    Contact("Kovalev Pavel", "375291234567"),
)


class Account:
    """The state, guarded by one lock. `tables` holds contacts (companies among them) and tasks by their numbers."""

    def __init__(self, employees: Iterable[Employee], contacts: Iterable[Contact]) -> None:
        self.lock = threading.RLock()
        self.employees = tuple(employees)
        self.tables: dict[str, dict[int, Row]] = {"contact": {}, "task": {}}
        self.broken: set[int] = set()
        self._last_number = 0
        for one in contacts:
            self._furnish(one)
        self.events: list[Event] = []
        self.cards: list[Card] = []
        self.journal: list[Entry] = []

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)

    def clear(self) -> None:
        with self.lock:
            self.events.clear()
            self.cards.clear()
            self.journal.clear()

    def stirs(self) -> dict[Kind, Callable[[Request], object]]:
        """What happens to the list of employees while somebody reads it."""

        def insert(request: Request) -> None:
            last = max((one.id for one in self.employees), default=4)
            self.employees = (Employee(last + 1, "Elena", "Zuk", "", "elena@example.com"), *self.employees)

        def remove(request: Request) -> None:
            self.employees = self.employees[1:]

        def move(request: Request) -> None:
            self.employees = (*self.employees[1:], *self.employees[:1])

        return {Kind.INSERTED: insert, Kind.REMOVED: remove, Kind.MOVED: move}

    @property
    def contacts(self) -> list[Contact]:
        """As telephony sees them."""
        with self.lock:
            return [self._seen(row) for row in self.tables["contact"].values() if not row.get("isDeleted")]

    def contact(self, phone: str) -> Contact | None:
        """By the last ten digits, as Planfix compares."""
        return next((one for one in self.contacts if phone and one.phone[-10:] == phone[-10:]), None)

    def add(self, what: str, at: datetime | None = None, **fields: Any) -> Row:
        """A new object; what is not said of it is empty."""
        with self.lock:
            self._last_number += 1
            row = {"id": self._last_number, **fields, "changed": at or datetime.now(UTC)}
            self.tables[what][row["id"]] = row
            return row

    def _furnish(self, one: Contact) -> None:
        owner = next(
            (each for each in self.employees if one.responsible and each.extension == one.responsible), None
        )
        name, _space, lastname = one.name.partition(" ")
        self.add(
            "contact",
            name=name,
            lastname=lastname,
            phones=[{"number": one.phone, "type": 1}],
            supervisors={"users": [{"id": f"user:{owner.id}"}] if owner else []},
            isCompany=False,
            template={"id": 1},
        )

    def _seen(self, row: Row) -> Contact:
        names = " ".join(str(row[name]) for name in ("name", "lastname") if row.get(name))
        phone = next((str(one["number"]) for one in row.get("phones") or ()), "")
        users = (row.get("supervisors") or {}).get("users") or ()
        number = next((str(one["id"]).removeprefix("user:") for one in users), "")
        extension = next((each.extension for each in self.employees if str(each.id) == number), "")
        return Contact(names, phone, extension, row["id"])

    def take(self, event: Event) -> None:
        """What one event changes."""
        with self.lock:
            self.events.append(event)
            del self.events[:-KEPT]
            if event.event in ("INCOMING", "OUTGOING"):
                self._show(event)
            elif event.event == "ACCEPTED":
                self._change_card(event, "talking")
            else:
                self._complete(event)

    def attach(self, callid: str, link: str) -> bool:
        """The recording of a call that is in the journal; whether there is one."""
        with self.lock:
            found = [entry for entry in self.journal if entry.callid == callid]
            for entry in found:
                entry.record_link, entry.is_record_awaited = link, False
            return bool(found)

    def _show(self, event: Event) -> None:
        if any(one.extension == event.ext for one in self.employees):
            self.cards.append(Card(event.callid, event.ext, event.type, event.phone, event.diversion))
            del self.cards[:-KEPT]

    def _change_card(self, event: Event, state: str) -> None:
        for card in self.cards:
            if (card.callid, card.ext) == (event.callid, event.ext) and card.state != "ended":
                card.state = state

    def _complete(self, event: Event) -> None:
        """Cancelled closes one card; everything else is the call's end and, each time, an entry."""
        if event.status == CANCELLED:
            self._change_card(event, "ended")
            return
        for card in self.cards:
            if card.callid == event.callid:
                card.state = "ended"
        self.journal.append(
            Entry(
                id=len(self.journal) + 1,
                callid=event.callid,
                type=event.type,
                phone=event.phone,
                ext=event.ext,
                status=event.status,
                duration=event.duration,
                record_link=event.record_link,
                is_record_awaited=event.is_recorded and not event.record_link,
            )
        )
        del self.journal[:-KEPT]
