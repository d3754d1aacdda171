"""`POST /rest/user/list`: employees in pages, with only the fields that were asked for."""

import hmac
from typing import Any

from integrations.connectors.planfix.simulator.state import Account, Employee
from tenants.simulation import RateLimit, Reply, Request

LARGEST_PAGE = 100
# The status of a refusal for speed is not documented: 429 is what most expect.
TOO_FAST = 429


class Rest:
    """The REST API with one token, one request a second."""

    def __init__(self, account: Account, token: str, *, limits_rate: bool) -> None:
        self._account, self._token = account, token
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
                return _fail(22, "Daily request limit exceeded")
            self.daily_left -= 1
        if (request.method, request.path) != ("POST", "/rest/user/list"):
            return Reply.json({"result": "fail", "code": 0, "error": "Unknown method"}, 404)
        return self._users(request)

    def too_many(self) -> Reply:
        return Reply.json({"result": "fail", "error": "Too many requests"}, TOO_FAST)

    def refusal(self) -> Reply:
        return _fail(1, "Invalid token", 401)

    def _users(self, request: Request) -> Reply:
        try:
            wanted = request.json()
        except ValueError:
            return _fail(30, "Invalid JSON")
        if not isinstance(wanted, dict):
            return _fail(30, "Invalid JSON")
        offset, size = wanted.get("offset", 0), wanted.get("pageSize", LARGEST_PAGE)
        if not _is_number(offset) or not _is_number(size) or not 1 <= size <= LARGEST_PAGE:
            return _fail(41, "Invalid parameter value")
        fields = [name.strip() for name in str(wanted.get("fields", "id")).split(",")]
        page = self._account.employees[offset : offset + size]
        return Reply.json({"result": "success", "users": [_row(one, fields) for one in page]})


def _row(one: Employee, fields: list[str]) -> dict[str, Any]:
    known: dict[str, Any] = {
        "id": one.id,
        "name": one.name,
        "lastname": one.lastname,
        "email": one.email,
        "status": one.status,
    }
    return {name: known[name] for name in fields if name in known}


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _fail(code: int, text: str, status: int = 400) -> Reply:
    return Reply.json({"result": "fail", "code": code, "error": text}, status)
