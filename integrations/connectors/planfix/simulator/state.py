"""What the simulated account holds: employees, the cards that they see, and the journal of calls."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tenants.simulation import Kind, Request

# A demo may run for days.
KEPT = 10_000
CANCELLED = "Cancelled"


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
    """Somebody who calls; `responsible` is an extension."""

    name: str
    phone: str
    responsible: str = ""


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
    """The state, guarded by one lock."""

    def __init__(self, employees: Iterable[Employee], contacts: Iterable[Contact]) -> None:
        self.lock = threading.RLock()
        self.employees = tuple(employees)
        self.contacts = tuple(contacts)
        self.events: list[Event] = []
        self.cards: list[Card] = []
        self.journal: list[Entry] = []

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

    def contact(self, phone: str) -> Contact | None:
        """By the last ten digits, as Planfix compares."""
        return next((one for one in self.contacts if phone and one.phone[-10:] == phone[-10:]), None)

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
