"""`/rest/…`: employees, contacts and tasks, one request a second, with only the fields that were asked for."""

import hmac
import re
from collections.abc import Callable
from typing import Any

from integrations.connectors.planfix.simulator.filters import matches
from integrations.connectors.planfix.simulator.refusal import Refused
from integrations.connectors.planfix.simulator.shapes import FIELDS, PLURALS, checked, employee, shown
from integrations.connectors.planfix.simulator.state import Account, Row
from tenants.simulation import RateLimit, Reply, Request

LARGEST_PAGE = 100
# The status of a refusal for speed is not documented: 429 is what most expect.
TOO_FAST = 429
_PATH = re.compile(r"/rest/(contact|task|user|customfield)/([\w-]*)/?")


class Rest:
    """The REST API with one token. `changed` hears of every object that was created or changed by it."""

    def __init__(
        self, account: Account, token: str, *, limits_rate: bool, changed: Callable[[], None] = lambda: None
    ) -> None:
        self._account, self._token, self._changed = account, token, changed
        self._limit = RateLimit(1) if limits_rate else None
        self.daily_left: int | None = None

    def answer(self, request: Request) -> Reply:
        if self._limit is not None and not self._limit.admit():
            return self.too_many()
        scheme, _space, token = request.header("authorization").partition(" ")
        if scheme != "Bearer" or not hmac.compare_digest(token.encode(), self._token.encode()):
            return self.refusal()
        if self.daily_left is not None:
            if self.daily_left <= 0:
                return Refused(22, "Daily request limit exceeded").reply()
            self.daily_left -= 1
        match = _PATH.fullmatch(request.path)
        try:
            if match is None:
                raise Refused(0, "Unknown method", 404)
            return self._answer(request, match[1], match[2])
        except Refused as refused:
            return refused.reply()

    def too_many(self) -> Reply:
        return Reply.json({"result": "fail", "error": "Too many requests"}, TOO_FAST)

    def refusal(self) -> Reply:
        return Refused(1, "Invalid token", 401).reply()

    def _answer(self, request: Request, what: str, name: str) -> Reply:
        if what == "customfield" and request.method == "GET" and name in FIELDS:
            return Reply.json({"result": "success", "customfields": list(FIELDS[name])})
        if name == "list" and request.method == "POST":
            return self._users(_body(request)) if what == "user" else self._list(what, _body(request))
        if what in PLURALS and request.method == "GET":
            return self._one(what, name, request.query.get("fields", "id"))
        if what in PLURALS and request.method == "POST":
            return (
                self._create(what, _body(request)) if not name else self._update(what, name, _body(request))
            )
        raise Refused(0, "Unknown method", 404)

    def _users(self, wanted: Row) -> Reply:
        offset, size = _place(wanted)
        page = self._account.employees[offset : offset + size]
        names = _names(wanted.get("fields"))
        return Reply.json({"result": "success", "users": [employee(one, names) for one in page]})

    def _list(self, what: str, wanted: Row) -> Reply:
        offset, size = _place(wanted)
        filters = wanted.get("filters", [])
        if not isinstance(filters, list):
            raise Refused(41, "Invalid parameter value: filters")
        is_company = wanted.get("isCompany", False)
        with self._account.lock:
            found = [
                row
                for row in self._account.tables[what].values()
                if not row.get("isDeleted")
                and (what != "contact" or bool(row.get("isCompany")) is is_company)
                and all(matches(one, row) for one in filters)
            ]
            page = [self._shown(what, row, wanted.get("fields")) for row in found[offset : offset + size]]
        return Reply.json({"result": "success", PLURALS[what]: page})

    def _one(self, what: str, number: str, fields: str) -> Reply:
        with self._account.lock:
            row = self._row(what, number)
            return Reply.json({"result": "success", what: self._shown(what, row, fields)})

    def _create(self, what: str, body: Row) -> Reply:
        fields = checked(what, body, is_new=True)
        row = self._account.add(what, **fields)
        self._changed()
        return Reply.json({"result": "success", "id": row["id"]}, 201)

    def _update(self, what: str, number: str, body: Row) -> Reply:
        with self._account.lock:
            row = self._row(what, number)
            custom = row.get("customFieldData", {})
            news = checked(what, body, is_new=False)
            row |= news | {"customFieldData": custom | news.get("customFieldData", {})}
            row["changed"] = self._account.now()
        self._changed()
        return Reply.json({"result": "success"})

    def _row(self, what: str, number: str) -> Row:
        row = self._account.tables[what].get(int(number)) if number.isascii() and number.isdecimal() else None
        if row is None or row.get("isDeleted"):
            code = 2000 if what == "contact" else 1000
            raise Refused(code, f"{what.capitalize()} not found", 404)
        return row

    def _shown(self, what: str, row: Row, fields: object) -> Row:
        return shown(what, row, _names(fields), is_broken=row["id"] in self._account.broken)


def _body(request: Request) -> Row:
    try:
        wanted = request.json()
    except ValueError:
        wanted = None
    if not isinstance(wanted, dict):
        raise Refused(30, "Invalid JSON")
    return wanted


def _place(wanted: Row) -> tuple[int, int]:
    offset, size = wanted.get("offset", 0), wanted.get("pageSize", LARGEST_PAGE)
    if not _is_number(offset) or not _is_number(size) or not 1 <= size <= LARGEST_PAGE:
        raise Refused(41, "Invalid parameter value")
    return offset, size


def _names(fields: object) -> list[str]:
    return [name.strip() for name in str(fields or "id").split(",")]


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
