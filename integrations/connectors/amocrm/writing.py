"""Writes a batch: created and changed objects apart, refused ones sorted out, ties afterwards."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from integrations.capabilities import Change, Written
from integrations.connectors.amocrm import bodies
from integrations.connectors.amocrm.client import AmoCrm, Row
from integrations.connectors.amocrm.keys import made_before, with_key
from integrations.connectors.amocrm.mapping import is_id
from integrations.connectors.amocrm.refusals import EntityNotFound, Invalid
from integrations.http.errors import OutcomeUnknown
from integrations.records import RecordKind
from tenants.errors import HubError, RemoteRejected

Send = Callable[[Sequence[Row]], Sequence[Row]]
Items = Mapping[str, Row]
"""Bodies by their `request_id`, which is the change's place in the batch."""


@dataclass(slots=True)
class _Item:
    """One change on its way."""

    change: Change
    body: Row = field(default_factory=dict)
    ties: list[tuple[str, int]] = field(default_factory=list)
    outside_id: str = ""
    updated_at: datetime | None = None
    error: HubError | None = None

    @property
    def is_created(self) -> bool:
        """It was not there, and is now, whatever became of its ties."""
        return bool(self.outside_id) and not self.change.record.outside_id

    def written(self) -> Written:
        return Written(
            key=self.change.key, outside_id=self.outside_id, updated_at=self.updated_at, error=self.error
        )


class Writer:
    """One batch of one kind."""

    def __init__(self, api: AmoCrm, kind: RecordKind, plural: str, key_field: str = "") -> None:
        self._api, self._kind, self._plural, self._key_field = api, kind, plural, key_field

    def write(self, changes: Sequence[Change]) -> tuple[Written, ...]:
        """One answer for each; raises only where the same trouble befell all of them."""
        items = [_Item(change, outside_id=change.record.outside_id) for change in changes]
        self._find(items)
        self._prepare(items)
        self._create({str(place): one for place, one in enumerate(items) if not one.outside_id})
        self._update({str(place): one for place, one in enumerate(items) if one.change.record.outside_id})
        self._tie([one for one in items if one.error is None and one.ties])
        first = items[0].error if items else None
        is_of_all = all(one.error is first and not one.is_created for one in items)
        if first and not isinstance(first, RemoteRejected) and is_of_all:
            raise first
        return tuple(one.written() for one in items)

    def _find(self, items: Sequence[_Item]) -> None:
        """What may have been created already, before anything is sent. The next run writes all of it."""
        new = (
            [one for one in items if not one.outside_id and not one.change.is_first]
            if self._key_field
            else []
        )
        keys = [one.change.key for one in new]
        found = made_before(self._api, self._plural, self._key_field, keys) if new else {}
        for one in new:
            one.outside_id = found.get(one.change.key, "")

    def _prepare(self, items: Sequence[_Item]) -> None:
        ids = {
            int(one.outside_id)
            for one in items
            if is_id(one.outside_id) and bodies.needs_known(self._kind, one.change)
        }
        rows = self._api.by_ids(self._plural, sorted(ids)) if ids else []
        known = {str(row.get("id")): row for row in rows}
        for one in items:
            try:
                if one.outside_id and not is_id(one.outside_id):
                    raise EntityNotFound(_("amoCRM has no such object."))
                row = known.get(one.outside_id)
                if one.is_created:
                    continue
                one.body = bodies.body(self._kind, one.change, row)
                if self._key_field and not one.outside_id:
                    one.body = with_key(one.body, self._key_field, one.change.key)
                one.ties = bodies.links(self._kind, one.change, row)
            except RemoteRejected as error:
                one.error = error

    def _create(self, items: Mapping[str, _Item]) -> None:
        for one in items.values():
            if self._kind is RecordKind.DEAL and one.ties:
                one.body["_embedded"] = _embedded(one.ties)
                one.ties = []
        sent = self._sent(items)
        answers = _deliver(
            lambda rows: self._api.create(self._plural, rows),
            {place: one.body for place, one in sent.items()},
        )
        for place, one in sent.items():
            _settle(one, answers.get(place) or _unconfirmed())

    def _update(self, items: Mapping[str, _Item]) -> None:
        """What is not there is left out of their answer."""
        sent = {place: one for place, one in self._sent(items).items() if one.body}
        answers = _deliver(
            lambda rows: self._api.update(self._plural, rows),
            {place: one.body | {"id": int(one.outside_id)} for place, one in sent.items()},
        )
        for place, one in sent.items():
            _settle(one, answers.get(place) or EntityNotFound(_("amoCRM has no such object.")))

    def _tie(self, items: Sequence[_Item]) -> None:
        """All in one request; one by one when it is refused because of one of them."""
        if not items:
            return
        try:
            self._api.link(self._plural, [row for one in items for row in _ties(one)])
        except RemoteRejected as error:
            if len(items) == 1:
                items[0].error = error
                return
            for one in items:
                self._tie([one])
        except HubError as error:
            for one in items:
                one.error = error

    @staticmethod
    def _sent(items: Mapping[str, _Item]) -> dict[str, _Item]:
        return {place: one for place, one in items.items() if one.error is None}


