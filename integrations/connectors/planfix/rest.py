"""Planfix's REST API: employees, contacts and tasks. One request a second, so nothing is asked that is not needed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from integrations.capabilities import Repeat
from integrations.connectors.planfix.manifest import REST
from integrations.connectors.planfix.refusals import Absent, inspect_whole
from integrations.http.client import ApiClient
from integrations.http.errors import OutcomeUnknown
from integrations.http.messages import Request
from integrations.live import Live
from tenants.errors import ConfigError

PAGE_SIZE: Final = 100
MOST_PAGES: Final = 1000
USER_FIELDS: Final = "id,name,lastname,email,status"
PLURALS: Final = {"contact": "contacts", "task": "tasks"}

Row = dict[str, Any]
Filters = Sequence[Mapping[str, Any]]


class Rest:
    """One method for each call. `what` is contact or task: what their paths and answers are named by."""

    def __init__(self, http: ApiClient, live: Live) -> None:
        self._http = http
        self._token = str(live.credentials.get("rest_token") or "")

    @property
    def is_ready(self) -> bool:
        return bool(self._token)

    def users(self, page_size: int = PAGE_SIZE) -> Iterator[Row]:
        """All employees, page by page."""
        for page in range(MOST_PAGES):
            found = self.user_page(page * page_size, page_size)
            yield from found
            if len(found) < page_size:
                return

    def user_page(self, offset: int, size: int) -> list[Row]:
        """Up to 100 employees. Without `fields` the rows would be nearly empty."""
        body = {"offset": offset, "pageSize": size, "fields": USER_FIELDS}
        return rows(self._read("POST", "/rest/user/list", "users", body), "users", needed=False)

    def page(
        self, what: str, offset: int, fields: str, filters: Filters, more: Mapping[str, Any]
    ) -> list[Row]:
        """Up to 100 objects."""
        body = {"offset": offset, "pageSize": PAGE_SIZE, "fields": fields, "filters": list(filters), **more}
        return rows(self._read("POST", f"/rest/{what}/list", PLURALS[what], body), PLURALS[what])

    def one(self, what: str, number: str, fields: str) -> Row | None:
        """None when it is not there."""
        try:
            answer = self._read(
                "GET", f"/rest/{what}/{number}", what, query=(("fields", fields),), is_optional=True
            )
        except Absent:
            return None
        return as_object(answer.get(what)) or None

    def custom_fields(self, what: str) -> list[Row]:
        """The account's own fields."""
        answer = self._read("GET", f"/rest/customfield/{what}", f"{what} fields", is_optional=True)
        return rows(answer, "customfields", needed=False)

    def create(self, what: str, body: Row) -> str:
        """Its id. A repetition would create it again."""
        answer = self._send(f"/rest/{what}/", f"{what} create", body, Repeat.NEVER)
        number = answer.get("id")
        if isinstance(number, bool) or not isinstance(number, int | str) or not str(number).isdecimal():
            raise OutcomeUnknown(_("Planfix did not say what became of this object."))
        return str(number)

    def update(self, what: str, number: str, body: Row) -> None:
        """Only what is named changes; the same again changes nothing."""
        self._send(f"/rest/{what}/{number}", f"{what} update", body, Repeat.ALWAYS)

    def _send(self, path: str, operation: str, body: Row, repeat: Repeat) -> Row:
        request = Request(
            method="POST",
            path=path,
            operation=operation,
            json=body,
            headers=self._headers(),
            bucket=REST,
            repeat=repeat,
        )
        return self._call(request)

    def _read(
        self, method: str, path: str, operation: str, body: Row | None = None, query: tuple[tuple[str, str], ...] = (), *, is_optional: bool = False
    ) -> Row:  # fmt: skip
        request = Request(
            method=method,
            path=path,
            operation=operation,
            query=query,
            json=body,
            headers=self._headers(),
            bucket=REST,
            repeat=Repeat.ALWAYS,
            attempts=3,
            changes=False,
            is_optional=is_optional,
        )
        return self._call(request)

    def _call(self, request: Request) -> Row:
        self._http.inspect = inspect_whole
        return self._http.call(request).json_object()

    def _headers(self) -> Mapping[str, str]:
        if not self._token:
            raise ConfigError(_("Enter the REST API token: Planfix shows its data by it only."))
        return {"Authorization": f"Bearer {self._token}"}


def rows(answer: Row, name: str, *, needed: bool = True) -> list[Row]:
    found = answer.get(name)
    if not isinstance(found, list):
        if needed:
            raise OutcomeUnknown(
                _("The outside system answered in a form that we do not know."), detail=f"no {name}"
            )
        return []
    return [row for row in found if isinstance(row, dict)]


def as_object(value: object) -> Row:
    return value if isinstance(value, dict) else {}
