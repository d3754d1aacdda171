"""Customers, corporate ones and orders: lists with filters, history, creating, editing, and the reference books that they need."""

from collections.abc import Callable, Mapping
from typing import Any

from integrations.connectors.retailcrm.simulator.directory import refuse_unknown
from integrations.connectors.retailcrm.simulator.envelope import (
    NOT_A_CHOICE,
    NOT_VALID,
    ApiError,
    bad_entity,
    not_found,
    paged,
    success,
)
from integrations.connectors.retailcrm.simulator.forms import filters, json_parameter
from integrations.connectors.retailcrm.simulator.shop import CUSTOM_FIELDS, STATUSES, Shop
from integrations.connectors.retailcrm.simulator.state import Account
from tenants.simulation import Reply, Request, is_whole

HISTORY_FILTERS = {"sinceId", "startDate", "endDate", "customerId", "orderId"}
CUSTOMER_KEYS = {
    "externalId",
    "firstName",
    "lastName",
    "patronymic",
    "email",
    "phones",
    "managerId",
    "address",
    "customFields",
    "tags",
    "vip",
    "bad",
}
PARTS = ("companies", "addresses", "customerContacts")
CORPORATE_KEYS = {"externalId", "nickName", "managerId", "customFields", "tags", "vip", "bad", *PARTS}
ENTITIES = {"customers": "customer", "customers-corporate": "customer_corporate", "orders": "order"}
ORDER_KEYS = {
    "externalId",
    "number",
    "orderType",
    "orderMethod",
    "status",
    "statusComment",
    "managerId",
    "firstName",
    "lastName",
    "patronymic",
    "phone",
    "email",
    "customer",
    "items",
    "delivery",
    "customFields",
    "customerComment",
    "managerComment",
}


class _Kind:
    """What they have in common. `kind` is the word in paths, `many` that of lists, `one` that of forms."""

    kind: str
    many: str
    one: str
    keys: set[str]
    filters: set[str]

    def __init__(self, shop: Shop, account: Account) -> None:
        self._shop, self._account = shop, account

    def routes(self) -> dict[tuple[str, str], Callable[..., Reply]]:
        path = f"/api/v5/{self.kind}"
        return {
            ("GET", path): self.index,
            ("GET", f"{path}/history"): self.history,
            ("POST", f"{path}/create"): self.create,
            ("POST", f"{path}/{{id}}/edit"): self.edit,
        }

    def index(self, request: Request) -> Reply:
        wanted = filters(request)
        refuse_unknown(wanted, self.filters)
        with self._account.lock:
            rows = [dict(row) for row in self._shop.shelf(self.kind).rows.values() if self._fits(row, wanted)]
        return paged(request, self.many, [self._told(row) for row in rows])

    def _fits(self, row: Mapping[str, Any], wanted: Mapping[str, list[str]]) -> bool:
        ids, external = wanted.get("ids"), wanted.get("externalIds")
        if ids is not None and str(row["id"]) not in ids:
            return False
        return external is None or str(row.get("externalId", "")) in external

    def _told(self, row: dict[str, Any]) -> dict[str, Any]:
        if row["id"] not in self._shop.shelf(self.kind).broken:
            return row
        wrong: dict[type, Any] = {str: ["?"], int: "many", list: "none", dict: 5}
        return {key: value if key == "id" else wrong.get(type(value), {}) for key, value in row.items()}

    def history(self, request: Request) -> Reply:
        wanted = filters(request)
        refuse_unknown(wanted, HISTORY_FILTERS)
        since, start = wanted.get("sinceId", ["0"])[-1], wanted.get("startDate", [""])[-1]
        if not is_whole(since):
            raise ApiError("Validation error", {"filter[sinceId]": NOT_VALID})
        with self._account.lock:
            rows = [
                row
                for row in self._shop.shelf(self.kind).history
                if row["id"] > int(since) and row["createdAt"] >= start
            ]
        return paged(request, "history", rows)

    def create(self, request: Request) -> Reply:
        data = self._read(request)
        with self._account.lock:
            if data.get("externalId") and self._by_external(str(data["externalId"])):
                raise bad_entity(
                    {"externalId": f"{self.kind} with externalId={data['externalId']} already exists."}
                )
            row = self._shop.create(self.kind, data, is_ours=True)
        return success(id=row["id"])

    def edit(self, request: Request, id: str) -> Reply:
        data, by = self._read(request), request.form.get("by", "externalId")
        with self._account.lock:
            number = (int(id) if is_whole(id) else 0) if by == "id" else self._by_external(id)
            if number not in self._shop.shelf(self.kind).rows:
                raise not_found()
            self._shop.change(self.kind, number, data, is_ours=True)
        return success(id=number)

    def _by_external(self, external: str) -> int:
        rows = self._shop.shelf(self.kind).rows
        return next((number for number, row in rows.items() if row.get("externalId") == external), 0)

    def _read(self, request: Request) -> dict[str, Any]:
        data: dict[str, Any] = json_parameter(request, self.one, dict)
        errors = {
            name: "This form should not contain extra fields." for name in data if name not in self.keys
        }
        errors |= self._wrong(data)
        site = request.form.get("site", "")
        if site and site not in self._account.sites:
            errors["site"] = NOT_A_CHOICE
        if errors:
            raise bad_entity(errors)
        return data

    def _wrong(self, data: Mapping[str, Any]) -> dict[str, str]:
        manager = data.get("managerId")
        known = {code for code, _title, _type in CUSTOM_FIELDS[ENTITIES[self.kind]]}
        custom = data.get("customFields") or {}
        errors = {f"customFields.{name}": "Unknown field" for name in custom if name not in known}
        if manager is not None and manager not in self._account.users:
            errors["managerId"] = NOT_A_CHOICE
        return errors


