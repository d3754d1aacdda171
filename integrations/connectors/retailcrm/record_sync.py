"""Reading customers, corporate ones and orders whole or by their history, and writing them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from integrations.capabilities import Change, Fault, Page, Written
from integrations.connectors.retailcrm import record_mapping as mapping
from integrations.connectors.retailcrm.mapping import DATE_FORMAT
from integrations.connectors.retailcrm.record_mapping import Place
from integrations.connectors.retailcrm.records_client import (
    CORPORATE,
    CUSTOMERS,
    ORDERS,
    PAGE_SIZE,
    RecordCalls,
    rows,
)
from integrations.http.errors import OutcomeUnknown
from integrations.records import Company, Contact, Json, Order, Record, RecordKind
from tenants.errors import AuthFailed, HubError, RemoteRejected, Unsupported

KINDS = {RecordKind.CONTACT: CUSTOMERS, RecordKind.COMPANY: CORPORATE, RecordKind.ORDER: ORDERS}
LOOK_BACK = timedelta(days=1)
"""How far back the history is looked at to find where it ends: more than any mistake about the account's zone."""


class RecordSync:
    """Works for one session; `place` is asked for once it is needed."""

    def __init__(self, calls: RecordCalls, place: Callable[[], Place]) -> None:
        self._calls, self._place = calls, place

    def read(self, kind: RecordKind, position: Json | None, now: datetime) -> Page:
        """`position` has `sinceId` or `startDate` in an incremental run, `page` and the place noted before in a full one."""
        if position is None:
            position = {"page": 1, "resume": self._end_of_history(kind, now)}
        return self._whole(kind, position) if "page" in position else self._changes(kind, position)

    def fetch(self, kind: RecordKind, outside_id: str) -> Record | None:
        found = self._calls.by_ids(KINDS[kind], [outside_id])
        if not found:
            return None
        try:
            return self._record(kind, found[0])
        except mapping.Odd as error:
            raise OutcomeUnknown(
                _("RetailCRM answered with something odd: %(why)s") % {"why": error}
            ) from error

    def write(self, kind: RecordKind, changes: Sequence[Change]) -> tuple[Written, ...]:
        """One after the other. A refused key raises; whatever else goes wrong is the answer of that one."""
        answers: list[Written] = []
        for change in changes:
            try:
                answers.append(Written(key=change.key, outside_id=self._write(kind, change)))
            except AuthFailed:
                raise
            except HubError as error:
                answers.append(Written(key=change.key, outside_id=change.record.outside_id, error=error))
        return tuple(answers)

    def _whole(self, kind: RecordKind, position: Json) -> Page:
        number = int(position["page"])
        answer = self._calls.page(KINDS[kind], number)
        pagination = answer.get("pagination")
        pagination = pagination if isinstance(pagination, dict) else {}
        pages, total = pagination.get("totalPageCount"), pagination.get("totalCount")
        found = rows(answer, KINDS[kind].many)
        is_last = not found or not isinstance(pages, int) or number >= pages
        records, faults = self._records(kind, found)
        return Page(
            records=records,
            faults=faults,
            next=None if is_last else {**position, "page": number + 1},
            resume=position["resume"],
            total=total if isinstance(total, int) else None,
        )

    def _changes(self, kind: RecordKind, position: Json) -> Page:
        answer = self._calls.history(KINDS[kind], {name: str(value) for name, value in position.items()})
        happened = rows(answer, "history")
        if not happened:
            return Page(resume=position)
        changed, deleted = _sorted_out(happened, KINDS[kind].in_history)
        records, faults = self._records(kind, self._calls.by_ids(KINDS[kind], changed) if changed else [])
        resume = {"sinceId": _last_id(happened)}
        is_last = len(happened) < PAGE_SIZE
        return Page(
            records=records, faults=faults, deleted=deleted, next=None if is_last else resume, resume=resume
        )

    def _end_of_history(self, kind: RecordKind, now: datetime) -> Json:
        """Where it ends now; a time, while nothing has happened for a day."""
        start = (now - LOOK_BACK).astimezone(self._place().zone).strftime(DATE_FORMAT)
        since = {"startDate": start}
        answer = self._calls.history(KINDS[kind], since)
        pagination = answer.get("pagination")
        pages = pagination.get("totalPageCount") if isinstance(pagination, dict) else 1
        if isinstance(pages, int) and pages > 1:
            answer = self._calls.history(KINDS[kind], since, pages)
        happened = rows(answer, "history")
        return {"sinceId": _last_id(happened)} if happened else since

    def _records(
        self, kind: RecordKind, found: Iterable[Json]
    ) -> tuple[tuple[Record, ...], tuple[Fault, ...]]:
        records: list[Record] = []
        faults: list[Fault] = []
        for row in found:
            try:
                records.append(self._record(kind, row))
            except mapping.Odd as error:
                faults.append(Fault(str(row.get("id") or ""), str(error)))
        return tuple(records), tuple(faults)

    def _record(self, kind: RecordKind, row: Json) -> Record:
        return _TRANSLATE[kind](row, self._place())

    def _write(self, kind: RecordKind, change: Change) -> str:
        """A new one is looked for by our key first: it may be there from a former attempt."""
        shelf, id_ = KINDS[kind], change.record.outside_id
        if id_ and not (id_.isascii() and id_.isdecimal()):
            raise RemoteRejected(_("RetailCRM knows no such object: %(id)s") % {"id": id_[:80]})
        known = None if id_ else self._calls.by_external_id(shelf, change.key)
        if known is not None:
            return str(known.get("id") or "")
        data = self._data(change, id_)
        if id_:
            self._calls.edit(shelf, id_, data)
            return id_
        return self._calls.create(shelf, {"externalId": change.key, **data})

    def _data(self, change: Change, id_: str) -> dict[str, Any]:
        record = change.record
        fields = change.fields or frozenset(record.__dataclass_fields__)
        if isinstance(record, Contact):
            former = self._calls.by_ids(CUSTOMERS, [id_]) if id_ and "phones" in fields else []
            return mapping.customer_data(record, fields, former[0] if former else {}, change.extra)
        if isinstance(record, Company):
            return mapping.company_data(record, fields, change.extra)
        if isinstance(record, Order):
            return mapping.order_data(record, fields, self._place(), change.extra)
        raise Unsupported(f"retailcrm: {record.kind}")


