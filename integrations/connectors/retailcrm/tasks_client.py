"""RetailCRM's tasks, and the look for orders of a customer: what follows a call.

The routes and the fields are those of the official PHP client (api-client-php, Model/Entity/Tasks and
Model/Filter/Tasks, as of 2026); tasks have no external id.
"""

from collections.abc import Mapping
from typing import Any

from integrations.capabilities import Repeat
from integrations.connectors.retailcrm.records_client import rows
from integrations.http.client import ApiClient
from integrations.http.messages import Request, as_json

Json = dict[str, Any]
PAGE_SIZE = 100


class TaskCalls:
    """Errors are told by the inspection of the account's client."""

    def __init__(self, http: ApiClient, site: str) -> None:
        self._http, self._site = http, site

    def open_with_text(self, text: str, since: str) -> list[Json]:
        """Tasks that nobody has done, made since that time (the account's clock), whose text contains this."""
        query = (
            ("filter[text]", text),
            ("filter[createdAtFrom]", since),
            ("limit", str(PAGE_SIZE)),
        )
        return rows(self._get("/api/v5/tasks", "tasks", query), "tasks")

    def create(self, task: Mapping[str, Any]) -> str:
        """The new one's id. A repetition would be another one."""
        answer = self._post("/api/v5/tasks/create", "create task", task, Repeat.NEVER)
        return str(answer.get("id") or "")

    def complete(self, task_id: str, commentary: str) -> None:
        """Saying it twice changes nothing."""
        task = {"complete": True, "commentary": commentary}
        self._post(f"/api/v5/tasks/{task_id}/edit", "complete task", task, Repeat.ALWAYS)

    def orders_of(self, customer_id: str) -> list[Json]:
        """Up to a hundred orders of a customer, the newest first."""
        query = (("filter[customerId]", customer_id), ("limit", str(PAGE_SIZE)))
        return rows(self._get("/api/v5/orders", "orders of a customer", query), "orders")

    def _get(self, path: str, operation: str, query: tuple[tuple[str, str], ...]) -> Json:
        request = Request(
            method="GET", path=path, operation=operation, query=query, repeat=Repeat.ALWAYS, attempts=3
        )
        return self._http.call(request).json_object()

    def _post(self, path: str, operation: str, task: Mapping[str, Any], repeat: Repeat) -> Json:
        form = {"task": as_json(task), **({"site": self._site} if self._site else {})}
        request = Request(method="POST", path=path, operation=operation, form=form, repeat=repeat)
        return self._http.call(request).json_object()
