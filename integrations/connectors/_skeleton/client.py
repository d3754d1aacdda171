"""The calls of Skeleton's API that we use."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from django.utils.translation import gettext as _

from integrations.capabilities import Repeat
from integrations.http.client import ApiClient
from integrations.http.errors import OutcomeUnknown
from integrations.http.messages import Request, Response
from tenants.errors import HubError, RemoteRejected

PAGE_SIZE: Final = 100
LONGEST_ID: Final = 64
ATTEMPTS: Final = 3

Row = dict[str, Any]


class NotThere(RemoteRejected):
    """404: no such object (any more)."""


def _not_there(response: Response) -> HubError:
    return NotThere(_("The outside system has nothing at this address."), detail=f"HTTP {response.status}")


def _refused(response: Response) -> HubError:
    """422 says why in words, and no repetition helps."""
    error = response.json_object().get("error")
    why = str(error.get("message", "")) if isinstance(error, Mapping) else ""
    text = _("The outside system rejected the request: %(why)s") % {"why": why[:500]}
    return RemoteRejected(text, detail=f"HTTP {response.status}")


class Api:
    """One method for each call; answers are the parsed rows."""

    def __init__(self, http: ApiClient) -> None:
        http.overrides = {404: _not_there, 422: _refused}
        http.inspect = _inspect
        self._http = http

    def account(self) -> Row:
        return _object(self._get("/api/account", "account"), "account")

    def users(self) -> Iterator[Row]:
        """All of them, page by page."""
        token = ""
        while True:
            rows, token = self.page("users", token)
            yield from rows
            if not token:
                return

    def page(self, plural: str, token: str = "", changed_since: str = "") -> tuple[list[Row], str]:
        """One page, and the token of the next one; empty behind the last."""
        query = [("limit", str(PAGE_SIZE))]
        query += [("page_token", token)] if token else []
        query += [("updated_since", changed_since)] if changed_since else []
        answer = self._get(f"/api/{plural}", plural, tuple(query))
        rows = answer.get(plural)
        if not isinstance(rows, list):
            raise _strange(f"no list {plural}")
        following = answer.get("next_page_token")
        return [row for row in rows if isinstance(row, dict)], following if isinstance(following, str) else ""

    def one(self, plural: str, outside_id: str) -> Row | None:
        """None when it is not there."""
        if not is_id(outside_id):
            return None
        try:
            answer = self._get(f"/api/{plural}/{quote(outside_id, safe='')}", f"{plural} one")
        except NotThere:
            return None
        return _object(answer, "item")

    def create(self, plural: str, body: Row, key: str) -> Row:
        """They know our key again, so that it may be sent twice."""
        return self._send("POST", f"/api/{plural}", f"{plural} create", body, key)

    def update(self, plural: str, outside_id: str, body: Row) -> Row:
        """The same again changes nothing."""
        if not is_id(outside_id):
            raise NotThere(_("The outside system has nothing at this address."))
        return self._send("PATCH", f"/api/{plural}/{quote(outside_id, safe='')}", f"{plural} update", body)

    def hooks(self) -> list[Row]:
        answer = self._get("/api/webhooks", "webhooks")
        rows = answer.get("webhooks")
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def add_hook(self, url: str, secret: str) -> None:
        self._send("POST", "/api/webhooks", "subscribe", {"url": url, "secret": secret})

    def remove_hook(self, outside_id: str) -> None:
        path = f"/api/webhooks/{quote(outside_id, safe='')}"
        self._http.call(Request(method="DELETE", path=path, operation="unsubscribe", repeat=Repeat.ALWAYS))

    def _get(self, path: str, operation: str, query: tuple[tuple[str, str], ...] = ()) -> Row:
        request = Request(
            method="GET", path=path, operation=operation, query=query, repeat=Repeat.ALWAYS, attempts=ATTEMPTS
        )
        return self._http.call(request).json_object()

    def _send(self, method: str, path: str, operation: str, body: Row, key: str = "") -> Row:
        request = Request(
            method=method, path=path, operation=operation, json=body, repeat=Repeat.ALWAYS, attempts=ATTEMPTS,
            idempotency_key=key,
        )  # fmt: skip
        return _object(self._http.call(request).json_object(), "item")


def is_id(outside_id: str) -> bool:
    """Whether it can be one of theirs: nothing else comes into an address."""
    return outside_id.isascii() and outside_id.isalnum() and len(outside_id) <= LONGEST_ID


def _inspect(response: Response) -> HubError | None:
    """A success without JSON is none: a page of a proxy, or half an answer."""
    if not 200 <= response.status < 300 or response.status == 204:
        return None
    try:
        response.json_object()
    except HubError as error:
        return error
    return None


def _object(answer: Row, name: str) -> Row:
    found = answer.get(name)
    if isinstance(found, dict):
        return found
    raise _strange(f"no object {name}")


def _strange(detail: str) -> OutcomeUnknown:
    return OutcomeUnknown(_("The outside system answered in a form that we do not know."), detail=detail)
