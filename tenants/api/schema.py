"""How the API describes itself: the scope that each operation asks for, and the problems that any may answer with."""

from typing import Any

from django.http import HttpRequest
from drf_spectacular.openapi import AutoSchema

from tenants.api.permissions import HasScope, scope_for

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `errors` names each wrong field of the request.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "example": "about:blank"},
        "title": {"type": "string", "example": "Bad Request"},
        "status": {"type": "integer", "example": 400},
        "code": {"type": "string", "description": "For programs.", "example": "invalid"},
        "detail": {"type": "string", "description": "For people, in the language of Accept-Language."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message", "code"],
                "properties": {
                    "field": {"type": "string", "example": "lines[1].price"},
                    "message": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
}
LIMITS = {
    "RateLimit-Policy": "The limit: `q` requests in `w` seconds.",
    "RateLimit": "`r` requests are left; `t` seconds until there are more.",
}
ANSWERS = {
    "401": "No credential, or one that is unknown, expired or revoked.",
    "403": "The credential lacks the scope, or may not be used from this address.",
    "429": "Too many requests; Retry-After says when to come back.",
    "default": "Any other problem.",
}


class Schema(AutoSchema):
    """Adds what the permissions ask for."""

    def required_scopes(self) -> list[str]:
        """None where any credential will do."""
        asks = any(type(one) is HasScope for one in self.view.get_permissions())
        return [scope_for(self.view, self.method)] if asks and hasattr(self.view, "resource") else []

    def get_operation(self, *args: Any, **options: Any) -> Any:
        operation = super().get_operation(*args, **options)
        scopes = self.required_scopes() if operation else []
        if operation and scopes:
            note = f"Scope: `{scopes[0]}`."
            operation["description"] = f"{operation.get('description', '')}\n\n{note}".strip()
            operation["x-required-scopes"] = scopes
        return operation


def add_problems(result: Any, generator: Any, request: HttpRequest | None, public: bool) -> Any:
    """Every operation tells its limits, and may answer with a problem."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    for path in result["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                _complete(operation["responses"])
    return result


def _complete(responses: dict[str, Any]) -> None:
    described = {name: {"schema": {"type": "string"}, "description": text} for name, text in LIMITS.items()}
    for status, answer in responses.items():
        if status.startswith("2"):
            answer.setdefault("headers", {}).update(described)
    for status, text in ANSWERS.items():
        responses.setdefault(
            status,
            {
                "description": text,
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        )
    responses["429"]["headers"] = {
        **described,
        "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."},
    }
