"""`crm.*`: objects by `crm.item.*`, dictionaries, and the search for duplicates."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from integrations.connectors.bitrix24.simulator.access import Caller
from integrations.connectors.bitrix24.simulator.errors import Refused, mapping, whole
from integrations.connectors.bitrix24.simulator.fields import FIELDS, NOT_WRITTEN, clean, described
from integrations.connectors.bitrix24.simulator.php import php_array
from integrations.connectors.bitrix24.simulator.state import (
    CONTACT,
    DEAL,
    LEAD,
    NAMES,
    STATUSES,
    Item,
    Portal,
)

PAGE = 50
MOST_VALUES = 20
_FILTER = re.compile(r"(>=|<=|!=|!@|=%|!%|[<>@=%!]?)(.+)")

Params = Mapping[str, Any]
Changed = Callable[[str, int], None]


class Crm:
    """The methods over one portal; `changed` is told of each change as ONCRM… with the object's id."""

    def __init__(self, portal: Portal, changed: Changed) -> None:
        self._portal, self._changed = portal, changed

    def page(self, params: Params, caller: Caller) -> tuple[dict[str, Any], dict[str, int]]:
        """The page, and what stands beside `result`: `next` and `total`, unless `start` is -1."""
        kind = _kind(params)
        start = whole(params.get("start", 0) or 0, "start")
        found = [item for item in self._all(kind) if _fits(item, mapping(params.get("filter"), "filter"))]
        found = _ordered(found, mapping(params.get("order"), "order") or {"id": "ASC"})
        page = found[max(start, 0) : max(start, 0) + PAGE]
        beside: dict[str, int] = {} if start == -1 else {"total": len(found)}
        if start != -1 and start + PAGE < len(found):
            beside["next"] = start + PAGE
        return {"items": [_selected(item, params.get("select") or ["*"]) for item in page]}, beside

    def get(self, params: Params, caller: Caller) -> dict[str, Any]:
        return {"item": self._item(params)}

    def add(self, params: Params, caller: Caller) -> dict[str, Any]:
        return {"item": self.create(_kind(params), mapping(params.get("fields"), "fields"))}

    def create(self, kind: int, fields: Mapping[str, Any]) -> Item:
        """A new object; field names that nobody knows are silently ignored."""
        number, now = self._portal.next_id(), self._portal.now()
        item: Item = {
            "id": number,
            "title": "",
            "stageId": "NEW",
            "assignedById": 1,
            "opened": "Y",
            "fm": [],
            "createdTime": now,
            "updatedTime": now,
        } | {name: clean(kind, name, value) for name, value in fields.items() if name in FIELDS[kind]}
        item["fm"] = self._multifields(fields.get("fm"))
        item = {name: value for name, value in item.items() if name in FIELDS[kind]} | {"entityTypeId": kind}
        _derive(kind, item)
        with self._portal.lock:
            self._portal.items[kind][number] = item
        self._changed(f"ONCRM{NAMES[kind]}ADD", number)
        return dict(item)

    def update(self, params: Params, caller: Caller) -> dict[str, Any]:
        """Only adds to `fm`; read-only fields are ignored, but an id among the fields is an error."""
        kind, fields = _kind(params), mapping(params.get("fields"), "fields")
        item = self._item(params)
        if "id" in fields:
            raise Refused("0", "Setting value for Primary ID is not allowed, it is read-only field")
        known = {name: value for name, value in fields.items() if name in FIELDS[kind] - NOT_WRITTEN}
        with self._portal.lock:
            item = self._portal.items[kind][item["id"]]
            before = dict(item)
            item |= {name: clean(kind, name, value) for name, value in known.items() if name != "fm"}
            item["fm"] = [*item.get("fm", []), *self._multifields(known.get("fm"))]
            _derive(kind, item)
            if item == before:
                return {"item": dict(item)}
            item["updatedTime"] = self._portal.now()
        self._changed(f"ONCRM{NAMES[kind]}UPDATE", item["id"])
        return {"item": dict(item)}

    def delete(self, params: Params, caller: Caller) -> list[Any]:
        kind, item = _kind(params), self._item(params)
        with self._portal.lock:
            self._portal.items[kind].pop(item["id"], None)
        self._changed(f"ONCRM{NAMES[kind]}DELETE", item["id"])
        return []

    def fields(self, params: Params, caller: Caller) -> dict[str, Any]:
        return {"fields": described(_kind(params))}

    def statuses(self, params: Params, caller: Caller) -> list[dict[str, Any]]:
        wanted = mapping(params.get("filter"), "filter").get("ENTITY_ID")
        return [
            {
                "ID": str(number),
                "ENTITY_ID": entity,
                "STATUS_ID": status,
                "NAME": name,
                "SORT": str(number * 10),
                "SEMANTICS": semantics or None,
            }
            for number, (entity, status, name, semantics) in enumerate(STATUSES, 1)
            if not wanted or entity == wanted
        ]

    def duplicates(self, params: Params, caller: Caller) -> Any:
        type_id, values = str(params.get("type", "")), params.get("values")
        if type_id not in ("PHONE", "EMAIL") or not isinstance(values, list):
            raise Refused("", "Communication type is not specified or is not supported")
        if not 0 < len(values) <= MOST_VALUES:
            raise Refused("", "The number of values is out of range")
        found = self._portal.found_by(type_id, map(str, values))
        wanted = str(params.get("entity_type", ""))
        return php_array(
            {
                NAMES[kind]: [item["id"] for item in items]
                for kind, items in found.items()
                if items and kind != DEAL and wanted in ("", NAMES[kind])
            }
        )

    def _all(self, kind: int) -> list[Item]:
        with self._portal.lock:
            return [dict(item) for item in self._portal.items[kind].values()]

    def _item(self, params: Params) -> Item:
        with self._portal.lock:
            found = self._portal.items[_kind(params)].get(whole(params.get("id", ""), "id"))
            if found is None:
                raise Refused("NOT_FOUND", "Элемент не найден")
            return dict(found)

    def _multifields(self, values: Any) -> list[dict[str, Any]]:
        rows = list(values.values()) if isinstance(values, dict) else values or []
        return [
            {
                "id": self._portal.next_id(),
                "typeId": str(row.get("typeId", "")),
                "valueType": str(row.get("valueType", "WORK")),
                "value": str(row.get("value", "")),
            }
            for row in rows
            if isinstance(row, dict) and row.get("value")
        ]


