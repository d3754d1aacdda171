"""Contacts, companies and leads: read in pages, created and changed in batches."""

from collections.abc import Sequence
from typing import Any

from integrations.connectors.amocrm.simulator import shapes
from integrations.connectors.amocrm.simulator.lists import EMPTY, Lists
from integrations.connectors.amocrm.simulator.problems import Invalid, bad, invalid, problem
from integrations.connectors.amocrm.simulator.state import (
    FIRST_STATUS,
    LEADS,
    LOST,
    PIPELINE,
    PLURALS,
    WON,
    Account,
    Row,
)
from tenants.simulation import Reply, Request, is_whole

LARGEST_BATCH = 250
_OF_LEADS: Row = {"price": 0, "status_id": FIRST_STATUS, "pipeline_id": PIPELINE, "closed_at": None}


class Entities:
    """The routes below `/api/v4/{plural}`."""

    def __init__(self, account: Account, lists: Lists) -> None:
        self._account, self._lists = account, lists

    def list(self, request: Request, plural: str) -> Reply:
        with self._account.lock:
            rows = [row for row in self._account.tables[plural].values() if not row["is_deleted"]]
            found = self._lists.select(request, rows)
            if isinstance(found, Reply):
                return found
            return self._lists.page(request, plural, found, lambda row: self._shown(request, plural, row))

    def one(self, request: Request, plural: str, number: str) -> Reply:
        if not is_whole(number):
            return problem(404, "Not Found")
        with self._account.lock:
            row = self._account.tables[plural].get(int(number))
            return Reply.json(self._shown(request, plural, row)) if row else EMPTY

    def create(self, request: Request, plural: str) -> Reply:
        items = _items(request)
        if isinstance(items, Reply):
            return items
        with self._account.lock:
            read = [shapes.read(self._account, plural, item) for item in items]
            for values, errors in read:
                if "id" in values:
                    errors.append(Invalid("UnexpectedField", "id", "This field was not expected."))
            if refusal := _refusal(items, read):
                return refusal
            rows = [self._add(plural, values) for values, _errors in read]
        return _answer(
            plural, [{"id": row["id"]} | _request_id(item) for row, item in zip(rows, items, strict=True)]
        )

    def update(self, request: Request, plural: str) -> Reply:
        """What is not there is left out of the answer."""
        items = _items(request)
        if isinstance(items, Reply):
            return items
        with self._account.lock:
            read = [shapes.read(self._account, plural, item) for item in items]
            for values, errors in read:
                if "id" not in values:
                    errors.append(Invalid("FieldMissing", "id", "This field is missing."))
            if refusal := _refusal(items, read):
                return refusal
            table = self._account.tables[plural]
            rows = [
                (self._change(plural, table[values["id"]], values), item)
                for (values, _errors), item in zip(read, items, strict=True)
                if values["id"] in table
            ]
        done = [{"id": row["id"], "updated_at": row["updated_at"]} | _request_id(item) for row, item in rows]
        return _answer(plural, done) if done else EMPTY

    def link(self, request: Request, plural: str) -> Reply:
        """`[{"entity_id": 1, "to_entity_id": 2, "to_entity_type": "companies"}]`."""
        items = _items(request)
        if isinstance(items, Reply):
            return items
        with self._account.lock:
            for item in items:
                tie = item if isinstance(item, dict) else {}
                row = self._account.tables[plural].get(tie.get("entity_id", 0))
                kind, number = tie.get("to_entity_type"), tie.get("to_entity_id", 0)
                if row is None or kind not in PLURALS or number not in self._account.tables[kind]:
                    return bad("NotFound", "to_entity_id", "Entity not found")
                links = row["_embedded"].setdefault(kind, [])
                if all(each["id"] != number for each in links):
                    links.append({"id": number})
        return Reply.json({"_total_items": len(items), "_embedded": {"links": items}})

    def fields(self, request: Request, plural: str) -> Reply:
        rows = [
            {
                "id": one.id,
                "name": one.name,
                "type": one.type,
                "code": one.code,
                "is_api_only": False,
                "enums": [{"id": 900 + place, "value": text} for place, text in enumerate(one.enums)] or None,
            }
            for one in self._account.fields[plural]
        ]
        return self._lists.page(request, "custom_fields", rows, lambda row: row)

    def _add(self, plural: str, values: Row) -> Row:
        usual = _OF_LEADS if plural == LEADS else {}
        embedded = {"tags": [], "companies": [], "contacts": []} | values.pop("_embedded", {})
        values.pop("request_id", None)
        if not values.get("name") and plural == "contacts":
            parts = (values.get("first_name", ""), values.get("last_name", ""))
            values["name"] = " ".join(part for part in parts if part)
        return self._account.add(plural, **(usual | values | {"_embedded": embedded}))

    def _change(self, plural: str, row: Row, values: Row) -> Row:
        before = (row.get("status_id"), row["responsible_user_id"])
        fields = {one["field_id"]: one for one in row["custom_fields_values"] or []}
        for one in values.pop("custom_fields_values", []):
            # All values of a field are replaced; none at all takes the field away.
            fields.pop(one["field_id"], None)
            if one["values"]:
                fields[one["field_id"]] = one
        values.pop("request_id", None)
        row |= (
            {"updated_at": int(self._account.clock.time())}
            | values
            | {"custom_fields_values": list(fields.values()) or None}
        )
        if row.get("status_id") in (WON, LOST) and not row.get("closed_at"):
            row["closed_at"] = row["updated_at"]
        self._account.tell(plural, "update", row)
        for action, old, new in zip(
            ("status", "responsible"), before, (row.get("status_id"), row["responsible_user_id"]), strict=True
        ):
            if old != new:
                self._account.tell(plural, action, row)
        return row

    def _leads_of(self, contact: int) -> Sequence[int]:
        return [
            number
            for number, lead in self._account.tables[LEADS].items()
            if any(one["id"] == contact for one in lead["_embedded"].get("contacts", []))
        ]

    def _shown(self, request: Request, plural: str, row: Row) -> Any:
        if row["id"] in self._account.broken:
            return {name: value if name == "id" else [{"?": [None]}] for name, value in row.items()}
        embedded = dict(row["_embedded"])
        wanted = request.query.get("with", "").split(",")
        if plural == LEADS and "contacts" not in wanted:
            embedded.pop("contacts")
        if plural == "contacts" and "leads" in wanted:
            embedded["leads"] = [{"id": lead} for lead in self._leads_of(row["id"])]
        return row | {"_embedded": embedded}


def _items(request: Request) -> Sequence[Any] | Reply:
    try:
        items = request.json()
    except ValueError:
        return problem(400, "Invalid JSON")
    if not isinstance(items, list) or not 1 <= len(items) <= LARGEST_BATCH:
        return bad("InvalidCount", "", "This collection should contain 1 to 250 elements.")
    return items


def _refusal(items: Sequence[Any], read: Sequence[tuple[Row, list[Invalid]]]) -> Reply | None:
    errors = {
        _key(item, place): found
        for place, (item, (_values, found)) in enumerate(zip(items, read, strict=True))
        if found
    }
    return invalid(errors) if errors else None


def _key(item: Any, place: int) -> str:
    given = item.get("request_id") if isinstance(item, dict) else None
    return str(given) if given is not None else str(place)


def _request_id(item: Row) -> Row:
    return {"request_id": str(item["request_id"])} if "request_id" in item else {}


def _answer(plural: str, rows: list[Row]) -> Reply:
    return Reply.json({"_links": {"self": {"href": f"/api/v4/{plural}"}}, "_embedded": {plural: rows}})
