"""What follows a call in RetailCRM: a customer, an order (which is what its sales begin with), a task."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from integrations.capabilities import (
    Caller,
    CallerLookup,
    CallFollowUps,
    Change,
    FollowUpKind,
    Made,
    NewContact,
    NewLead,
    NewTask,
    Records,
    Repeat,
)
from integrations.connector import Session
from integrations.connectors.retailcrm.mapping import DATE_FORMAT
from integrations.connectors.retailcrm.record_mapping import Place
from integrations.connectors.retailcrm.records_client import CUSTOMERS, ORDERS, RecordCalls
from integrations.connectors.retailcrm.tasks_client import TaskCalls
from integrations.http.errors import OutcomeUnknown
from integrations.phones import digits
from integrations.records import Contact, Order, OrderStatus, RecordKind

MISSED_CALL, BY_PHONE = "missed-call", "phone"
"""Codes of the ways in which orders come, as every account begins with."""
CLOSED: Final = (OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.RETURNED)
TASK_FORMAT = "%Y-%m-%d %H:%M"
LONGEST_TEXT = 250
_OF_A_CONTACT: Final = frozenset({"first_name", "phones", "responsible_id"})
_OF_AN_ORDER: Final = frozenset({"buyer", "phone", "contact_ids", "responsible_id"})


class RetailFollowUps(Session, CallFollowUps):
    """Customers and orders are known again by our key, tasks by their words: all may be repeated."""

    follow_ups_repeat: ClassVar[Mapping[FollowUpKind, Repeat]] = MappingProxyType(
        dict.fromkeys(FollowUpKind, Repeat.ALWAYS)
    )

    _calls: RecordCalls
    _tasks: TaskCalls

    @property
    @abstractmethod
    def _place(self) -> Place: ...

    @abstractmethod
    def _zone(self) -> ZoneInfo: ...

    def find_client(self, phone: str) -> Caller | None:
        """Without a customer, the manager whom RetailCRM would ring makes nobody known."""
        found = self.require(CallerLookup).find_caller(phone)
        return found if found is not None and found.contact_id else None

    def create_contact(self, wanted: NewContact) -> Made:
        known = self.find_client(wanted.phone)
        if known is not None:
            return Made(known.contact_id, is_former=True)
        record = Contact(first_name=wanted.name, phones=(wanted.phone,), responsible_id=wanted.responsible_id)
        change = Change(record=record, key=wanted.key, fields=_OF_A_CONTACT)
        return self._made(RecordKind.CONTACT, change, CUSTOMERS.path)

    def create_lead(self, wanted: NewLead) -> Made:
        if wanted.is_single and wanted.contact_id and (order := self._open_order(wanted.contact_id)):
            return Made(order, is_former=True)
        record = Order(
            buyer=wanted.title,
            phone=wanted.phone,
            contact_ids=(wanted.contact_id,) if wanted.contact_id else (),
            responsible_id=wanted.responsible_id,
        )
        extra = {"orderMethod": MISSED_CALL if wanted.is_missed else BY_PHONE}
        change = Change(record=record, key=wanted.key, fields=_OF_AN_ORDER, extra=extra)
        return self._made(RecordKind.ORDER, change, ORDERS.path)

    def create_task(self, wanted: NewTask) -> Made:
        text, zone = wanted.text[:LONGEST_TEXT], self._zone()
        former = self._tasks.open_with_text(text, _clock(wanted.since, zone, DATE_FORMAT))
        for row in former:
            if row.get("text") == text and row.get("id"):
                return Made(str(row["id"]), is_former=True)
        task: dict[str, Any] = {
            "text": text,
            "datetime": _clock(wanted.due, zone, TASK_FORMAT),
            "phone": digits(wanted.phone),
        }
        if wanted.responsible_id.isdecimal():
            task["performerId"] = int(wanted.responsible_id)
        if wanted.contact_id.isdecimal():
            task["customer"] = {"id": int(wanted.contact_id)}
        if wanted.lead_id.isdecimal():
            task["order"] = {"id": int(wanted.lead_id)}
        return Made(self._tasks.create(task))

    def complete_task(self, task_id: str, text: str) -> None:
        self._tasks.complete(task_id, text)

    def _open_order(self, customer_id: str) -> str:
        """One that is neither delivered nor cancelled; statuses of the account's own groups count as open."""
        statuses = self._place.statuses
        return next(
            (
                str(row["id"])
                for row in self._tasks.orders_of(customer_id)
                if row.get("id") and statuses.get(str(row.get("status") or "")) not in CLOSED
            ),
            "",
        )

    def _made(self, kind: RecordKind, change: Change, what: str) -> Made:
        [written] = self.require(Records).write(kind, (change,))
        if written.error is not None:
            raise written.error
        if not written.outside_id:
            raise OutcomeUnknown(f"retailcrm: {what}")
        return Made(written.outside_id)


def _clock(at: datetime, zone: ZoneInfo, form: str) -> str:
    return at.astimezone(zone).strftime(form)
