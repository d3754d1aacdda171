"""The CRM of one portal: contacts, companies, and leads and deals, which are one kind of ours."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import ClassVar

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
from integrations.connectors.bitrix24 import objects
from integrations.connectors.bitrix24.client import MOST_SUBCALLS, NOT_FOUND, PAGE_SIZE, Bitrix24, Params
from integrations.connectors.bitrix24.descriptions import described
from integrations.connectors.bitrix24.errors import Refused
from integrations.connectors.bitrix24.objects import DEAL, ENTITIES, LEAD
from integrations.connectors.bitrix24.writer import Writer
from integrations.records import Json, Record, RecordKind

TITLES_KEPT_SECONDS = 600
_SUPPORT = KindSupport(
    is_writable=True, is_deletable=True, changes=Changes.WATERMARK, batch=MOST_SUBCALLS, finds_by_key=True
)


class CrmRecords(Session, Records):
    """Read in the order of ids, so that nothing is lost when objects change between two pages."""

    kinds: ClassVar[Mapping[RecordKind, KindSupport]] = MappingProxyType(dict.fromkeys(ENTITIES, _SUPPORT))

    _api: Bitrix24

    def read(
        self, kind: RecordKind, position: Json | None = None, changed_since: datetime | None = None
    ) -> Page:
        entities = ENTITIES[kind]
        entity, after = _begin(entities, position)
        records: list[Record] = []
        faults: list[Fault] = []
        while True:
            items = self._api.items(entity, _conditions(after, changed_since))
            for item in items:
                self._take(entity, item, records, faults)
            following = _next(entities, entity, items)
            # A page that is not full has room for what comes after its entity.
            if following is None or len(items) == PAGE_SIZE:
                return Page(records=tuple(records), faults=tuple(faults), next=following)
            entity, after = following["entity"], following["after"]

    def fetch(self, kind: RecordKind, outside_id: str) -> Record | None:
        meant = objects.entity_of(kind, outside_id)
        if meant is None:
            return None
        entity, number = meant
        item = self._api.item(entity, number)
        return None if item is None else self._record(entity, item)

    def write(self, kind: RecordKind, changes: Sequence[Change]) -> tuple[Written, ...]:
        return Writer(self._api, kind).write(changes)

    def delete(self, kind: RecordKind, outside_id: str) -> None:
        meant = objects.entity_of(kind, outside_id)
        if meant is None:
            return
        try:
            self._api.delete(*meant)
        except Refused as error:
            if error.vendor_code != NOT_FOUND:
                raise

    def describe(self, kind: RecordKind) -> tuple[FieldDescription, ...]:
        fields: dict[str, Mapping[str, object]] = {}
        for entity in ENTITIES[kind]:
            fields = self._api.fields(entity) | fields
        return described(fields, self._api.statuses(), has_stages=kind is RecordKind.DEAL)

    def _take(
        self, entity: int, item: Mapping[str, object], records: list[Record], faults: list[Fault]
    ) -> None:
        try:
            records.append(self._record(entity, item))
        except (ValueError, ArithmeticError) as error:
            text = _("It could not be read: %(why)s.") % {"why": error}
            faults.append(Fault(objects.outside_id(entity, item.get("id") or ""), text))

    def _record(self, entity: int, item: Mapping[str, object]) -> Record:
        titles = self._titles().get(str(entity), {}) if entity in (LEAD, DEAL) else {}
        return objects.record(entity, item, str(self.live.settings["url"]), titles)

    def _titles(self) -> Mapping[str, Mapping[str, str]]:
        """The names of all stages, for leads and deals apart: both have a stage NEW.

        They change seldom, and a page of deals must not ask for them anew.
        """
        key = f"bitrix24:stages:{self.live.id}:{self.live.version}"
        found: dict[str, dict[str, str]] | None = cache.get(key)
        if found is None:
            found = {str(LEAD): {}, str(DEAL): {}}
            for row in self._api.statuses():
                entity = _entity_of_stages(str(row.get("ENTITY_ID") or ""))
                if entity:
                    found[str(entity)][str(row.get("STATUS_ID"))] = str(row.get("NAME") or "")
            cache.set(key, found, TITLES_KEPT_SECONDS)
        return found


def _entity_of_stages(dictionary: str) -> int:
    """Whose stages that dictionary has; 0 when it has none. Each pipeline of deals has one of its own."""
    if dictionary == "STATUS":
        return LEAD
    return DEAL if dictionary.startswith("DEAL_STAGE") else 0


def _begin(entities: tuple[int, ...], position: Json | None) -> tuple[int, int]:
    if position is None:
        return entities[0], 0
    return int(position["entity"]), int(position["after"])


def _conditions(after: int, changed_since: datetime | None) -> Params:
    conditions: dict[str, object] = {">id": after}
    if changed_since is not None:
        conditions[">=updatedTime"] = changed_since.astimezone(UTC).isoformat(timespec="seconds")
    return conditions


def _next(entities: tuple[int, ...], entity: int, items: Sequence[Mapping[str, object]]) -> Json | None:
    """Behind a full page there may be more of the same; behind the others come those of the next entity."""
    if len(items) >= PAGE_SIZE:
        return {"entity": entity, "after": max(_number(item) for item in items)}
    left = entities[entities.index(entity) + 1 :]
    return {"entity": left[0], "after": 0} if left else None


def _number(item: Mapping[str, object]) -> int:
    value = item.get("id")
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else 0
