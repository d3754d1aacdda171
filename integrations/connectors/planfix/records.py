"""Contacts, companies and deals of one account, read page by page and written one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar, Final

from django.core.cache import cache
from django.utils.translation import gettext as _

from integrations.capabilities import (
    Change,
    Changes,
    Fault,
    FieldDescription,
    KindSupport,
    Page,
    Records,
    Written,
    behind,
)
from integrations.connector import Session
from integrations.connectors.planfix import describing, objects, writing
from integrations.connectors.planfix.objects import CONTACT, FIELDS, WHAT, Reading, Row, Unreadable
from integrations.connectors.planfix.rest import PAGE_SIZE, Rest
from integrations.http.errors import OutcomeUnknown
from integrations.records import Json, Record, RecordKind
from tenants.errors import HubError, RemoteRejected, TransientError, Unsupported

KEPT_SECONDS: Final = 600
CHANGED, TEMPLATE_OF_TASK, CUSTOM_TEXT = 38, 51, 4101
_SUPPORT: Final = KindSupport(is_writable=True, changes=Changes.WATERMARK, lag=timedelta(minutes=2))
_FOUND_BY_KEY: Final = replace(_SUPPORT, finds_by_key=True)


class PlanfixRecords(Session, Records):
    """Deals are there where a template of tasks is said to be one. Nothing tells of what was deleted."""

    kinds: ClassVar[Mapping[RecordKind, KindSupport]] = MappingProxyType(dict.fromkeys(WHAT, _SUPPORT))

    rest: Rest

    @classmethod
    def kinds_for(cls, settings: Mapping[str, Any]) -> Mapping[RecordKind, KindSupport]:
        found = dict(cls.kinds)
        if not settings.get("deal_template"):
            del found[RecordKind.DEAL]
        if settings.get("key_field"):
            # Of tasks no filter by an own text field is documented.
            found |= dict.fromkeys((RecordKind.CONTACT, RecordKind.COMPANY), _FOUND_BY_KEY)
        return found

    def read(
        self, kind: RecordKind, position: Json | None = None, changed_since: datetime | None = None
    ) -> Page:
        offset, last = (int(position["offset"]), str(position.get("last", ""))) if position else (0, "")
        # From the second page on the last row is asked for once more: nothing else tells that rows have moved meanwhile.
        begin = offset - 1 if last else offset
        reading = Reading.of(self.live)
        more = {} if WHAT[kind] != CONTACT else {"isCompany": kind is RecordKind.COMPANY}
        filters = self._filters(kind, changed_since, reading)
        found = self.rest.page(WHAT[kind], begin, self._fields(WHAT[kind]), filters, more)
        rows, has_slipped = behind(last, found, lambda row: objects.text(row.get("id")))
        records, faults = _read(kind, [row for row in rows if row.get("isDeleted") is not True], reading)
        if changed_since is not None:
            # Their filter knows minutes only.
            records = [one for one in records if one.updated_at is None or one.updated_at >= changed_since]
        following = None
        if len(found) == PAGE_SIZE:
            following = {"offset": begin + len(found), "last": objects.text(found[-1].get("id"))}
        return Page(records=tuple(records), faults=tuple(faults), next=following, has_slipped=has_slipped)

    def fetch(self, kind: RecordKind, outside_id: str) -> Record | None:
        row = self._row(kind, outside_id)
        if row is None:
            return None
        try:
            return objects.record(kind, row, Reading.of(self.live))
        except Unreadable as error:
            text = _("It could not be read: %(why)s.") % {"why": error}
            raise RemoteRejected(text, detail=f"{kind} {outside_id}: {error}") from error

    def write(self, kind: RecordKind, changes: Sequence[Change]) -> tuple[Written, ...]:
        """One after the other. What hinders all of them raises, but only while nothing can have been created: creations cannot
        be known again there, and what raises is sent again."""
        answers: list[Written] = []
        for place, change in enumerate(changes):
            answers.append(answer := self._write(kind, change))
            is_unknown, is_new = isinstance(answer.error, OutcomeUnknown), not change.record.outside_id
            if not isinstance(answer.error, TransientError) or (is_unknown and is_new):
                continue
            if all(one.record.outside_id for one in changes[:place]):
                raise answer.error
            if not is_unknown:
                left = changes[place + 1 :]
                return (*answers, *(Written(key=one.key, error=answer.error) for one in left))
        return tuple(answers)

    def describe(self, kind: RecordKind) -> tuple[FieldDescription, ...]:
        return describing.fields(WHAT[kind], self._custom(WHAT[kind]))

    def _write(self, kind: RecordKind, change: Change) -> Written:
        try:
            return Written(key=change.key, outside_id=self._written(kind, change))
        except HubError as error:
            return Written(key=change.key, error=error)

    def _written(self, kind: RecordKind, change: Change) -> str:
        what, reading, number = WHAT[kind], Reading.of(self.live), change.record.outside_id
        if not number and self.kinds[kind].finds_by_key:
            number = self._by_key(kind, change.key, reading)
        if not number:
            return self.rest.create(what, writing.new_body(kind, change, self.live.settings, reading))
        known: Row = {}
        if writing.needs_known(change):
            found = self._row(kind, number)
            if found is None:
                raise RemoteRejected(_("Planfix has no such object (any more)."))
            known = found
        elif not _is_id(number):
            raise RemoteRejected(_("Planfix has no such object (any more)."))
        body = writing.changed_body(kind, change, known, reading)
        if body:
            self.rest.update(what, number, body)
        return number

    def _by_key(self, kind: RecordKind, key: str, reading: Reading) -> str:
        """The id of what was created under that key; empty when nothing was. Whether their "equal" means it is not sure."""
        field = reading.key_field
        filters = [{"type": CUSTOM_TEXT, "field": int(field), "operator": "equal", "value": key}]
        found = self.rest.page(CONTACT, 0, f"id,{field}", filters, {"isCompany": kind is RecordKind.COMPANY})
        same = (row for row in found if objects.custom_values(row).get(objects.CUSTOM + field) == key)
        return next((objects.text(row.get("id")) for row in same), "")

    def _row(self, kind: RecordKind, number: str) -> Row | None:
        """The object as it is, if it is of that kind."""
        if not _is_id(number):
            return None
        row = self.rest.one(WHAT[kind], number, self._fields(WHAT[kind]))
        if row is None or row.get("isDeleted") is True:
            return None
        if kind is RecordKind.DEAL:
            template = row.get("template")
            named = str(template.get("id")) if isinstance(template, Mapping) else ""
            return row if named == str(self.live.settings.get("deal_template") or "") else None
        return row if (row.get("isCompany") is True) == (kind is RecordKind.COMPANY) else None

    def _filters(
        self, kind: RecordKind, changed_since: datetime | None, reading: Reading
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if kind is RecordKind.DEAL:
            template = str(self.live.settings.get("deal_template") or "")
            if not template:
                raise Unsupported(_("No template of tasks is said to be a deal."))
            found.append({"type": TEMPLATE_OF_TASK, "operator": "equal", "value": int(template)})
        if changed_since is not None:
            begin = (changed_since - timedelta(minutes=1)).astimezone(reading.zone).strftime("%d-%m-%Y %H:%M")
            # Their text names `dateFrom`, their first example `dateValue`.
            value = {"dateType": "otherDate_withTime", "dateFrom": begin, "dateValue": begin}
            found.append({"type": CHANGED, "operator": "gt", "value": value})
        return found

    def _fields(self, what: str) -> str:
        """Own fields are named by their numbers."""
        return ",".join([FIELDS[what], *(str(one["id"]) for one in self._custom(what))])

    def _custom(self, what: str) -> list[dict[str, Any]]:
        """They change seldom, and one request a second is all there is."""
        key = f"planfix:fields:{self.live.id}:{self.live.version}:{what}"
        found: list[dict[str, Any]] | None = cache.get(key)
        if found is None:
            found = [row for row in self.rest.custom_fields(what) if objects.text(row.get("id")).isdecimal()]
            cache.set(key, found, KEPT_SECONDS)
        return found


def _read(kind: RecordKind, rows: Sequence[Row], reading: Reading) -> tuple[list[Record], list[Fault]]:
    records: list[Record] = []
    faults: list[Fault] = []
    for row in rows:
        try:
            records.append(objects.record(kind, row, reading))
        except Unreadable as error:
            text = _("It could not be read: %(why)s.") % {"why": error}
            faults.append(Fault(objects.text(row.get("id")), text))
    return records, faults


def _is_id(number: str) -> bool:
    return number.isascii() and number.isdecimal() and len(number) <= 18 and int(number) > 0
