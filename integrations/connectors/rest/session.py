"""A session with a system that is described by its settings alone."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from integrations.capabilities import (
    Account,
    Change,
    Diagnosis,
    Fault,
    FieldDescription,
    KindSupport,
    OutsideUser,
    Page,
    Records,
    Written,
)
from integrations.capabilities.records import value_at
from integrations.connector import Session
from integrations.connectors.rest import graphql, mapping, paging
from integrations.connectors.rest.client import NotThere, Pairs, Rest, path_of, path_to_find
from integrations.connectors.rest.diagnosis import diagnose
from integrations.connectors.rest.plan import ID, KINDS, MOST_PER_PAGE, Paging, Plan, plans
from integrations.http.client import ApiClient
from integrations.http.errors import OutcomeUnknown
from integrations.http.messages import Response
from integrations.live import Live
from integrations.mapping.sampling import describe_samples
from integrations.records import Json, Record, RecordKind
from tenants.errors import ConfigError, HubError, RemoteRejected, Unsupported

SAMPLES = 5
REMOVED = "@removed"
"""What OData puts into an object of a list of changes that is not there any more."""


class RestSession(Session, Account, Records):
    """What is in a record is the field mapping's affair: here are only paths, pages and identities."""

    kinds: ClassVar[Mapping[RecordKind, KindSupport]] = dict.fromkeys(KINDS, KindSupport())

    def __init__(self, live: Live, http: ApiClient) -> None:
        super().__init__(live, http)
        self._plans = plans(live.settings)
        self._zone = ZoneInfo(live.timezone)
        self._api = Rest(http, live.settings, live.credentials)
        self.kinds = self.kinds_for(live.settings)  # type: ignore[misc]  # narrower than the connector's

    @classmethod
    def kinds_for(cls, settings: Mapping[str, Any]) -> Mapping[RecordKind, KindSupport]:
        return {kind: plan.support for kind, plan in plans(settings).items()}

    def test_connection(self) -> Diagnosis:
        return diagnose(self, tuple(self._plans))

    def list_users(self) -> Iterator[OutsideUser]:
        raise Unsupported(_("What a user is in such a system is not described."))

    def read(
        self, kind: RecordKind, position: Json | None = None, changed_since: datetime | None = None
    ) -> Page:
        plan, place = self._plan(kind), position or {}
        paging.check_place(place)
        response = self._list(plan, place, changed_since)
        answer = response.json()
        items = _items(plan, answer)
        # Too many at once are handed on in parts: the same answer is asked for again, from where we were.
        start = int(place.get("start", 0))
        fresh, has_slipped = paging.past_border(plan, place, items)
        part = fresh[start : start + MOST_PER_PAGE]
        if start + MOST_PER_PAGE < len(fresh):
            following: dict[str, Any] | None = {**place, "start": start + MOST_PER_PAGE}
        else:
            whole = {name: value for name, value in place.items() if name != "start"}
            following = paging.following(plan, self._api, whole, answer, response, items)
        gone = [item for item in part if isinstance(item, Mapping) and REMOVED in item]
        records, faults = self._sorted(plan, [item for item in part if item not in gone])
        resume = paging.later_changes(plan, self._api, answer) if following is None else None
        if plan.delta_field and following is None and resume is None:
            raise ConfigError(
                _("The last page does not say where later changes are: check “%(field)s”.")
                % {"field": plan.delta_field}
            )
        return Page(
            records=records,
            faults=faults,
            next=following,
            resume=resume,
            deleted=tuple(filter(None, (mapping.id_of(plan, item) for item in gone))),
            total=paging.total_of(plan, answer),
            has_slipped=has_slipped and not start,
        )

    def fetch(self, kind: RecordKind, outside_id: str) -> Record | None:
        plan = self._plan(kind)
        if not plan.object_path and not plan.object_query:
            raise Unsupported(_("The path of one object is not entered for this kind."))
        try:
            answer = self._one(plan, outside_id)
        except NotThere:
            return None
        item = paging.at(answer, plan.object_in)
        if isinstance(item, list) and len(item) == 1:
            item = item[0]
        # Some answer to an unknown id with an empty object, or with another one.
        if not isinstance(item, Mapping) or mapping.id_of(plan, item) != outside_id:
            return None
        return mapping.record_of(plan, item, self._zone)

    def _one(self, plan: Plan, outside_id: str) -> Any:
        operation = f"{plan.kind.value} one"
        path = path_of(plan.object_path or f"/{ID}", outside_id)
        if path is None:
            return None
        if plan.object_query:
            return self._api.graphql(plan.list_path, plan.object_query, {"id": outside_id}, operation).json()
        return self._api.read(path, (), operation).json()

    def write(self, kind: RecordKind, changes: Sequence[Change]) -> tuple[Written, ...]:
        plan = self._plan(kind)
        return tuple(self._written(plan, change) for change in changes)

    def delete(self, kind: RecordKind, outside_id: str) -> None:
        plan = self._plan(kind)
        path = path_of(plan.object_path, outside_id) if plan.is_deletable else None
        if not plan.is_deletable:
            raise Unsupported(_("Objects of this kind may not be deleted there."))
        if path is None:
            return
        try:
            self._api.delete(path)
        except NotThere:
            return

    def describe(self, kind: RecordKind) -> tuple[FieldDescription, ...]:
        """Read off the first objects: such a system does not describe itself."""
        return describe_samples([record.raw for record in self.read(kind).records[:SAMPLES]])

    def _plan(self, kind: RecordKind) -> Plan:
        try:
            return self._plans[kind]
        except KeyError as error:
            raise ConfigError(
                _("%(kind)s are not described in the settings.") % {"kind": kind.label}
            ) from error

    def _list(self, plan: Plan, place: Json, changed_since: datetime | None) -> Response:
        operation = f"{plan.kind.value} list"
        if plan.paging in (Paging.LINK, Paging.NEXT_URL) and "path" in place:
            query = tuple((str(name), str(value)) for name, value in place["query"])
            return self._api.read(str(place["path"]), query, operation)
        asked: Pairs = paging.parameters(plan, place)
        if changed_since is not None and plan.since_parameter:
            asked = (*asked, (plan.since_parameter, mapping.since_of(plan, changed_since, self._zone)))
        if plan.query:
            return self._api.graphql(plan.list_path, plan.query, paging.variables(plan, asked), operation)
        if plan.list_method == "POST":
            return self._api.search(plan.list_path, dict(asked), operation)
        return self._api.read(plan.list_path, asked, operation)

    def _sorted(self, plan: Plan, items: Sequence[Any]) -> tuple[tuple[Record, ...], tuple[Fault, ...]]:
        records: list[Record] = []
        faults: list[Fault] = []
        for item in items:
            if isinstance(item, Mapping) and mapping.id_of(plan, item):
                records.append(mapping.record_of(plan, item, self._zone))
            else:
                text = _("This is no object with an id in “%(field)s”.") % {"field": plan.id_field}
                faults.append(Fault("", text))
        return tuple(records), tuple(faults)

    def _written(self, plan: Plan, change: Change) -> Written:
        try:
            return self._write(plan, change)
        except HubError as error:
            return Written(key=change.key, outside_id=change.record.outside_id, error=error)

    def _write(self, plan: Plan, change: Change) -> Written:
        outside_id = change.record.outside_id
        if not change.extra:
            raise ConfigError(_("Nothing is mapped from ours to theirs: see the field mapping."))
        own = {plan.key_field: change.key} if plan.key_field and not outside_id else {}
        body = mapping.body_of(plan, {**change.extra, **own})
        if outside_id:
            if plan.update_query:
                return self._mutated(plan, change, body)
            path = path_of(plan.update_path, outside_id)
            if not plan.update_path or path is None:
                raise RemoteRejected(_("Objects of this kind cannot be changed there."))
            response = self._api.update(plan.update_method, path, body)
        else:
            if not plan.can_create:
                raise RemoteRejected(_("Objects of this kind cannot be created there."))
            made = self._made_before(plan, change.key)
            if made is not None:
                return self._known(plan, change, made)
            if plan.create_query:
                return self._mutated(plan, change, body)
            response = self._api.create(plan.create_path, body, change.key)
        return self._receipt(plan, change, response)

    def _mutated(self, plan: Plan, change: Change, body: Mapping[str, Any]) -> Written:
        """By a GraphQL mutation, whose answer may refuse the input with 200, or have the object and errors besides."""
        outside_id = change.record.outside_id
        text, place = (
            (plan.update_query, plan.update_in) if outside_id else (plan.create_query, plan.create_in)
        )

        def told(answer: Any) -> Mapping[str, Any]:
            item = paging.at(answer, place) if place else None
            return item if isinstance(item, Mapping) and mapping.id_of(plan, item) else {}

        answer = self._api.mutate(
            plan.list_path,
            text,
            mapping.variables_of(plan, body, outside_id),
            "update" if outside_id else "create",
            change.key,
            lambda given: bool(told(given)),
        ).json()
        item, refusal = told(answer), graphql.refusal_of(answer, plan.refusals)
        if refusal is not None:
            # Where the object is there all the same, it is changed from now on.
            return Written(key=change.key, outside_id=outside_id or mapping.id_of(plan, item), error=refusal)
        if outside_id and place and not item:
            raise RemoteRejected(_("The outside system has no such object, or does not tell its id."))
        return self._known(plan, change, item)

    def _receipt(self, plan: Plan, change: Change, response: Response) -> Written:
        """A change may be acknowledged without a body; something new must say its id."""
        item: Any = None
        if response.body.strip() or not change.record.outside_id:
            item = paging.at(response.json(), plan.object_in)
        return self._known(plan, change, item if isinstance(item, Mapping) else {})

    def _made_before(self, plan: Plan, key: str) -> Mapping[str, Any] | None:
        """What was created under that key. ConfigError where others are found: that system ignores the filter, or not our
        field is searched, and what was created would be created again."""
        if not plan.support.finds_by_key:
            return None
        operation = f"{plan.kind.value} find"
        if plan.find_query:
            answer = self._api.graphql(plan.list_path, plan.find_query, {"key": key}, operation).json()
        else:
            answer = self._api.read(path_to_find(plan.find_path, key), (), operation).json()
        items = _items(plan, answer)
        for item in items:
            if isinstance(item, Mapping) and str(value_at(item, plan.key_field)) == key:
                return item
        if items:
            text = _(
                "Searched for our key, the system told of other objects: check the path and “%(field)s”."
            )
            raise ConfigError(text % {"field": plan.key_field})
        return None

    def _known(self, plan: Plan, change: Change, known: Mapping[str, Any]) -> Written:
        outside_id = change.record.outside_id or mapping.id_of(plan, known)
        if not outside_id:
            raise OutcomeUnknown(
                _("The object was created, but its id was not told."), detail=f"no {plan.id_field}"
            )
        return Written(
            key=change.key,
            outside_id=outside_id,
            updated_at=mapping.updated_at(plan, known, self._zone),
        )


def _items(plan: Plan, answer: Any) -> list[Any]:
    items = paging.at(answer, plan.items)
    if isinstance(items, list):
        return items
    raise OutcomeUnknown(
        _("There is no list at “%(place)s” of the answer.") % {"place": plan.items or "…"},
        detail=f"found {type(items).__name__}",
    )