def _kind(params: Params) -> int:
    kind = whole(params.get("entityTypeId", ""), "entityTypeId")
    if kind not in NAMES:
        raise Refused("ENTITY_TYPE_NOT_SUPPORTED", "Entity type is not supported")
    return kind


def _derive(kind: int, item: Item) -> None:
    """What the portal fills in itself."""
    name = NAMES[kind].capitalize()
    if kind == CONTACT:
        item["lastName"] = (
            item.get("lastName") or (item.get("name") and item.get("lastName")) or f"{name} #{item['id']}"
        )
    elif not item.get("title"):
        item["title"] = f"{name} #{item['id']}"
    if kind in (LEAD, DEAL):
        stage = item.get("stageId", "NEW")
        semantics = {status: found for _entity, status, _name, found in STATUSES}.get(stage, "")
        item["stageSemanticId"] = semantics or "P"
        if item.get("contactIds") and not item.get("contactId"):
            item["contactId"] = item["contactIds"][0]


def _selected(item: Item, select: Any) -> Item:
    """`fm` comes only with everything else."""
    if "*" in select:
        return item
    return {name: item.get(name) for name in ["id", *select] if name != "fm"}


def _ordered(items: list[Item], order: Mapping[str, str]) -> list[Item]:
    for name, way in reversed(list(order.items())):
        items = sorted(
            items, key=lambda item: _comparable(name, item.get(name)), reverse=str(way).upper() == "DESC"
        )
    return items


def _fits(item: Item, wanted: Mapping[str, Any]) -> bool:
    return all(_matches(item, name, value) for name, value in wanted.items())


def _matches(item: Item, condition: str, value: Any) -> bool:
    match = _FILTER.fullmatch(condition)
    sign, name = (match[1], match[2]) if match else ("", condition)
    if name in ("fm", "contacts", "companies") or name not in FIELDS[item["entityTypeId"]]:
        raise Refused("100", f"Поле «{name}» не найдено")
    found = _comparable(name, item.get(name))
    if sign == "@" or isinstance(value, list):
        return found in [_comparable(name, one) for one in (value if isinstance(value, list) else [value])]
    given = _comparable(name, value)
    tests: dict[str, bool] = {
        "": found == given,
        "=": found == given,
        "!=": found != given,
        ">": found > given,
        ">=": found >= given,
        "<": found < given,
        "<=": found <= given,
    }
    if sign not in tests:
        raise Refused("INVALID_ARG_VALUE", f"The simulator does not know the filter {sign}")
    return tests[sign]


def _comparable(name: str, value: Any) -> Any:
    if name.endswith("Time"):
        try:
            return datetime.fromisoformat(str(value)).timestamp()
        except ValueError as error:
            raise Refused("INVALID_ARG_VALUE", f"{name} should be in the ISO-8601 format") from error
    return whole(value or 0, name) if name in ("id", "assignedById", "categoryId") else str(value or "")
