"""The calls of amoCRM's API that we use: version 4, and the one of version 2 that is left."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.utils.translation import gettext as _

from config.masking import MASK
from integrations.capabilities import Repeat
from integrations.connectors.amocrm import refusals
from integrations.http.client import ApiClient, Inspect
from integrations.http.errors import OutcomeUnknown
from integrations.http.messages import Request, Response

PAGE_SIZE: Final = 250
MOST_PAGES: Final = 1000
SEARCH_SIZE: Final = 50

Row = dict[str, Any]
Query = tuple[tuple[str, str], ...]


class AmoCrm:
    """One method for each call; answers are the parsed rows, pages of the lists say whether there are more."""

    def __init__(self, http: ApiClient) -> None:
        http.overrides = refusals.OVERRIDES
        self._http = http

    def account(self) -> Row:
        return self._get("/api/v4/account", "account")

    def users(self, page_size: int = PAGE_SIZE) -> Iterator[Row]:
        """All users, page by page."""
        return self._all("/api/v4/users", "users", "users", page_size)

    def pipelines(self) -> list[Row]:
        """With their stages."""
        answer = self._get("/api/v4/leads/pipelines", "pipelines", is_optional=True)
        return rows(answer, "pipelines") if answer else []

    def custom_fields(self, plural: str) -> Iterator[Row]:
        """All fields of one kind of objects."""
        return self._all(f"/api/v4/{plural}/custom_fields", f"{plural} fields", "custom_fields", PAGE_SIZE)

    def search(self, plural: str, text: str) -> list[Row]:
        """Full text over the filled fields, so whoever asks for a number has to look at what came. Asked once only."""
        query = (("query", text), ("limit", str(SEARCH_SIZE)))
        answer = self._get(f"/api/v4/{plural}", f"{plural} search", query, attempts=1)
        return rows(answer, plural) if answer else []

    def newest(self, plural: str) -> list[Row]:
        """The 250 that were created last."""
        answer = self._get(
            f"/api/v4/{plural}", f"{plural} newest", (("order[id]", "desc"), ("limit", str(PAGE_SIZE)))
        )
        return rows(answer, plural) if answer else []

    def holding(self, plural: str, text: str) -> list[Row]:
        """Up to 250 of those in whose filled fields the text is."""
        query = (("query", text), ("limit", str(PAGE_SIZE)))
        answer = self._get(f"/api/v4/{plural}", f"{plural} by key", query)
        return rows(answer, plural) if answer else []

    def page(self, plural: str, query: Query) -> tuple[list[Row], bool]:
        """One page, and whether there is another one. Nothing is 204 there."""
        answer = self._get(f"/api/v4/{plural}", plural, (*query, ("limit", str(PAGE_SIZE))))
        return (rows(answer, plural), _has_next(answer)) if answer else ([], False)

    def by_ids(self, plural: str, ids: Sequence[int]) -> list[Row]:
        """Those of up to 250 that are there."""
        query = (
            *((f"filter[id][{place}]", str(one)) for place, one in enumerate(ids)),
            ("limit", str(PAGE_SIZE)),
        )
        answer = self._get(f"/api/v4/{plural}", f"{plural} by id", query)
        return rows(answer, plural) if answer else []

    def one(self, plural: str, outside_id: str, query: Query = ()) -> Row | None:
        """None when it is not there: 204, or 404 for what cannot be an id."""
        try:
            found = self._get(f"/api/v4/{plural}/{outside_id}", f"{plural} one", query, is_optional=True)
        except refusals.EntityNotFound:
            return None
        return found or None

    def create(self, plural: str, items: Sequence[Row]) -> list[Row]:
        """At most 50 are recommended; the answer has the ids. A repetition would create them again."""
        return self._send("POST", f"/api/v4/{plural}", f"{plural} create", items, plural)

    def update(self, plural: str, items: Sequence[Row]) -> list[Row]:
        """The same again changes nothing."""
        return self._send("PATCH", f"/api/v4/{plural}", f"{plural} update", items, plural, Repeat.ALWAYS)

    def link(self, plural: str, links: Sequence[Row]) -> None:
        """Ties objects to one another; a tie that is there already stays."""
        self._send("POST", f"/api/v4/{plural}/link", f"{plural} link", links, "links", Repeat.ALWAYS)

    def popup(self, phone: str, users: Sequence[int]) -> None:
        """A toast, for these users or for all; it is shown once and cannot be taken back."""
        event: Row = {"type": "phone_call", "phone_number": phone}
        if users:
            event["users"] = list(users)
        request = Request(method="POST", path="/api/v2/events", operation="call popup", json={"add": [event]})
        self._call(request, refusals.inspect_acknowledgement)

    def add_call(self, call: Row) -> Row:
        """Into the history of whoever has the number; `EntityNotFound` when nobody has. Never repeated here."""
        request = Request(method="POST", path="/api/v4/calls", operation="call", json=[call])
        with self._hidden(call.get("link", "")):
            answer = self._call(request).json_object()
        if refusals.is_unknown_entity(answer):
            raise refusals.EntityNotFound(_("amoCRM has no such object."), detail="HTTP 200 with errors")
        found = rows(answer, "calls")
        return found[0] if found else {}

    def add_task(self, task: Row) -> Row:
        """Never repeated here: it would be a second one."""
        found = self._send("POST", "/api/v4/tasks", "task", [task], "tasks")
        return found[0] if found else {}

    def open_tasks(self, plural: str, number: int) -> list[Row]:
        """Of one card."""
        query = (
            ("filter[entity_type]", plural),
            ("filter[entity_id]", str(number)),
            ("filter[is_completed]", "0"),
            ("limit", str(SEARCH_SIZE)),
        )
        answer = self._get("/api/v4/tasks", "tasks", query)
        return rows(answer, "tasks") if answer else []

    def complete_task(self, number: int, text: str) -> None:
        """The same again changes nothing."""
        task = {"id": number, "is_completed": True, "result": {"text": text}}
        self._send("PATCH", "/api/v4/tasks", "task done", [task], "tasks", Repeat.ALWAYS)

    def leads_of(self, contact_id: str) -> list[Row]:
        """Up to 250 leads of a contact."""
        contact = self.one("contacts", contact_id, (("with", "leads"),)) or {}
        embedded = contact.get("_embedded")
        found = embedded.get("leads") if isinstance(embedded, Mapping) else None
        ids = [row["id"] for row in found or () if isinstance(row, Mapping) and type(row.get("id")) is int]
        return self.by_ids("leads", ids[:PAGE_SIZE]) if ids else []

    def add_unsorted_call(self, item: Row) -> Row:
        """Among the incoming leads."""
        path = "/api/v4/leads/unsorted/sip"
        with self._hidden(item["metadata"]["link"]):
            found = self._send("POST", path, "incoming lead", [item], "unsorted")
        return found[0] if found else {}

    def webhooks(self) -> list[Row]:
        """All subscriptions of the account that we may see."""
        answer = self._get("/api/v4/webhooks", "webhooks")
        return rows(answer, "webhooks") if answer else []

    def subscribe(self, destination: str, settings: Sequence[str]) -> None:
        body = {"destination": destination, "settings": list(settings), "sort": 10}
        request = Request(
            method="POST", path="/api/v4/webhooks", operation="webhook", json=body, repeat=Repeat.ALWAYS
        )
        self._call(request, refusals.inspect_acknowledgement)

    def unsubscribe(self, destination: str) -> None:
        request = Request(
            method="DELETE",
            path="/api/v4/webhooks",
            operation="webhook off",
            json={"destination": destination},
            repeat=Repeat.ALWAYS,
        )
        self._call(request, refusals.inspect_acknowledgement)

    def _get(
        self, path: str, operation: str, query: Query = (), *, attempts: int = 3, is_optional: bool = False
    ) -> Row:
        """An empty object for 204."""
        request = Request(
            method="GET",
            path=path,
            operation=operation,
            query=query,
            repeat=Repeat.ALWAYS,
            attempts=attempts,
            is_optional=is_optional,
        )
        answer = self._call(request)
        return {} if answer.status == 204 else answer.json_object()

    def _all(self, path: str, operation: str, name: str, size: int) -> Iterator[Row]:
        for page in range(1, MOST_PAGES + 1):
            answer = self._get(path, operation, (("page", str(page)), ("limit", str(size))))
            if not answer:
                return
            yield from rows(answer, name)
            if not _has_next(answer):
                return

    def _send(
        self,
        method: str,
        path: str,
        operation: str,
        items: Sequence[Row],
        name: str,
        repeat: Repeat = Repeat.NEVER,
    ) -> list[Row]:
        request = Request(method=method, path=path, operation=operation, json=list(items), repeat=repeat)
        answer = self._call(request)
        return [] if answer.status == 204 else rows(answer.json_object(), name)

    @contextmanager
    def _hidden(self, recording: str) -> Iterator[None]:
        """Where a conversation can be listened to is nothing to keep; amoCRM's name for it does not give it away."""
        kept = len(self._http.journal.exchanges)
        try:
            yield
        finally:
            for exchange in self._http.journal.exchanges[kept:] if recording else ():
                exchange.request_body = exchange.request_body.replace(recording, MASK)
                exchange.response_body = exchange.response_body.replace(recording, MASK)

    def _call(self, request: Request, inspect: Inspect = refusals.inspect) -> Response:
        self._http.inspect = inspect
        return self._http.call(request)


def rows(answer: Mapping[str, Any], name: str) -> list[Row]:
    """`_embedded.{name}`; another form leaves open what happened there."""
    embedded = answer.get("_embedded")
    found = embedded.get(name) if isinstance(embedded, Mapping) else None
    if found is None and "_embedded" not in answer:
        found = []  # the envelope of some answers is not documented: their status is what counts
    if not isinstance(found, list):
        raise OutcomeUnknown(
            _("The outside system answered in a form that we do not know."), detail=f"no list of {name}"
        )
    return [row for row in found if isinstance(row, dict)]


def _has_next(answer: Mapping[str, Any]) -> bool:
    """Only whether there is more is taken from their links, never where: the address stays the account's own."""
    links = answer.get("_links")
    return isinstance(links, Mapping) and bool(links.get("next"))
