"""Refusals, each with the code, the words and the status that Bitrix24 documents."""

from typing import Any


class Refused(Exception):
    """Ends the request, or one call of a batch."""

    def __init__(self, code: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status

    def body(self) -> dict[str, Any]:
        return {"error": self.code, "error_description": self.text}


def core(text: str) -> Refused:
    """What telephony says of any wrong parameter."""
    return Refused("ERROR_CORE", text)


def whole(value: Any, text: str) -> int:
    """A number, which forms and batches send as text."""
    if isinstance(value, bool) or not str(value).lstrip("-").isdecimal() or len(str(value)) > 15:
        raise Refused("INVALID_ARG_VALUE", text)
    return int(value)


def mapping(value: Any, name: str) -> dict[str, Any]:
    """An object; PHP has one word for an empty object and an empty list."""
    if value in (None, "", []):
        return {}
    if not isinstance(value, dict):
        raise Refused("INVALID_ARG_VALUE", f"{name} should be an object")
    return value
