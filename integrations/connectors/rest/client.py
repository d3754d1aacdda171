"""The calls, as the settings describe them; every address stays below the one that was entered."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

from django.utils.translation import gettext as _

from integrations.capabilities import Repeat
from integrations.connectors.rest.graphql import inspect_mutation, inspect_query
from integrations.connectors.rest.plan import ID, KEY, Scheme
from integrations.http.client import ApiClient
from integrations.http.messages import Request, Response
from tenants.errors import ConfigError, HubError, RemoteRejected

Pairs = tuple[tuple[str, str], ...]
LONGEST_ID = 200
ATTEMPTS = 3


class NotThere(RemoteRejected):
    """404 or 410."""


def not_there(response: Response) -> HubError:
    return NotThere(_("The outside system has nothing at this address."), detail=f"HTTP {response.status}")


class Rest:
    """One method for each way of calling."""

    def __init__(self, http: ApiClient, settings: Mapping[str, Any], credentials: Mapping[str, Any]) -> None:
        http.overrides = {404: not_there, 410: not_there}
        http.inspect = self._inspect
        self._may_be_empty = False
        self._http = http
        self._base = str(settings["url"])
        self._idempotency_header = str(settings.get("idempotency_header") or "")
        self._headers, self._query = _proof(settings, str(credentials.get("key") or ""))

    @property
    def creates_once(self) -> bool:
        """Whether that system recognises a repetition by our key."""
        return bool(self._idempotency_header)

    def read(self, path: str, query: Pairs, operation: str) -> Response:
        return self._call("GET", path, operation, query=query, repeat=Repeat.ALWAYS)

    def search(self, path: str, body: Mapping[str, Any], operation: str) -> Response:
        """A list that is asked for by POST: it changes nothing."""
        return self._call("POST", path, operation, json=dict(body), repeat=Repeat.ALWAYS, changes=False)

    def graphql(self, path: str, query: str, variables: Mapping[str, Any], operation: str) -> Response:
        """A query, which changes nothing; what is wrong with it stands in the answer, mostly with 200."""
        body = {"query": query, "variables": dict(variables)}
        self._http.inspect = inspect_query
        try:
            return self._call("POST", path, operation, json=body, repeat=Repeat.ALWAYS, changes=False)
        finally:
            self._http.inspect = self._inspect

    def mutate(
        self,
        path: str,
        mutation: str,
        variables: Mapping[str, Any],
        operation: str,
        key: str,
        is_told: Callable[[Any], bool],
    ) -> Response:
        """What was refused for speed goes again; nothing else does, but where that system knows our key again."""
        knows = self.creates_once and operation == "create"
        self._http.inspect = partial(inspect_mutation, is_told=is_told)
        try:
            return self._call(
                "POST",
                path,
                operation,
                json={"query": mutation, "variables": dict(variables)},
                repeat=Repeat.ALWAYS if knows else Repeat.IF_UNSENT,
                headers={self._idempotency_header: key} if knows else {},
            )
        finally:
            self._http.inspect = self._inspect

    def create(self, path: str, body: Any, key: str) -> Response:
        headers = {self._idempotency_header: key} if self.creates_once else {}
        repeat = Repeat.ALWAYS if self.creates_once else Repeat.NEVER
        return self._call("POST", path, "create", json=body, repeat=repeat, headers=headers)

    def update(self, method: str, path: str, body: Any) -> Response:
        """PUT and PATCH set values: done twice, they are the same."""
        repeat = Repeat.NEVER if method == "POST" else Repeat.ALWAYS
        return self._call(method, path, "update", json=body, repeat=repeat)

    def delete(self, path: str) -> Response:
        return self._call("DELETE", path, "delete", repeat=Repeat.ALWAYS)

    def below(self, address: str, current: str) -> tuple[str, Pairs]:
        """Path and query of an address that an answer names; ConfigError when it leads anywhere else.

        Our key goes only where the tenant entered it. It is taken out of the query, too: the place is stored.
        """
        found = urlsplit(urljoin(f"{self._base}{current}", address))
        base = urlsplit(self._base)
        is_ours = (found.scheme, found.netloc.lower()) == (base.scheme, base.netloc.lower())
        if not is_ours or not found.path.startswith(f"{base.path}/") or "/../" in f"{found.path}/":
            raise ConfigError(
                _("The next page is said to be at another address: it was not opened."),
                detail=f"expected {base.netloc}{base.path}, found {found.netloc}{found.path}"[:300],
            )
        own = dict(self._query)
        pairs = parse_qsl(found.query, keep_blank_values=True)
        return found.path[len(base.path) :], tuple(pair for pair in pairs if pair[0] not in own)

    def _inspect(self, response: Response) -> HubError | None:
        """A success that is not JSON is none: a page of a proxy, or half an answer. Statuses keep their own meaning."""
        if not 200 <= response.status < 300 or (self._may_be_empty and not response.body.strip()):
            return None
        try:
            response.json()
        except HubError as error:
            return error
        return None

    def _call(
        self,
        method: str,
        path: str,
        operation: str,
        *,
        query: Pairs = (),
        json: Any = None,
        repeat: Repeat,
        headers: Mapping[str, str] | None = None,
        changes: bool | None = None,
    ) -> Response:
        plain, _sign, fixed = path.partition("?")
        self._may_be_empty = operation in ("update", "delete")
        return self._http.call(
            Request(
                method=method,
                path=plain,
                operation=operation,
                query=(*_without(parse_qsl(fixed, keep_blank_values=True), query), *query, *self._query),
                headers={**self._headers, **(headers or {})},
                json=json,
                repeat=repeat,
                attempts=ATTEMPTS,
                changes=changes,
            )
        )


def path_to_find(template: str, key: str) -> str:
    return template.replace(KEY, quote(key, safe=""))


def path_of(template: str, outside_id: str) -> str | None:
    """The path of one object; None for an id that would lead to another one."""
    if not outside_id or len(outside_id) > LONGEST_ID or set(outside_id) <= {"."}:
        return None
    if any(ord(char) < 0x20 or 0xD800 <= ord(char) <= 0xDFFF for char in outside_id):
        return None
    path, sign, query = template.partition("?")
    return path.replace(ID, quote(outside_id, safe="")) + sign + query


def _without(fixed: list[tuple[str, str]], asked: Pairs) -> Pairs:
    """What is asked for wins over what stands in the path: the address of a next page repeats it."""
    names = {name for name, _value in asked}
    return tuple(pair for pair in fixed if pair[0] not in names)


def _proof(settings: Mapping[str, Any], key: str) -> tuple[dict[str, str], Pairs]:
    """Headers and parameters that say who we are."""
    scheme, name = Scheme(settings.get("scheme", Scheme.BEARER)), str(settings.get("key_name") or "")
    if not key or scheme in (Scheme.NONE, Scheme.OAUTH2):
        return {}, ()
    if scheme is Scheme.QUERY:
        return {}, ((name or "key", key),)
    if scheme is Scheme.HEADER:
        return {name or "X-API-Key": key}, ()
    if scheme is Scheme.BASIC:
        pair = f"{settings.get('username') or ''}:{key}"
        return {"Authorization": "Basic " + b64encode(pair.encode()).decode()}, ()
    return {"Authorization": f"Bearer {key}"}, ()
