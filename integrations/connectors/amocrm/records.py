"""Contacts, companies and deals of amoCRM, read in the order of their last change and written in batches."""

from collections.abc import Iterable, Mapping, Sequence
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
)
from integrations.connector import Session
from integrations.connectors.amocrm import describing, entities, paging
from integrations.connectors.amocrm.client import AmoCrm, Row
from integrations.connectors.amocrm.entities import UNSORTED_TYPE, Stage, Surroundings, Unreadable
from integrations.connectors.amocrm.keys import key_field
from integrations.connectors.amocrm.mapping import is_id
from integrations.connectors.amocrm.writing import Writer
from integrations.records import Json, Record, RecordKind
from tenants.errors import RemoteRejected, Unsupported

KEPT_SECONDS: Final = 600
BATCH: Final = 50
WITH: Final = {RecordKind.DEAL: (("with", "contacts,loss_reason"),)}
_SUPPORT: Final = KindSupport(
    is_writable=True, changes=Changes.WATERMARK, lag=timedelta(seconds=60), batch=BATCH
)


class AmoRecords(Session, Records):
    """Leads are our deals. Deleted objects are told by webhooks only, and otherwise noticed by a full run."""

    api: AmoCrm
    kinds: ClassVar[Mapping[RecordKind, KindSupport]] = MappingProxyType(
        dict.fromkeys(entities.PLURALS, _SUPPORT)
    )

    @classmethod
    def kinds_for(cls, settings: Mapping[str, Any]) -> Mapping[RecordKind, KindSupport]:
        return {
            kind: replace(one, finds_by_key=bool(key_field(settings, kind)))
            for kind, one in cls.kinds.items()
        }

    @property
    def base_url(self) -> str:
        return str(self.live.settings.get("url", ""))

    def read(
        self, kind: RecordKind, position: Json | None = None, changed_since: datetime | None = None
    ) -> Page:
        place = paging.start(position, changed_since)
        rows, has_more = self.api.page(_plural(kind), (*place.query(), *WITH.get(kind, ())))
        fresh = [row for row in rows if place.is_new(row)]
        records, faults = self._read([row for row in fresh if row.get("is_deleted") is not True], kind)
        return Page(
            records=records,
            faults=faults,
            deleted=tuple(str(row.get("id")) for row in fresh if row.get("is_deleted") is True),
            next=paging.following(place, rows, has_more=has_more),
        )

    def fetch(self, kind: RecordKind, outside_id: str) -> Record | None:
        if not is_id(outside_id):
            return None
        row = self.api.one(_plural(kind), outside_id, WITH.get(kind, ()))
        if row is None or row.get("is_deleted") is True:
            return None
        try:
            return entities.record(kind, row, self._around(kind))
        except Unreadable as error:
            raise RemoteRejected(
                entities.fault_text(error), detail=f"{kind} {outside_id}: {error}"
            ) from error

    def write(self, kind: RecordKind, changes: Sequence[Change]) -> tuple[Written, ...]:
        return Writer(self.api, kind, _plural(kind), key_field(self.live.settings, kind)).write(changes)

    def describe(self, kind: RecordKind) -> tuple[FieldDescription, ...]:
        custom = self.api.custom_fields(_plural(kind))
        return describing.fields(kind, custom, self._around(kind).stages)

    def _read(self, rows: Iterable[Row], kind: RecordKind) -> tuple[tuple[Record, ...], tuple[Fault, ...]]:
        records: list[Record] = []
        faults: list[Fault] = []
        around: Surroundings | None = None
        for row in rows:
            around = around or self._around(kind)
            try:
                records.append(entities.record(kind, row, around))
            except Unreadable as error:
                faults.append(Fault(str(row.get("id")), entities.fault_text(error)))
        return tuple(records), tuple(faults)

    def _around(self, kind: RecordKind) -> Surroundings:
        """Stages and currency change rarely, and matter to deals only."""
        own = key_field(self.live.settings, kind)
        if kind is not RecordKind.DEAL:
            return Surroundings(self.base_url, "", {}, own)
        key = f"amocrm:around:{self.live.id}:{self.live.version}"
        known = cache.get(key)
        if known is None:
            currency = self.api.account().get("currency")
            known = (currency if isinstance(currency, str) else "", _stages(self.api.pipelines()))
            cache.set(key, known, KEPT_SECONDS)
        return Surroundings(
            self.base_url, known[0][:3], {name: Stage(*one) for name, one in known[1].items()}, own
        )


def _plural(kind: RecordKind) -> str:
    try:
        return entities.PLURALS[kind]
    except KeyError as error:
        raise Unsupported(_("amoCRM has no %(kind)s.") % {"kind": kind.label}) from error


def _stages(pipelines: Iterable[Row]) -> dict[str, tuple[str, str, bool]]:
    """`pipeline:status` -> the parts of a `Stage`."""
    found: dict[str, tuple[str, str, bool]] = {}
    for pipeline in pipelines:
        embedded = pipeline.get("_embedded")
        statuses: Any = embedded.get("statuses") if isinstance(embedded, Mapping) else None
        for one in statuses if isinstance(statuses, list) else []:
            if isinstance(one, Mapping):
                key = f"{pipeline.get('id')}:{one.get('id')}"
                found[key] = (
                    str(one.get("name") or ""),
                    str(pipeline.get("name") or ""),
                    one.get("type") == UNSORTED_TYPE,
                )
    return found
