"""What follows a call in amoCRM: a contact, a lead, a task in a card. Nothing there is known again by a key of ours."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from django.utils.translation import gettext as _

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
from integrations.connectors.amocrm.client import AmoCrm, Row
from integrations.connectors.amocrm.mapping import CALL_BACK, is_id
from integrations.http.errors import OutcomeUnknown
from integrations.records import Contact, Deal, RecordKind
from tenants.errors import Unsupported

WON, LOST = 142, 143
SKEW_SECONDS: Final = 60
"""By so much their clock may be behind ours."""


class AmoFollowUps(Session, CallFollowUps):
    """A contact is looked for by its number before it is made, a lead and a task among those of the contact.

    So everything may be repeated but a lead of somebody who has no contact: among whose leads would it be looked for?
    """

    follow_ups_repeat: ClassVar[Mapping[FollowUpKind, Repeat]] = {
        FollowUpKind.CONTACT: Repeat.ALWAYS,
        FollowUpKind.TASK: Repeat.ALWAYS,
        FollowUpKind.TASK_DONE: Repeat.ALWAYS,
    }

    api: AmoCrm

    def find_client(self, phone: str) -> Caller | None:
        return self.require(CallerLookup).find_caller(phone)

    def create_contact(self, wanted: NewContact) -> Made:
        known = self.find_client(wanted.phone)
        if known is not None and known.contact_id:
            return Made(known.contact_id, is_former=True)
        record = Contact(name=wanted.name, phones=(wanted.phone,), responsible_id=wanted.responsible_id)
        return self._made(RecordKind.CONTACT, Change(record=record, key=wanted.key))

    def create_lead(self, wanted: NewLead) -> Made:
        former = self.api.leads_of(wanted.contact_id) if is_id(wanted.contact_id) else []
        if found := _ours(former, "name", wanted.title, wanted.since.timestamp()):
            return Made(found, is_former=True)
        if wanted.is_single and (found := _open(former)):
            return Made(found, is_former=True)
        pipeline = str(self.live.settings.get("pipeline") or "")
        record = Deal(
            title=wanted.title,
            contact_ids=(wanted.contact_id,) if wanted.contact_id else (),
            responsible_id=wanted.responsible_id,
            pipeline=pipeline,
        )
        return self._made(RecordKind.DEAL, Change(record=record, key=wanted.key))

    def create_task(self, wanted: NewTask) -> Made:
        if self.live.settings.get("task_minutes"):
            raise Unsupported(_("This integration's own settings make tasks for missed calls already."))
        plural, number = _card(wanted)
        former = self.api.open_tasks(plural, number)
        if found := _ours(former, "text", wanted.text, 0.0):
            return Made(found, is_former=True)
        task: Row = {
            "text": wanted.text,
            "complete_till": int(wanted.due.timestamp()),
            "task_type_id": CALL_BACK,
            "entity_id": number,
            "entity_type": plural,
        }
        if is_id(wanted.responsible_id):
            task["responsible_user_id"] = int(wanted.responsible_id)
        made = self.api.add_task(task).get("id")
        if type(made) is not int:
            raise OutcomeUnknown(_("amoCRM did not say what became of this object."))
        return Made(str(made))

    def complete_task(self, task_id: str, text: str) -> None:
        if is_id(task_id):
            self.api.complete_task(int(task_id), text)

    def _made(self, kind: RecordKind, change: Change) -> Made:
        [written] = self.require(Records).write(kind, (change,))
        if written.error is not None:
            raise written.error
        return Made(written.outside_id)


def _card(wanted: NewTask) -> tuple[str, int]:
    """Tasks lie in cards: in the lead's, else in the contact's."""
    for plural, number in (("leads", wanted.lead_id), ("contacts", wanted.contact_id)):
        if is_id(number):
            return plural, int(number)
    raise Unsupported(
        _("amoCRM keeps tasks in cards, and this client has none: let the rule create a contact, too.")
    )


def _ours(rows: Iterable[Mapping[str, Any]], name: str, text: str, since: float) -> str:
    """The one with these very words that was made since then."""
    for row in rows:
        at = row.get("created_at")
        is_new = not since or (type(at) is int and at >= since - SKEW_SECONDS)
        if row.get(name) == text and is_new and type(row.get("id")) is int:
            return str(row["id"])
    return ""


def _open(rows: Iterable[Mapping[str, Any]]) -> str:
    """A lead that was neither won nor lost."""
    return next(
        (
            str(row["id"])
            for row in rows
            if type(row.get("id")) is int
            and row.get("status_id") not in (WON, LOST)
            and not row.get("is_deleted")
        ),
        "",
    )
