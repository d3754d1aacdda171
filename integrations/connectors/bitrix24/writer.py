"""Writes changes in one batch: what was created before is found by its mark, what is changed is looked at first."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from integrations.capabilities import Change, Written
from integrations.connectors.bitrix24 import writing
from integrations.connectors.bitrix24.client import Batch, Bitrix24, Params, Row
from integrations.connectors.bitrix24.objects import entity_of, moment, outside_id
from integrations.http.errors import OutcomeUnknown
from integrations.records import RecordKind
from tenants.errors import HubError, RemoteRejected

Call = tuple[str, Params]


class Writer:
    """One batch of changes of one kind."""

    def __init__(self, api: Bitrix24, kind: RecordKind) -> None:
        self._api, self._kind = api, kind

    def write(self, changes: Sequence[Change]) -> tuple[Written, ...]:
        """One answer for each, in their order."""
        places = [self._place(change) for change in changes]
        made = self._made_before(changes, places)
        current = self._current(changes, places)
        calls: dict[str, Call] = {}
        errors: dict[int, HubError] = {}
        for number, (change, place) in enumerate(zip(changes, places, strict=True)):
            found = _call(change, place, made, current)
            if isinstance(found, HubError):
                errors[number] = found
            elif found is not None:
                calls[f"c{number}"] = found
        batch = self._api.batch(calls, operation=f"write {self._kind.value}") if calls else Batch()
        return tuple(
            Written(key=change.key, error=errors[number])
            if number in errors
            else _written(change.key, place, f"c{number}", batch, made)
            for number, (change, place) in enumerate(zip(changes, places, strict=True))
        )

    def _place(self, change: Change) -> tuple[int, str]:
        """Which object is meant; its id is empty for a new one, and "0" for an id that cannot be theirs."""
        if not change.record.outside_id:
            return writing.entity_for(change.record), ""
        return entity_of(self._kind, change.record.outside_id) or (writing.entity_for(change.record), "0")

    def _made_before(
        self, changes: Sequence[Change], places: Sequence[tuple[int, str]]
    ) -> dict[tuple[int, str], Row]:
        """(entity, our key) -> the object, for creations of which the answer may have been lost."""
        found: dict[tuple[int, str], Row] = {}
        for entity in {entity for entity, number in places if not number}:
            keys = [
                change.key for change, place in zip(changes, places, strict=True) if place == (entity, "")
            ]
            rows = self._api.items(entity, {"originatorId": writing.ORIGINATOR, "@originId": keys})
            found |= {(entity, str(row.get("originId"))): row for row in reversed(rows)}
        return found

    def _current(
        self, changes: Sequence[Change], places: Sequence[tuple[int, str]]
    ) -> dict[tuple[int, str], Row]:
        """(entity, id) -> the object, where numbers or addresses change: an update can only add to them."""
        wanted: dict[int, list[int]] = {}
        for change, (entity, number) in zip(changes, places, strict=True):
            if number not in ("", "0") and writing.writes_multifields(change, entity):
                wanted.setdefault(entity, []).append(int(number))
        return {
            (entity, str(row.get("id"))): row
            for entity, numbers in wanted.items()
            for row in self._api.items(entity, {"@id": numbers})
        }


def _call(
    change: Change, place: tuple[int, str], made: Mapping[tuple[int, str], Row], current: Mapping[tuple[int, str], Row]
) -> Call | HubError | None:  # fmt: skip
    """What to ask for; None when it was created before."""
    entity, number = place
    if not number:
        if (entity, change.key) in made:
            return None
        return "crm.item.add", {"entityTypeId": entity, "fields": writing.new_fields(change, entity)}
    has_multifields = writing.writes_multifields(change, entity)
    if number == "0" or (has_multifields and place not in current):
        return RemoteRejected(_("Bitrix24 has no such object (any more)."), detail=change.record.outside_id)
    fields = writing.changed_fields(change, entity, current.get(place, {}))
    return "crm.item.update", {"entityTypeId": entity, "id": number, "fields": fields}


def _written(
    key: str, place: tuple[int, str], name: str, batch: Batch, made: Mapping[tuple[int, str], Row]
) -> Written:
    if name in batch.errors:
        return Written(key=key, error=batch.errors[name])
    entity, _number = place
    answer = batch.results.get(name)
    item: Any = made.get((entity, key)) if answer is None else _item(answer)
    if not isinstance(item, Mapping) or not item.get("id"):
        text = _("The outside system answered in a form that we do not know.")
        return Written(key=key, error=OutcomeUnknown(text, detail="a batch without this call's answer"))
    return Written(
        key=key, outside_id=outside_id(entity, item["id"]), updated_at=moment(item.get("updatedTime"))
    )


def _item(answer: object) -> object:
    return answer.get("item") if isinstance(answer, Mapping) else None