def _deliver(send: Send, items: Items) -> dict[str, Row | HubError]:
    """Each item's row or its error, by its place; what they say nothing of is missing."""
    if not items:
        return {}
    try:
        rows = send([body | {"request_id": place} for place, body in items.items()])
    except RemoteRejected as error:
        return _after_refusal(send, items, error)
    except HubError as error:
        return dict.fromkeys(items, error)
    return _matched(items, rows)


def _after_refusal(send: Send, items: Items, error: RemoteRejected) -> dict[str, Row | HubError]:
    """A batch is refused whole, so the others go again without those that are to blame; else each goes alone."""
    if len(items) == 1:
        return dict.fromkeys(items, error)
    blamed = [place for place in items if isinstance(error, Invalid) and place in error.reasons]
    if not blamed:
        return {place: one for key in items for place, one in _deliver(send, {key: items[key]}).items()}
    assert isinstance(error, Invalid)
    found: dict[str, Row | HubError] = {
        place: RemoteRejected(
            _("amoCRM rejected the request: %(why)s") % {"why": error.reasons[place]}, detail=error.detail
        )
        for place in blamed
    }
    return found | _deliver(send, {place: body for place, body in items.items() if place not in found})


def _matched(items: Items, rows: Sequence[Row]) -> dict[str, Row | HubError]:
    """By the id of what was changed, else by `request_id`, else by their order where the numbers agree."""
    by_id = {row.get("id"): row for row in rows}
    by_request = {str(row.get("request_id")): row for row in rows if row.get("request_id") is not None}
    in_order = dict(zip(items, rows, strict=True)) if len(rows) == len(items) else {}
    found: dict[str, Row | HubError] = {}
    for place, body in items.items():
        if "id" in body:
            row = by_id.get(body["id"])
        else:
            row = by_request.get(place) or (None if by_request else in_order.get(place))
        if row is not None:
            found[place] = row
    return found


def _settle(item: _Item, answer: Row | HubError) -> None:
    if isinstance(answer, HubError):
        item.error = answer
        return
    number = answer.get("id")
    if type(number) is not int:
        item.error = _unconfirmed()
        return
    item.outside_id = str(number)
    at = answer.get("updated_at")
    item.updated_at = datetime.fromtimestamp(at, UTC) if type(at) is int and 0 < at < 2**33 else None


def _unconfirmed() -> OutcomeUnknown:
    return OutcomeUnknown(_("amoCRM did not say what became of this object."))


def _embedded(ties: Iterable[tuple[str, int]]) -> dict[str, Any]:
    found: dict[str, list[Row]] = {}
    for plural, number in ties:
        more = {"is_main": not found.get(plural)} if plural == "contacts" else {}
        found.setdefault(plural, []).append({"id": number} | more)
    return found


def _ties(item: _Item) -> list[Row]:
    return [
        {"entity_id": int(item.outside_id), "to_entity_id": number, "to_entity_type": plural}
        for plural, number in item.ties
    ]
