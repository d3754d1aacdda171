"""A small GraphQL service over the same objects: `contacts(first, after, since)` and `contact(id)`, and so for orders.

It reads selections and variables, and nothing else of the language: no fragments, no aliases, no mutations.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from integrations.connectors.rest.simulator.store import Store
from tenants.simulation import Reply, Request

LARGEST = 100
_TOKEN = re.compile(r'[{}():,!$\[\]]|[A-Za-z_]\w*|"[^"]*"|-?\d+')
_TYPES: dict[str, type | tuple[type, ...]] = {"Int": int, "String": str, "ID": (str, int)}
LISTS, ONES = {"contacts": "contacts", "orders": "orders"}, {"contact": "contacts", "order": "orders"}
FIELDS = {
    "contacts": {"id", "updated_at", "full_name", "phones", "active", "n", "name", "touched"},
    "orders": {"id", "updated_at", "no", "sum", "state", "buyer", "n", "name", "touched"},
}
Selection = dict[str, Any]


class Faulty(Exception):
    """An error of the answer: its message and its code."""

    def __init__(self, message: str, code: str = "GRAPHQL_VALIDATION_FAILED") -> None:
        super().__init__(message)
        self.code = code


def answer(store: Store, request: Request) -> Reply:
    """Errors come with 200, as most services have it."""
    try:
        return Reply.json({"data": _execute(store, request)})
    except Faulty as error:
        told = {"message": str(error), "extensions": {"code": error.code}}
        return Reply.json({"data": None, "errors": [told]})


def _execute(store: Store, request: Request) -> dict[str, Any]:
    try:
        body = request.json()
    except ValueError as error:
        raise Faulty("POST body is no JSON", "BAD_REQUEST") from error
    query = body.get("query") if isinstance(body, dict) else None
    variables = (body.get("variables") or {}) if isinstance(body, dict) else {}
    if not isinstance(query, str) or not isinstance(variables, dict):
        raise Faulty("Must provide query string.", "BAD_REQUEST")
    reader = _Reader(_TOKEN.findall(query))
    given = _checked(reader.declared(), variables)
    return {
        name: _field(store, name, {key: given.get(one) for key, one in arguments.items()}, inner)
        for name, arguments, inner in reader.fields()
    }


def _checked(declared: dict[str, tuple[str, bool]], variables: dict[str, Any]) -> dict[str, Any]:
    for name, (type_, is_needed) in declared.items():
        value = variables.get(name)
        if value is None and is_needed:
            raise Faulty(
                f'Variable "${name}" of required type "{type_}!" was not provided.', "BAD_USER_INPUT"
            )
        if value is not None and (isinstance(value, bool) or not isinstance(value, _TYPES.get(type_, str))):
            raise Faulty(
                f'Variable "${name}" got invalid value; {type_} cannot represent it.', "BAD_USER_INPUT"
            )
    return {name: variables.get(name) for name in declared}


def _field(store: Store, name: str, arguments: dict[str, Any], wanted: Selection) -> Any:
    _check_fields(name, wanted)
    if name in ONES:
        number = str(arguments.get("id") or "")
        row = store.get(ONES[name], int(number)) if number.isascii() and number.isdigit() else None
        return None if row is None else _selected(row, wanted)
    first, since = arguments.get("first"), str(arguments.get("since") or "")
    if not isinstance(first, int) or not 1 <= first <= LARGEST:
        raise Faulty(f"first must be from 1 to {LARGEST}", "BAD_USER_INPUT")
    rows = [row for row in store.since(LISTS[name], since) if row["id"] > _place(arguments.get("after"))]
    page = rows[:first]
    whole = {
        "nodes": [_selected(row, wanted.get("nodes", {})) for row in page],
        # The last page has a cursor, too: only hasNextPage tells that it is the last.
        "pageInfo": {
            "endCursor": _cursor(page[-1]["id"]) if page else None,
            "hasNextPage": len(rows) > first,
        },
        "totalCount": len(rows),
    }
    return {key: whole[key] for key in wanted if key in whole}


def _check_fields(name: str, wanted: Selection) -> None:
    """Before anything is looked up, as the real ones do."""
    collection = LISTS.get(name) or ONES.get(name)
    if collection is None:
        raise Faulty(f'Cannot query field "{name}" on type "Query".')
    for one in wanted.get("nodes", {}) if name in LISTS else wanted:
        if one not in FIELDS[collection]:
            raise Faulty(f'Cannot query field "{one}" on type "{collection.title()[:-1]}".')


def _selected(row: dict[str, Any], wanted: Selection) -> dict[str, Any]:
    return {name: row.get(name) for name in wanted}


def _cursor(number: int) -> str:
    return urlsafe_b64encode(f"at:{number}".encode()).decode()


def _place(after: Any) -> int:
    if after in (None, ""):
        return 0
    try:
        return int(urlsafe_b64decode(str(after)).decode().removeprefix("at:"))
    except ValueError as error:
        raise Faulty("after is no cursor of ours", "BAD_USER_INPUT") from error


class _Reader:
    """Walks over the tokens of one operation."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens, self._place = tokens, 0

    def declared(self) -> dict[str, tuple[str, bool]]:
        """The variables by name: type, and whether it must be given."""
        if self._see() == "query":
            self._next()
        if self._see() not in ("(", "{"):
            self._next()  # the operation's name
        found: dict[str, tuple[str, bool]] = {}
        if self._see() == "(":
            self._next()
            while self._see() != ")":
                self._want("$")
                name = self._next()
                self._want(":")
                type_ = self._next()
                is_needed = self._see() == "!"
                if is_needed:
                    self._next()
                found[name] = (type_, is_needed)
                self._skip(",")
            self._next()
        return found

    def fields(self) -> list[tuple[str, dict[str, str], Selection]]:
        """The fields of the root, each with the variables of its arguments."""
        self._want("{")
        found = []
        while self._see() != "}":
            name, arguments = self._next(), self._arguments()
            found.append((name, arguments, self._selection() if self._see() == "{" else {}))
        return found

    def _arguments(self) -> dict[str, str]:
        found: dict[str, str] = {}
        if self._see() == "(":
            self._next()
            while self._see() != ")":
                name = self._next()
                self._want(":")
                self._want("$")
                found[name] = self._next()
                self._skip(",")
            self._next()
        return found

    def _selection(self) -> Selection:
        self._want("{")
        found: Selection = {}
        while self._see() != "}":
            name = self._next()
            found[name] = self._selection() if self._see() == "{" else {}
            self._skip(",")
        self._next()
        return found

    def _see(self) -> str:
        if self._place >= len(self._tokens):
            raise Faulty("Syntax Error: Unexpected <EOF>.", "GRAPHQL_PARSE_FAILED")
        return self._tokens[self._place]

    def _next(self) -> str:
        token = self._see()
        self._place += 1
        return token

    def _want(self, mark: str) -> None:
        found = self._next()
        if found != mark:
            raise Faulty(f'Syntax Error: Expected "{mark}", found "{found}".', "GRAPHQL_PARSE_FAILED")

    def _skip(self, mark: str) -> None:
        if self._see() == mark:
            self._next()
