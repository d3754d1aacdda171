"""The calls of RetailCRM's API v5 for customers, orders and their history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.capabilities import Repeat
from integrations.http.client import ApiClient
from integrations.http.messages import Request, as_json

PAGE_SIZE = 100
"""Legal everywhere: 20, 50, 100 and 250 for lists, 100 for history."""
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shelf:
    """How one kind of objects is called: in paths, in lists, as a field of a form, and in rows of its history."""

    path: str
    many: str
    one: str
    in_history: str


CUSTOMERS = Shelf("customers", "customers", "customer", "customer")
CORPORATE = Shelf("customers-corporate", "customersCorporate", "customerCorporate", "customer")
ORDERS = Shelf("orders", "orders", "order", "order")


class RecordCalls:
    """Errors are told by the inspection of the account's client."""

    def __init__(self, http: ApiClient, site: str) -> None:
        self._http, self._site = http, site

    def page(self, shelf: Shelf, number: int) -> Json:
        """Page by page, from 1."""
        return self._get(
            f"/api/v5/{shelf.path}", shelf.path, (("limit", str(PAGE_SIZE)), ("page", str(number)))
        )

    def by_ids(self, shelf: Shelf, ids: Sequence[str]) -> list[Json]:
        """Up to a hundred; who is not there (any more) is left out."""
        query = [("filter[ids][]", one) for one in ids]
        return rows(
            self._get(f"/api/v5/{shelf.path}", f"{shelf.path} by id", (*query, ("limit", str(PAGE_SIZE)))),
            shelf.many,
        )

    def by_external_id(self, shelf: Shelf, external_id: str) -> Json | None:
        """The one that we created under this key."""
        query = (("filter[externalIds][]", external_id), ("limit", "20"))
        return next(
            iter(rows(self._get(f"/api/v5/{shelf.path}", f"{shelf.path} by key", query), shelf.many)), None
        )

    def history(self, shelf: Shelf, since: Mapping[str, str], page: int = 1) -> Json:
        """What changed after `sinceId`, or since `startDate`, oldest first."""
        query = [(f"filter[{name}]", value) for name, value in since.items()]
        query += [("limit", str(PAGE_SIZE)), ("page", str(page))]
        return self._get(f"/api/v5/{shelf.path}/history", f"{shelf.path} history", tuple(query))

    def statuses(self) -> list[Json]:
        """The account's statuses of orders, with their groups."""
        found = self._get("/api/v5/reference/statuses", "statuses", ()).get("statuses")
        return [row for row in found.values() if isinstance(row, dict)] if isinstance(found, dict) else []

    def custom_fields(self, entity: str) -> list[Json]:
        """The fields that this account has added."""
        query = (("filter[entity]", entity), ("limit", str(PAGE_SIZE)))
        return rows(
            self._get("/api/v5/custom-fields", "custom fields", query, is_optional=True), "customFields"
        )

    def manager(self, phone: str, *, ignores_status: bool) -> Json:
        """Who is responsible for a number; every part of the answer may be missing."""
        flags = (("details", "1"), ("ignoreStatus", "1" if ignores_status else "0"))
        path = "/api/v5/telephony/manager"
        return self._get(
            path, "manager of a number", (("phone", phone), *flags), bucket="telephony", attempts=1
        )

    def create(self, shelf: Shelf, data: Json) -> str:
        """The new one's id."""
        answer = self._post(
            f"/api/v5/{shelf.path}/create", f"create {shelf.path}", {shelf.one: as_json(data)}
        )
        return str(answer.get("id") or "")

    def edit(self, shelf: Shelf, id_: str, data: Json) -> None:
        """What is not in `data` stays; saying it twice changes nothing."""
        form = {"by": "id", shelf.one: as_json(data)}
        self._post(f"/api/v5/{shelf.path}/{id_}/edit", f"edit {shelf.path}", form, Repeat.ALWAYS)

    def _get(
        self,
        path: str,
        operation: str,
        query: tuple[tuple[str, str], ...],
        *,
        bucket: str = "",
        attempts: int = 3,
        is_optional: bool = False,
    ) -> Json:
        request = Request(
            method="GET",
            path=path,
            operation=operation,
            query=query,
            bucket=bucket,
            repeat=Repeat.ALWAYS,
            attempts=attempts,
            is_optional=is_optional,
        )
        return self._http.call(request).json_object()

    def _post(
        self, path: str, operation: str, form: Mapping[str, str], repeat: Repeat = Repeat.NEVER
    ) -> Json:
        site = {"site": self._site} if self._site else {}
        request = Request(method="POST", path=path, operation=operation, form={**form, **site}, repeat=repeat)
        return self._http.call(request).json_object()


def rows(answer: Mapping[str, Any], name: str) -> list[Json]:
    """The objects of a list."""
    found = answer.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