class CustomerRecords(_Kind):
    """Customers; `filter[name]` searches names, e-mails and phones, as shop modules rely on."""

    kind = many = "customers"
    one = "customer"
    keys = CUSTOMER_KEYS
    filters = {"name", "ids", "externalIds"}

    def _fits(self, row: Mapping[str, Any], wanted: Mapping[str, list[str]]) -> bool:
        return super()._fits(row, wanted) and _is_named(row, wanted.get("name", [""])[-1])

    def _wrong(self, data: Mapping[str, Any]) -> dict[str, str]:
        phones = data.get("phones", [])
        is_list = isinstance(phones, list) and all(
            isinstance(one, dict) and "number" in one for one in phones
        )
        return super()._wrong(data) | ({} if is_list else {"phones": NOT_VALID})


class CorporateRecords(_Kind):
    """Corporate customers; their legal entities and addresses are entered with a new one only."""

    kind = "customers-corporate"
    many = "customersCorporate"
    one = "customerCorporate"
    keys = CORPORATE_KEYS
    filters = {"nickName", "ids", "externalIds"}

    def edit(self, request: Request, id: str) -> Reply:
        data = json_parameter(request, self.one, dict)
        own = {name: "This form should not contain extra fields." for name in data if name in PARTS}
        if own:
            raise bad_entity(own)
        return super().edit(request, id)

    def _fits(self, row: Mapping[str, Any], wanted: Mapping[str, list[str]]) -> bool:
        names = wanted.get("nickName")
        return super()._fits(row, wanted) and (names is None or row.get("nickName") in names)

    def _wrong(self, data: Mapping[str, Any]) -> dict[str, str]:
        wrong = {
            name: NOT_VALID
            for name in PARTS
            if not isinstance(data.get(name, []), list)
            or not all(isinstance(one, dict) for one in data.get(name, []))
        }
        return super()._wrong(data) | wrong

    def _told(self, row: dict[str, Any]) -> dict[str, Any]:
        """The main ones of its parts by their names."""
        main = {
            "mainCompany": next((one.get("name") for one in row.get("companies", [])), None),
            "mainAddress": next((one.get("text") for one in row.get("addresses", [])), None),
        }
        told = {name: {"id": 1, "name": value} for name, value in main.items() if value}
        return super()._told({"type": "customer_corporate", **row, **told})


class OrderRecords(_Kind):
    """Orders, their statuses, and the fields that this account has added."""

    kind = many = "orders"
    one = "order"
    keys = ORDER_KEYS
    filters = {"ids", "externalIds", "customerId"}

    def _fits(self, row: Mapping[str, Any], wanted: Mapping[str, list[str]]) -> bool:
        customer = wanted.get("customerId")
        is_theirs = customer is None or str((row.get("customer") or {}).get("id", "")) == customer[-1]
        return is_theirs and super()._fits(row, wanted)

    def routes(self) -> dict[tuple[str, str], Callable[..., Reply]]:
        return super().routes() | {
            ("GET", "/api/v5/reference/statuses"): self.statuses,
            ("GET", "/api/v5/custom-fields"): self.custom_fields,
        }

    def statuses(self, request: Request) -> Reply:
        found = {
            code: {"code": code, "name": name, "group": group, "active": True}
            for code, (name, group) in STATUSES.items()
        }
        return success(statuses=found)

    def custom_fields(self, request: Request) -> Reply:
        wanted = filters(request).get("entity", [""])[-1]
        rows = [
            {"code": code, "name": name, "type": type_, "entity": entity}
            for entity, fields in CUSTOM_FIELDS.items()
            for code, name, type_ in fields
            if wanted in ("", entity)
        ]
        return paged(request, "customFields", rows)

    def _wrong(self, data: Mapping[str, Any]) -> dict[str, str]:
        buyer = data.get("customer") or {}
        status, customer = data.get("status", "new"), buyer.get("id")
        errors = {} if status in STATUSES else {"status": NOT_A_CHOICE}
        is_company = buyer.get("type") == "customer_corporate"
        known = self._shop.corporate if is_company else self._shop.customers
        if customer is not None and customer not in known.rows:
            errors["customer"] = NOT_VALID
        return super()._wrong(data) | errors


def _is_named(row: Mapping[str, Any], sought: str) -> bool:
    digits = "".join(each for each in sought if each.isdigit())
    texts = [
        f"{row.get('firstName', '')} {row.get('lastName', '')}".lower(),
        str(row.get("email", "")).lower(),
    ]
    phones = [str(one.get("number", "")) for one in row.get("phones", [])]
    return any(sought.lower() in text for text in texts) or (
        len(digits) >= 4 and any(digits in phone for phone in phones)
    )
