"""Which record a row of a file means: by its id, else by the first clue that the row has, looked up for a whole block at once."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from exports.imports.importer import Given
from integrations.models import ContactPoint, PointType
from integrations.models.records import ReachableRecord, StoredRecord
from integrations.models.records.base import KEY_LENGTH
from integrations.phones import to_e164
from integrations.store.shapes import Shape

Answer = tuple[str, StoredRecord | None, Mapping[str, str]]
"""What names the row in its file, the record that is there, and what is wrong, by column."""


class Clue(StrEnum):
    """What a record is recognised by. The value is the column."""

    PHONE = "phones"
    EMAIL = "emails"
    TAX_NUMBER = "tax_number"
    SKU = "sku"
    NAME = "name"


_POINTS: Final = {Clue.PHONE: PointType.PHONE, Clue.EMAIL: PointType.EMAIL}


class Search:
    """Of one block: a query for the ids, one or two for each clue that some row needs."""

    def __init__(self, shape: Shape, clues: Sequence[Clue], region: str) -> None:
        self._shape, self._clues, self._region = shape, clues, region

    def run(self, rows: Sequence[Given]) -> list[Answer]:
        """In the order of the rows."""
        ids = {one.number: _uuid(one.values.get("id")) for one in rows if one.values.get("id")}
        by_id = {row.pk: row for row in self._rows().filter(pk__in=[one for one in ids.values() if one])}
        named = {one.number: self._clue(one) for one in rows if one.number not in ids}
        holders = {
            clue: self._holders(clue, {value for own, value in named.values() if own is clue})
            for clue in self._clues
        }
        answers = []
        for one in rows:
            if one.number in ids:
                answers.append(_by_id(by_id.get(ids[one.number]) if ids[one.number] else None))
                continue
            clue, value = named[one.number]
            found = holders[clue].get(value, []) if clue else []
            answers.append(_by_clue(one, clue, value, found))
        return answers

    def _clue(self, row: Given) -> tuple[Clue | None, str]:
        for clue in self._clues:
            given = row.values.get(clue.value)
            first = given[0] if isinstance(given, list) and given else given
            value = str(first or "").strip()
            if value:
                return clue, self._form(clue, value)
        return None, ""

    def _form(self, clue: Clue, value: str) -> str:
        """As it is looked up."""
        if clue is Clue.PHONE:
            return to_e164(value, self._region) or value
        return value.lower() if clue in (Clue.EMAIL, Clue.NAME) else value

    def _holders(self, clue: Clue, values: set[str]) -> dict[str, list[StoredRecord]]:
        if not values:
            return {}
        if clue in _POINTS:
            return self._by_point(_POINTS[clue], values)
        found: dict[str, list[StoredRecord]] = {}
        if clue is Clue.NAME:
            rows = self._rows().filter(search_key__in=[value[:KEY_LENGTH] for value in values])
        else:
            rows = self._rows().filter(**{f"{clue.value}__in": values})
        for row in rows.order_by("pk"):
            found.setdefault(self._form(clue, str(getattr(row, clue.value)).strip()), []).append(row)
        return found

    def _by_point(self, type_: PointType, values: set[str]) -> dict[str, list[StoredRecord]]:
        points = list(
            ContactPoint.objects.filter(type=type_, value__in=values, kind=self._shape.kind).order_by("record_id")
            .values_list("value", "record_id")
        )  # fmt: skip
        rows = self._rows().in_bulk([record_id for _value, record_id in points])
        found: dict[str, list[StoredRecord]] = {}
        for value, record_id in points:
            if record_id in rows:
                found.setdefault(value, []).append(rows[record_id])
        return found

    def _rows(self) -> Any:
        model: Any = self._shape.model
        rows = model.objects.filter(deleted_at__isnull=True)
        return rows.filter(merged_into__isnull=True) if issubclass(model, ReachableRecord) else rows


def _by_id(row: StoredRecord | None) -> Answer:
    if row is None:
        return "", None, {"id": _("There is none with this id.")}
    return str(row.pk), row, {}


def _by_clue(given: Given, clue: Clue | None, value: str, found: Sequence[StoredRecord]) -> Answer:
    """Of several, the one that is also called as the row says."""
    if clue is None:
        return "", None, {}
    if len(found) > 1:
        name = str(given.values.get("name") or "").strip().casefold()
        found = [row for row in found if str(row).strip().casefold() == name] or found
    if len(found) > 1:
        text = _("%(count)d have “%(value)s”: say by the id which of them is meant.")
        return "", None, {clue.value: text % {"count": len(found), "value": value[:50]}}
    return f"{clue.value}:{value}", (found[0] if found else None), {}


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value).strip())
    except ValueError:
        return None
