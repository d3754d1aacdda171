"""A system's records as the tenant's field mapping shows them: what sync reads and writes through."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from integrations.capabilities import Change, Fault, FieldDescription, KindSupport, Page, Records, Written
from integrations.connector import Session
from integrations.live import Live
from integrations.mapping.active import mapped, mapped_out
from integrations.mapping.engine import MappedRecord, Problem
from integrations.records import Json, Record, RecordKind
from tenants.errors import RemoteRejected


class MappedRecords(Records):
    """Everything is the system's own, but for the fields that are mapped.

    A value that does not convert costs no record: the page names it among its faults. Outwards such a change is not
    sent, because half of it would count as all of it afterwards.
    """

    def __init__(self, session: Session) -> None:
        self._records = session.require(Records)
        self._live: Live = session.live
        self.kinds: Mapping[RecordKind, KindSupport] = self._records.kinds  # type: ignore[misc]  # of this session

    def read(
        self, kind: RecordKind, position: Json | None = None, changed_since: datetime | None = None
    ) -> Page:
        page = self._records.read(kind, position, changed_since)
        found = [mapped(self._live, record) for record in page.records]
        faults = [Fault(one.record.outside_id, in_words(one.problems)) for one in found if one.problems]
        return replace(page, records=tuple(one.record for one in found), faults=(*page.faults, *faults))

    def fetch(self, kind: RecordKind, outside_id: str) -> Record | None:
        found = self.fetch_mapped(kind, outside_id)
        return None if found is None else found.record

    def fetch_mapped(self, kind: RecordKind, outside_id: str) -> MappedRecord | None:
        """`fetch`, with what did not convert."""
        record = self._records.fetch(kind, outside_id)
        return None if record is None else mapped(self._live, record)

    def write(self, kind: RecordKind, changes: Sequence[Change]) -> tuple[Written, ...]:
        answers: dict[str, Written] = {}
        ready: list[Change] = []
        for change in changes:
            made = mapped_out(self._live, change)
            if made.problems:
                error = RemoteRejected(in_words(made.problems))
                answers[change.key] = Written(
                    key=change.key, outside_id=change.record.outside_id, error=error
                )
            else:
                ready.append(made.change)
        if ready:
            answers |= {answer.key: answer for answer in self._records.write(kind, ready)}
        return tuple(answers[change.key] for change in changes if change.key in answers)

    def delete(self, kind: RecordKind, outside_id: str) -> None:
        self._records.delete(kind, outside_id)

    def describe(self, kind: RecordKind) -> tuple[FieldDescription, ...]:
        return self._records.describe(kind)


def in_words(problems: Sequence[Problem]) -> str:
    """One line for people: which fields, what stood there, and why it does not fit."""
    return " ".join(
        _("Field mapping, row %(row)d (%(theirs)s → %(ours)s), “%(value)s”: %(text)s")
        % {
            "row": one.row,
            "theirs": one.theirs or "—",
            "ours": one.ours or "—",
            "value": one.value,
            "text": one.text,
        }
        for one in problems
    )
