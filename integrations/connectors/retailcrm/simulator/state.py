"""What the simulated account holds: its people, customers, modules, pop-ups and calls."""

import re
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

# A demo may run for days; a real CRM keeps everything, its screen does not.
KEPT = 10_000


@dataclass(frozen=True, slots=True)
class User:
    """A person of the account; the telephone icon is theirs once a module gave them a code."""

    id: int
    first_name: str
    last_name: str = ""
    email: str = ""
    status: str = "free"
    active: bool = True
    online: bool = True
    is_manager: bool = True
    is_admin: bool = False
    groups: tuple[str, ...] = ("manager",)
    created_at: str = "2025-01-15 10:00:00"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who buys; `manager_id` is the one responsible."""

    id: int
    first_name: str
    last_name: str
    phone: str
    manager_id: int | None = None
    email: str = ""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One accepted telephony/call/event, as sent."""

    type: str
    phone: str
    codes: tuple[str, ...]
    user_ids: tuple[int, ...]
    hangup_status: str
    call_external_id: str
    external_phone: str
    site: str
    received_at: float = field(default_factory=monotonic)


@dataclass
class Popup:
    """What one manager saw for one call; ended by a hang-up event, with or without an outcome."""

    id: int
    user_id: int
    code: str
    type: str
    phone: str
    call_external_id: str
    external_phone: str
    raised_at: float
    shown: datetime
    ended_at: float | None = None
    outcome: str = ""

    @property
    def is_ringing(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the history, as uploaded."""

    id: int
    date: str
    type: str
    phone: str
    result: str
    code: str
    user_id: int | None
    duration: int
    duration_waiting: int
    external_id: str
    record_url: str
    external_phone: str
    site: str


@dataclass
class Module:
    """A registered integration module: its top-level keys merged over edits, its telephony block replaced."""

    code: str
    data: dict[str, Any]

    @property
    def telephony(self) -> dict[str, Any]:
        block: dict[str, Any] = (self.data.get("integrations") or {}).get("telephony") or {}
        return block

    @property
    def is_working(self) -> bool:
        return bool(self.data.get("active")) and not self.data.get("freeze")

    @property
    def codes(self) -> dict[str, list[int]]:
        """Extension to the users who have it."""
        found: dict[str, list[int]] = {}
        for entry in self.telephony.get("additionalCodes") or []:
            found.setdefault(str(entry["code"]), []).append(int(entry["userId"]))
        return found


DEFAULT_USERS = (
    User(19, "Anna", "Orlova", "anna@example.com", groups=("manager", "director"), is_admin=True),
    User(18, "Boris", "Levin", "boris@example.com"),
    User(17, "Clara", "Novik", "clara@example.com"),
    User(16, "Denis", "Mazur", "denis@example.com", status="dinner"),
    User(15, "Elena", "Petrova", "elena@example.com", status="busy", online=False),
    User(14, "Fedor", "Gromov", "fedor@example.com", active=False, online=False),
    User(12, "Galina", "Storozh", "galina@example.com", is_manager=False, groups=("warehouse",)),
)
DEFAULT_CUSTOMERS = (
    Customer(7, "Ivan", "Petrov", "79001234567", 19, "ivan@example.com"),
    Customer(8, "Olga", "Sidorova", "375291234570", 18, "olga@example.com"),
    Customer(9, "Maria", "Kuzmina", "375291112233", 17),
)


class Account:
    """The account's state; every method takes the lock, so handlers on many threads may share it."""

    def __init__(self, users: Iterable[User], customers: Iterable[Customer], codes: dict[str, int]) -> None:
        self.lock = threading.RLock()
        self.users = {user.id: user for user in users}
        self.customers = list(customers)
        self.sites = {"main": "Main shop"}
        self.modules: dict[str, Module] = {}
        self.events: list[CallEvent] = []
        self.popups: list[Popup] = []
        self.calls: list[Call] = []
        # Codes from the command line stand in for a registration until a real one comes.
        self.preset_codes = codes
        self._ringing: list[Popup] = []
        self._numbers: Counter[str] = Counter()
        self._external_ids: set[str] = set()

    def holders(self, code: str) -> list[int]:
        """The users who have this extension, by the working modules."""
        with self.lock:
            if not self._telephony_modules():
                return [self.preset_codes[code]] if code in self.preset_codes else []
            return [
                user
                for module in self._telephony_modules()
                if module.is_working
                for user in module.codes.get(code, [])
            ]

    def code_of(self, user_id: int) -> str:
        """The user's extension, or an empty string."""
        with self.lock:
            modules = self._telephony_modules()
            if not modules:
                return next((code for code, user in self.preset_codes.items() if user == user_id), "")
            pairs = (
                (code, users)
                for module in modules
                if module.is_working
                for code, users in module.codes.items()
            )
            return next((code for code, users in pairs if user_id in users), "")

    def calling_module(self) -> Module | None:
        """The working module that can be asked to make a call."""
        with self.lock:
            return next(
                (
                    each
                    for each in self._telephony_modules()
                    if each.is_working and each.telephony.get("makeCallUrl")
                ),
                None,
            )

    def _telephony_modules(self) -> list[Module]:
        return [module for module in self.modules.values() if module.telephony]

    def customer_by_phone(self, phone: str) -> Customer | None:
        """Compares the last ten digits, so that a plus or a national prefix does not matter."""
        wanted = _digits(phone)[-10:]
        with self.lock:
            return next(
                (each for each in self.customers if wanted and _digits(each.phone)[-10:] == wanted), None
            )

    def raise_popups(self, event: CallEvent, recipients: Iterable[tuple[int, str]]) -> None:
        """Shows the call to each (user, code); a repeated event shows it again, as it would in life."""
        with self.lock:
            self.events.append(event)
            for user_id, code in recipients:
                popup = Popup(
                    id=self._number("popup"),
                    user_id=user_id,
                    code=code,
                    type=event.type,
                    phone=event.phone,
                    call_external_id=event.call_external_id,
                    external_phone=event.external_phone,
                    raised_at=event.received_at,
                    shown=datetime.now(UTC),
                )
                self.popups.append(popup)
                self._ringing.append(popup)
            del self.popups[:-KEPT], self.events[:-KEPT], self._ringing[:-KEPT]

    def end_popups(self, event: CallEvent, users: set[int] | None) -> None:
        """Ends the ringing pop-ups of this call for these users; None is everybody."""
        with self.lock:
            self.events.append(event)
            for popup in self._ringing:
                if _same_call(popup, event) and (users is None or popup.user_id in users):
                    popup.ended_at, popup.outcome = event.received_at, event.hangup_status
            self._ringing = [popup for popup in self._ringing if popup.is_ringing]
            del self.events[:-KEPT]

    def add_calls(self, calls: Iterable[dict[str, Any]]) -> list[str]:
        """Adds what is new; returns the external ids that were known already."""
        duplicates = []
        with self.lock:
            for data in calls:
                if data["external_id"] in self._external_ids:
                    duplicates.append(data["external_id"])
                    continue
                self._external_ids |= {data["external_id"]} - {""}
                self.calls.append(Call(id=self._number("call"), **data))
            del self.calls[:-KEPT]
        return duplicates

    def clear_screen(self) -> None:
        with self.lock:
            self.events.clear()
            self.popups.clear()
            self._ringing.clear()
            self.calls.clear()
            self._external_ids.clear()

    def _number(self, kind: str) -> int:
        self._numbers[kind] += 1
        return self._numbers[kind]


def _same_call(popup: Popup, event: CallEvent) -> bool:
    if event.call_external_id and popup.call_external_id:
        return popup.call_external_id == event.call_external_id
    return _digits(popup.phone) == _digits(event.phone)


def _digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)
