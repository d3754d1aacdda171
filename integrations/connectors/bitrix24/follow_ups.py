"""What follows a call in Bitrix24: a contact, a lead or a deal, a thing to be done in somebody's card."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final

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
from integrations.connectors.bitrix24 import mapping
from integrations.connectors.bitrix24.client import Bitrix24
from integrations.connectors.bitrix24.objects import (
    COMPANY,
    CONTACT,
    DEAL,
    LEAD,
    PATHS,
    entity_of,
    outside_id,
)
from integrations.http.errors import OutcomeUnknown
from integrations.phones import digits
from integrations.records import Contact, Deal, RecordKind
from tenants.errors import Unsupported

FROM_A_CALL: Final = "CALL"
OPEN: Final = "P"
_FOUND: Final = (("CONTACT", CONTACT), ("COMPANY", COMPANY), ("LEAD", LEAD))
_CARDS: Final = {"lead": LEAD, "company": COMPANY}


class FollowUps(Session, CallFollowUps):
    """Contacts, leads and deals are known again by our key (originId), things to be done by their words.

    A client whom only a lead or a company has is known by the id of that: `lead:12`, `company:3`.
    """

    follow_ups_repeat: ClassVar[Mapping[FollowUpKind, Repeat]] = MappingProxyType(
        dict.fromkeys(FollowUpKind, Repeat.ALWAYS)
    )

    _api: Bitrix24

    def find_client(self, phone: str) -> Caller | None:
        found = self._api.duplicates([f"+{digits(phone)}", digits(phone)])
        for name, entity in _FOUND:
            ids = found.get(name)
            if isinstance(ids, list) and ids and (item := self._api.item(entity, str(ids[0]))):
                return self._client(entity, item)
        return None

    def _client(self, entity: int, item: Mapping[str, Any]) -> Caller:
        number = str(item.get("id"))
        names = (str(item.get(part) or "") for part in ("name", "lastName"))
        return Caller(
            name=" ".join(filter(None, names)) or str(item.get("title") or ""),
            url=mapping.page(str(self.live.settings["url"]), PATHS[entity], number),
            contact_id=number if entity == CONTACT else f"{PATHS[entity]}:{number}",
            responsible_id=str(item.get("assignedById") or ""),
        )

    def create_contact(self, wanted: NewContact) -> Made:
        known = self.find_client(wanted.phone)
        if known is not None:
            return Made(known.contact_id, is_former=True)
        record = Contact(name=wanted.name, phones=(wanted.phone,), responsible_id=wanted.responsible_id)
        extra = {"sourceId": FROM_A_CALL}
        return self._made(RecordKind.CONTACT, Change(record=record, key=wanted.key, extra=extra))

    def create_lead(self, wanted: NewLead) -> Made:
        """A deal for a client with a card; a lead, which holds the number itself, for the others."""
        entity, number = _card(wanted.contact_id)
        if wanted.is_single and number and (found := self._open(entity, number)):
            return Made(found, is_former=True)
        is_lead = entity != CONTACT
        record = Deal(
            title=wanted.title,
            is_lead=is_lead,
            contact_ids=() if is_lead else (number,),
            company_ids=(number,) if entity == COMPANY else (),
            responsible_id=wanted.responsible_id,
            source=FROM_A_CALL,
        )
        phone = {"typeId": "PHONE", "valueType": "WORK", "value": wanted.phone}
        extra = {"fm": [phone]} if is_lead else {}
        return self._made(RecordKind.DEAL, Change(record=record, key=wanted.key, extra=extra))

    def create_task(self, wanted: NewTask) -> Made:
        meant = entity_of(RecordKind.DEAL, wanted.lead_id) if wanted.lead_id else None
        entity, number = meant or _card(wanted.contact_id)
        if not number:
            raise Unsupported(
                _(
                    "Bitrix24 keeps what has to be done in cards, and this client has none: let the rule create one."
                )
            )
        for row in self._api.todos(entity, number):
            if row.get("DESCRIPTION") == wanted.text and row.get("ID"):
                return Made(str(row["ID"]), is_former=True)
        params: dict[str, Any] = {
            "ownerTypeId": entity,
            "ownerId": int(number),
            "title": _("Call back"),
            "description": wanted.text,
            "deadline": wanted.due.isoformat(timespec="seconds"),
        }
        if wanted.responsible_id.isdecimal():
            params["responsibleId"] = int(wanted.responsible_id)
        made = self._api.add_todo(params).get("id")
        if not isinstance(made, int | str) or not str(made).isdecimal():
            raise OutcomeUnknown(_("The outside system answered in a form that we do not know."))
        return Made(str(made))

    def complete_task(self, task_id: str, text: str) -> None:
        if task_id.isdecimal():
            self._api.complete_todo(task_id)

    def _open(self, entity: int, number: str) -> str:
        """An open deal of the contact or the company, or the lead itself while it is open."""
        if entity == LEAD:
            item = self._api.item(LEAD, number) or {}
            return outside_id(LEAD, number) if item.get("stageSemanticId") == OPEN else ""
        field = "contactId" if entity == CONTACT else "companyId"
        found = self._api.items(DEAL, {field: int(number), "stageSemanticId": OPEN})
        return outside_id(DEAL, found[0]["id"]) if found and found[0].get("id") else ""

    def _made(self, kind: RecordKind, change: Change) -> Made:
        [written] = self.require(Records).write(kind, (change,))
        if written.error is not None:
            raise written.error
        return Made(written.outside_id)


def _card(client: str) -> tuple[int, str]:
    """Which object a client's id means; without a number for nobody."""
    name, colon, number = client.partition(":")
    entity, number = (_CARDS.get(name, CONTACT), number) if colon else (CONTACT, client)
    is_number = number.isascii() and number.isdecimal() and len(number) <= 18
    return (entity, number) if is_number else (LEAD, "")
