"""A small GraphQL service over the same objects: `contacts(first, after, since, externalId)`, `contact(id)`, and mutations
`createContact(input)` and `updateContact(id, input)`; and so for orders. Written from the specification (section 6)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from integrations.connectors.rest.simulator.graphql_language import Faulty, Field, Operation, operations
from integrations.connectors.rest.simulator.graphql_types import ARGUMENTS, OBJECTS, argument, variables_of
from integrations.connectors.rest.simulator.store import Store
from tenants.simulation import Reply, Request, is_whole

LARGEST = 100
LONGEST_NAME = 100
COLLECTIONS = {"contact": "contacts", "order": "orders"}
Told = dict[str, Any]


class Broken(Exception):
    """A field's resolver failed: the field is null, and an error says where."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class GraphQL:
    """`crashes` is how many of the next mutations fail after their work is done."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.crashes = 0

    def answer(self, request: Request) -> Reply:
        """Errors come with 200, as most services have it."""
        try:
            operation, variables = _read(request)
            return self._executed(operation, variables)
        except Faulty as error:
            return Reply.json({"errors": [{"message": str(error), "extensions": {"code": error.code}}]})

    def _executed(self, operation: Operation, variables: Mapping[str, Any]) -> Reply:
        root = operation.kind.title()
        _check(root, operation.fields)
        asked = [(one, _arguments(one, operation, variables)) for one in operation.fields]
        data: Told = {}
        errors: list[Told] = []
        for one, arguments in asked:  # of a mutation one after the other
            try:
                found = self._changed(one, arguments) if root == "Mutation" else self._found(one, arguments)
            except Broken as error:
                data[one.key] = None
                errors.append(_told(error, [one.key]))
            else:
                data[one.key] = _selected(found, one.fields, [one.key], errors)
        return Reply.json({"data": data, **({"errors": errors} if errors else {})})

    def _found(self, one: Field, arguments: Mapping[str, Any]) -> Any:
        if one.name in COLLECTIONS:
            return self._row(one.name, arguments["id"])
        first, after = arguments["first"], _place(arguments.get("after"))
        if not 1 <= first <= LARGEST:
            raise Broken(f"first must be from 1 to {LARGEST}", "BAD_USER_INPUT")
        rows = self._store.since(one.name, arguments.get("since") or "")
        if arguments.get("externalId") is not None:
            rows = [row for row in rows if row.get("external_id") == arguments["externalId"]]
        rows = [row for row in rows if row["id"] > after]
        page = rows[:first]
        # The last page has a cursor, too: only hasNextPage tells that it is the last.
        info = {"endCursor": _cursor(page[-1]["id"]) if page else None, "hasNextPage": len(rows) > first}
        return {"nodes": page, "pageInfo": info, "totalCount": len(rows)}

    def _changed(self, one: Field, arguments: Mapping[str, Any]) -> Any:
        kind = "contact" if one.name.endswith("Contact") else "order"
        values = dict(arguments["input"])
        refused = [
            {"field": ["input", name], "message": f"is longer than {LONGEST_NAME} characters"}
            for name, value in values.items()
            if isinstance(value, str) and len(value) > LONGEST_NAME
        ]
        row = self._row(kind, arguments["id"]) if "id" in arguments else None
        if "id" in arguments and row is None:
            refused.append({"field": ["id"], "message": "does not exist"})
        if refused:
            return {kind: None, "userErrors": refused}
        if row is None:
            row = self._store.add(COLLECTIONS[kind], values)
        else:
            row = self._store.change(COLLECTIONS[kind], row["id"], values)
        if self.crashes:
            self.crashes -= 1
            raise Broken("Internal server error", "INTERNAL_SERVER_ERROR")
        return {kind: row, "userErrors": []}

    def _row(self, kind: str, number: str) -> Any:
        return self._store.get(COLLECTIONS[kind], int(number)) if is_whole(number) else None


def _read(request: Request) -> tuple[Operation, dict[str, Any]]:
    try:
        body = request.json()
    except ValueError as error:
        raise Faulty("POST body is no JSON", "BAD_REQUEST") from error
    body = body if isinstance(body, dict) else {}
    query, given, name = body.get("query"), body.get("variables") or {}, body.get("operationName")
    if not isinstance(query, str) or not isinstance(given, dict):
        raise Faulty("Must provide query string.", "BAD_REQUEST")
    known = operations(query)
    chosen = [one for one in known if one.name == name] if name else known
    if len(chosen) != 1:
        raise Faulty("Must provide operation name if query contains multiple operations.", "BAD_REQUEST")
    return chosen[0], variables_of(chosen[0], given)


def _check(type_: str, fields: tuple[Field, ...]) -> None:
    """Before anything is looked up, as the real ones do: objects are selected from, scalars are not."""
    known = OBJECTS.get(type_, {})
    for one in fields:
        if one.name not in known:
            raise Faulty(f'Cannot query field "{one.name}" on type "{type_}".')
        inner = known[one.name]
        if inner and not one.fields:
            raise Faulty(f'Field "{one.name}" of type "{inner}" must have a selection of subfields.')
        if not inner and one.fields:
            raise Faulty(f'Field "{one.name}" must not have a selection since it has no subfields.')
        _check(inner, one.fields)


def _arguments(one: Field, operation: Operation, variables: Mapping[str, Any]) -> dict[str, Any]:
    known, found = ARGUMENTS[one.name], {}
    for name, value in one.arguments.items():
        if name not in known:
            raise Faulty(f'Unknown argument "{name}" on field "{one.name}".')
        try:
            found[name] = argument(known[name], value, operation.variables, variables)
        except KeyError:
            continue  # its variable was left out, and so is the argument
    for name, type_ in known.items():
        if type_.is_needed and name not in found:
            raise Faulty(
                f'Field "{one.name}" argument "{name}" of type "{type_}" is required, but it was not provided.'
            )
    return found


def _selected(found: Any, fields: tuple[Field, ...], path: list[Any], errors: list[Told]) -> Any:
    """Scalars are given as they are kept, whatever they are: a made-up system may be broken in itself."""
    if not fields:
        return found
    if isinstance(found, list):
        return [_selected(one, fields, [*path, place], errors) for place, one in enumerate(found)]
    if not isinstance(found, dict):
        return None
    shown: Told = {}
    for one in fields:
        here = [*path, one.key]
        if one.name == "rating":  # it is kept by another service, which never answers
            errors.append(_told(Broken("The ratings are not available", "DOWNSTREAM_SERVICE_ERROR"), here))
            shown[one.key] = None
        else:
            shown[one.key] = _selected(found.get(one.name), one.fields, here, errors)
    return shown


def _told(error: Broken, path: list[Any]) -> Told:
    return {"message": str(error), "path": path, "extensions": {"code": error.code}}


def _cursor(number: int) -> str:
    return urlsafe_b64encode(f"at:{number}".encode()).decode()


def _place(after: Any) -> int:
    if after in (None, ""):
        return 0
    try:
        return int(urlsafe_b64decode(str(after)).decode().removeprefix("at:"))
    except ValueError as error:
        raise Broken("after is no cursor of ours", "BAD_USER_INPUT") from error
