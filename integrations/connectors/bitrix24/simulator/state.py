"""What the simulated portal holds: employees, objects of its CRM, calls, and who wants to hear of changes."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tenants.simulation import Clock

LEAD, DEAL, CONTACT, COMPANY = 1, 2, 3, 4
NAMES = {LEAD: "LEAD", DEAL: "DEAL", CONTACT: "CONTACT", COMPANY: "COMPANY"}
ZONE = timezone(timedelta(hours=3))
# A demo may run for days.
KEPT = 10_000

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody of the portal."""

    id: int
    name: str
    lastname: str
    extension: str = ""
    email: str = ""
    is_active: bool = True
    workday: str = "OPENED"


@dataclass(slots=True)
class Call:
    """A registered call; `shown` are the employees whose screen has its card."""

    id: str
    user_id: int
    phone: str
    type: int
    line: str
    external_id: str
    registered: float
    shown: list[int] = field(default_factory=list)
    saw: list[int] = field(default_factory=list)
    is_finished: bool = False
    entity: tuple[str, int] | None = None
    registrations: int = 1


@dataclass(slots=True)
class Row:
    """One call of the statistics; a second finish overwrites it and is counted."""

    id: int
    call_id: str
    user_id: int
    phone: str
    type: int
    duration: int
    code: str
    made: datetime
    finishes: int = 1
    record_url: str = ""
    record_name: str = ""
    record: bytes = b""


@dataclass(frozen=True, slots=True)
class Binding:
    """An event is sent to its handler, or kept for the application to ask for."""

    event: str
    handler: str
    is_offline: bool = False


@dataclass(slots=True)
class Kept:
    """An event that waits to be asked for; of one object only the last state is kept."""

    id: int
    event: str
    data: dict[str, Any]
    at: str
    process_id: str = ""


DEFAULT_EMPLOYEES = (
    Employee(1, "Анна", "Орлова", "150", "anna@example.com"),
    Employee(6, "Борис", "Левин", "151", "boris@example.com"),
    Employee(7, "Clara", "Novik", "152", "clara@example.com", workday="CLOSED"),
    Employee(8, "Denis", "Mazur", "", "denis@example.com"),
)
STATUSES = (
    ("STATUS", "NEW", "Новый", ""),
    ("STATUS", "IN_PROCESS", "В работе", ""),
    ("STATUS", "CONVERTED", "Обработан", "S"),
    ("STATUS", "JUNK", "Некачественный", "F"),
    ("DEAL_STAGE", "NEW", "Новая", ""),
    ("DEAL_STAGE", "PREPARATION", "Подготовка документов", ""),
    ("DEAL_STAGE", "WON", "Сделка успешна", "S"),
    ("DEAL_STAGE", "LOSE", "Сделка провалена", "F"),
    ("DEAL_STAGE_9", "C9:NEW", "Заявка", ""),
    ("DEAL_STAGE_9", "C9:WON", "Оплачено", "S"),
    ("DEAL_STAGE_9", "C9:LOSE", "Отказ", "F"),
    ("SOURCE", "CALL", "Звонок", ""),
    ("SOURCE", "WEB", "Веб-сайт", ""),
)
"""ENTITY_ID, STATUS_ID, NAME, SEMANTICS."""


class Portal:
    """The state, guarded by one lock. `clock` is seconds since 1970 and can be moved on by tests."""

    def __init__(self, employees: Iterable[Employee]) -> None:
        self.lock = threading.RLock()
        self.employees = {one.id: one for one in employees}
        self.items: dict[int, dict[int, Item]] = {kind: {} for kind in NAMES}
        self.calls: dict[str, Call] = {}
        self.statistics: dict[str, Row] = {}
        self.bindings: list[Binding] = []
        self.kept: list[Kept] = []
        self.lines: dict[str, str] = {}
        self.todos: dict[int, dict[str, Any]] = {}
        self._ahead = 0.0
        self.real_clock = Clock()
        self._last_id = 0

    def clock(self) -> float:
        return self.real_clock.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds

    def now(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).astimezone(ZONE).isoformat(timespec="seconds")

    def next_id(self) -> int:
        with self.lock:
            self._last_id += 1
            return self._last_id

    def clear_calls(self) -> None:
        with self.lock:
            self.calls.clear()
            self.statistics.clear()

    def employee_by_extension(self, extension: str) -> Employee | None:
        return next(
            (one for one in self.employees.values() if extension and one.extension == extension), None
        )

    def found_by(self, type_id: str, values: Iterable[str]) -> dict[int, list[Item]]:
        """Objects that have one of the values; telephone numbers are compared by their last ten digits."""
        wanted = {_comparable(type_id, value) for value in values} - {""}
        with self.lock:
            return {
                kind: [item for item in items.values() if wanted & _values(item, type_id)]
                for kind, items in self.items.items()
            }


def _values(item: Item, type_id: str) -> set[str]:
    return {_comparable(type_id, one["value"]) for one in item.get("fm", []) if one["typeId"] == type_id}


def _comparable(type_id: str, value: str) -> str:
    if type_id != "PHONE":
        return value.strip().lower()
    return "".join(char for char in value if char.isdigit())[-10:]
