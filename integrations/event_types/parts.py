"""Pieces that the schemas of this package share."""

from collections.abc import Mapping
from typing import Any, Final

from tenants.events import EXTERNAL, PUBLISHABLE

OPEN: Final = frozenset({PUBLISHABLE})
EXTERNALLY: Final = OPEN | {EXTERNAL}
TEXT: Final[Mapping[str, Any]] = {"type": "string"}
ID: Final[Mapping[str, Any]] = {
    "type": "string",
    "minLength": 1,
    "description": "As the publishing system knows it.",
}
TIME: Final[Mapping[str, Any]] = {"type": "string", "format": "date-time"}
COUNT: Final[Mapping[str, Any]] = {"type": "integer", "minimum": 0}
AMOUNT: Final[Mapping[str, Any]] = {
    "type": "string",
    "pattern": r"^-?[0-9]{1,18}(\.[0-9]{1,6})?$",
    "description": "A decimal number as text, such as 403.00.",
}
MONEY: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["amount", "currency"],
    "properties": {"amount": AMOUNT, "currency": {"type": "string", "minLength": 3, "maxLength": 3}},
}
CHANGED: Final[Mapping[str, Any]] = {
    "type": "array",
    "items": TEXT,
    "description": "Names of the fields that changed.",
}


def schema(*required: str, **properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object; fields beyond these are allowed, because every system has some of its own."""
    return {"type": "object", "required": list(required), "properties": properties}