_TRANSLATE: Mapping[RecordKind, Callable[[Json, Place], Record]] = {
    RecordKind.CONTACT: mapping.contact,
    RecordKind.COMPANY: mapping.company,
    RecordKind.ORDER: mapping.order,
}


def _sorted_out(happened: Sequence[Json], one: str) -> tuple[list[str], tuple[str, ...]]:
    """Whose rows they are: to be read again, and gone. One change is many rows; our own changes are no news."""
    changed: dict[str, None] = {}
    deleted: dict[str, None] = {}
    for row in happened:
        id_ = _id_of(row.get(one))
        survivor = _id_of(row.get("combinedTo"))
        if row.get("deleted") is True or survivor:
            deleted[id_] = None
            changed.pop(id_, None)
            id_ = survivor
        key = row.get("apiKey")
        is_ours = isinstance(key, dict) and key.get("current") is True
        if id_ and id_ not in deleted and not is_ours:
            changed[id_] = None
    return list(changed), tuple(id_ for id_ in deleted if id_)


def _id_of(value: object) -> str:
    id_ = value.get("id") if isinstance(value, dict) else None
    return str(id_) if isinstance(id_, int | str) and not isinstance(id_, bool) else ""


def _last_id(happened: Sequence[Json]) -> int:
    ids: list[int] = [row["id"] for row in happened if isinstance(row.get("id"), int)]
    if not ids:
        raise OutcomeUnknown(
            _("RetailCRM answered in a form that we do not know."), detail="history without ids"
        )
    return max(ids)
