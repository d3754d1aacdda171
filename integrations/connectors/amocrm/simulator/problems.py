"""Refusals in the form that amoCRM gives them: problem+json, hand-made errors of calls, and pages of its front servers."""

from dataclasses import dataclass
from typing import Any

from tenants.simulation import Reply

PROBLEM = "application/problem+json"
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
}


@dataclass(frozen=True, slots=True)
class Invalid(Exception):
    """One field of one item of a request."""

    code: str
    path: str
    detail: str

    def row(self) -> dict[str, str]:
        return {"code": self.code, "path": self.path, "detail": self.detail}


def problem(status: int, detail: str, **more: Any) -> Reply:
    title = _TITLES[status]
    body = {
        "title": title,
        "type": f"https://httpstatus.es/{status}",
        "status": status,
        "detail": detail,
    } | more
    return as_problem(Reply.json(body, status))


def invalid(errors: dict[str, list[Invalid]]) -> Reply:
    """400: the whole request is refused; the items that are wrong are named by their `request_id`."""
    rows = [
        {"request_id": key, "errors": [each.row() for each in found]}
        for key, found in errors.items()
        if found
    ]
    return problem(400, "Request validation failed", **{"validation-errors": rows})


def bad(code: str, path: str, detail: str) -> Reply:
    return invalid({"0": [Invalid(code, path, detail)]})


def as_problem(reply: Reply) -> Reply:
    return Reply(reply.status, reply.body, PROBLEM)


def too_many() -> Reply:
    """The front servers answer, in no form that a program could read."""
    return Reply.html("<html><body><h1>429 Too Many Requests</h1></body></html>", 429)


def blocked() -> Reply:
    return Reply.html("<html><body><h1>403 Forbidden</h1></body></html>", 403)
