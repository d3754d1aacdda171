"""What follows a call in Planfix: a contact, and tasks, for its deals are tasks of a template, too. All of it by REST."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _

from integrations.capabilities import (
    Caller,
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
from integrations.connectors.planfix.objects import CONTACT, TASK
from integrations.connectors.planfix.records import CHANGED, TEMPLATE_OF_TASK
from integrations.connectors.planfix.rest import PAGE_SIZE, Rest, Row
from integrations.phones import digits
from integrations.records import Contact, Deal, RecordKind
from tenants.errors import Unsupported

PHONE: Final = 4003
COMPARED_DIGITS: Final = 10
MOST_PAGES: Final = 3
LOOK_BACK: Final = timedelta(days=30)
"""Planfix is not asked for the deals of a client; those that changed in so many days are looked through."""
_PERSON: Final = "id,name,lastname,phones,supervisors"
_TASK: Final = "id,name,status,counterparty,dateTime"


class PlanfixFollowUps(Session, CallFollowUps):
    """Nothing is known again by a key of ours: contacts are looked for by their number, tasks by their names."""

    follow_ups_repeat: ClassVar[Mapping[FollowUpKind, Repeat]] = dict.fromkeys(FollowUpKind, Repeat.ALWAYS)

    rest: Rest

    def find_client(self, phone: str) -> Caller | None:
        """“Equal” means “contains” there, so what came is looked at; people first, then firms."""
        wanted = digits(phone)
        filters = [{"type": PHONE, "operator": "equal", "value": wanted[-COMPARED_DIGITS:]}]
        for is_company in (False, True):
            for row in self.rest.page(CONTACT, 0, _PERSON, filters, {"isCompany": is_company}):
                if any(_is_same(number, wanted) for number in _numbers(row)):
                    return _caller(row, str(self.live.settings["url"]))
        return None

    def create_contact(self, wanted: NewContact) -> Made:
        known = self.find_client(wanted.phone)
        if known is not None:
            return Made(known.contact_id, is_former=True)
        record = Contact(name=wanted.name, phones=(wanted.phone,), responsible_id=wanted.responsible_id)
        return self._made(RecordKind.CONTACT, Change(record=record, key=wanted.key))

    def create_lead(self, wanted: NewLead) -> Made:
        template = str(self.live.settings.get("deal_template") or "")
        if not template:
            raise Unsupported(_("No template of tasks is said to be a deal."))
        begin = timezone.now() - LOOK_BACK if wanted.is_single and wanted.contact_id else wanted.since
        for row in self._changed(template, begin):
            is_ours = row.get("name") == wanted.title and _is_after(row, wanted.since, self._zone)
            if is_ours or (wanted.is_single and self._is_open(row) and _is_of(row, wanted.contact_id)):
                return Made(str(row["id"]), is_former=True)
        record = Deal(
            title=wanted.title,
            contact_ids=(wanted.contact_id,) if wanted.contact_id else (),
            responsible_id=wanted.responsible_id,
        )
        return self._made(RecordKind.DEAL, Change(record=record, key=wanted.key))

    def create_task(self, wanted: NewTask) -> Made:
        template = str(self.live.settings.get("call_task_template") or "")
        if not template:
            raise Unsupported(
                _(
                    "Enter the template of tasks to call back in the settings of the integration: there is none yet."
                )
            )
        for row in self._changed(template, wanted.since):
            if row.get("name") == wanted.text:
                return Made(str(row["id"]), is_former=True)
        due = wanted.due.astimezone(self._zone).strftime("%d.%m.%Y %H:%M")
        body: Row = {
            "template": {"id": int(template)},
            "name": wanted.text,
            "description": escape(_("Until %(due)s.") % {"due": due}),
        }
        if wanted.contact_id.isdecimal():
            body["counterparty"] = {"id": f"contact:{wanted.contact_id}"}
        if wanted.responsible_id.isdecimal():
            body["assignees"] = {"users": [{"id": f"user:{wanted.responsible_id}"}]}
        return Made(self.rest.create(TASK, body))

    def complete_task(self, task_id: str, text: str) -> None:
        done = str(self.live.settings.get("call_task_done") or "")
        if not done:
            raise Unsupported(_("Which status a task has that is done was not entered."))
        self.rest.update(TASK, task_id, {"status": {"id": int(done)}})

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(str(self.live.settings.get("zone") or self.live.timezone))

    def _changed(self, template: str, since: datetime) -> Sequence[Row]:
        """Tasks of that template; their filter knows minutes, and the zone of the token's employee."""
        begin = (since - timedelta(minutes=1)).astimezone(self._zone).strftime("%d-%m-%Y %H:%M")
        moment = {"dateType": "otherDate_withTime", "dateFrom": begin, "dateValue": begin}
        filters: list[dict[str, Any]] = [
            {"type": TEMPLATE_OF_TASK, "operator": "equal", "value": int(template)},
            {"type": CHANGED, "operator": "gt", "value": moment},
        ]
        found: list[Row] = []
        for page in range(MOST_PAGES):
            rows = self.rest.page(TASK, page * PAGE_SIZE, _TASK, filters, {})
            found += [row for row in rows if row.get("id")]
            if len(rows) < PAGE_SIZE:
                break
        return found

    def _is_open(self, row: Row) -> bool:
        closed = ",".join(
            str(self.live.settings.get(name) or "") for name in ("won_statuses", "lost_statuses")
        )
        status = row.get("status")
        number = str(status.get("id") or "") if isinstance(status, Mapping) else ""
        return number not in [one.strip() for one in closed.split(",")]

    def _made(self, kind: RecordKind, change: Change) -> Made:
        [written] = self.require(Records).write(kind, (change,))
        if written.error is not None:
            raise written.error
        return Made(written.outside_id)


def _caller(row: Row, url: str) -> Caller:
    supervisors = row.get("supervisors")
    users = supervisors.get("users") if isinstance(supervisors, Mapping) else None
    owners = [str(one.get("id") or "") for one in users or () if isinstance(one, Mapping)]
    names = (str(row.get(name) or "") for name in ("name", "lastname"))
    return Caller(
        name=" ".join(filter(None, names)),
        url=f"{url}/contact/{row.get('id')}",
        contact_id=str(row.get("id") or ""),
        responsible_id=owners[0].removeprefix("user:") if owners and owners[0].startswith("user:") else "",
    )


def _numbers(row: Row) -> list[str]:
    phones = row.get("phones")
    return [digits(str(one.get("number") or "")) for one in phones or () if isinstance(one, Mapping)]


def _is_same(one: str, other: str) -> bool:
    if min(len(one), len(other)) < COMPARED_DIGITS:
        return bool(one) and one == other
    return one[-COMPARED_DIGITS:] == other[-COMPARED_DIGITS:]


def _is_of(row: Row, contact_id: str) -> bool:
    counterparty = row.get("counterparty")
    return isinstance(counterparty, Mapping) and counterparty.get("id") == f"contact:{contact_id}"


def _is_after(row: Row, since: datetime, zone: ZoneInfo) -> bool:
    """When it was made, in whole minutes."""
    made = row.get("dateTime")
    text = str(made.get("datetime") or "") if isinstance(made, Mapping) else ""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return True
    return (at if at.tzinfo else at.replace(tzinfo=zone)) >= since - timedelta(minutes=1)
