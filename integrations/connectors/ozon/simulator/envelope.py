"""Ozon's answers: errors as gRPC gateways write them, cursors, and the checks of a request's body."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

from tenants.simulation import Reply, Request
from tenants.simulation.messages import json_object

INVALID, NOT_FOUND, FORBIDDEN, EXHAUSTED, UNAUTHENTICATED = 3, 5, 7, 8, 16
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


class ApiError(Exception):
    """A refusal: a code of gRPC's, and an HTTP status."""

    def __init__(self, code: int, message: str, status: int) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status

    def reply(self) -> Reply:
        body = {"code": self.code, "message": self.message, "details": []}
        return Reply.json(body, self.status)


def invalid(message: str) -> ApiError:
    return ApiError(INVALID, message, 400)


def not_found(message: str) -> ApiError:
    return ApiError(NOT_FOUND, message, 404)


class Body:
    """The JSON object of a request; whatever it has beyond the known names is refused, and values of wrong types."""

    def __init__(self, data: Any, known: str, where: str = "") -> None:
        if not isinstance(data, dict):
            raise invalid(f"proto: (line 1:1): unexpected token: {where or 'body'} must be an object")
        unknown = sorted(set(data) - set(known.split()))
        if unknown:
            raise invalid(f'proto: (line 1:2): unknown field "{unknown[0]}"')
        self._data, self._where = data, where

    @classmethod
    def of(cls, request: Request, known: str) -> "Body":
        if request.content_type != "application/json":
            raise invalid("send application/json")
        try:
            return cls(json_object(request), known)
        except ValueError as error:
            raise invalid(f"proto: syntax error: {error}") from error

    def part(self, name: str, known: str) -> "Body":
        return Body(self._data.get(name) or {}, known, name)

    def has(self, name: str) -> bool:
        return self._data.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        value = self._data.get(name, default)
        if not isinstance(value, str):
            raise self._wrong(name)
        return value

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        value = self._data.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name)
        if not least <= value <= most:
            raise invalid(
                f"Request validation error: invalid {self._where}{name}: must be in [{least}, {most}]"
            )
        return value

    def list(self, name: str, most: int = 1000) -> list[Any]:
        value = self._data.get(name) or []
        if not isinstance(value, list):
            raise self._wrong(name)
        if len(value) > most:
            raise invalid(f"Request validation error: {name} must contain no more than {most} items")
        return value

    def time(self, name: str) -> datetime | None:
        value = self._data.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str) or not _TIME.fullmatch(value):
            raise self._wrong(name)
        return datetime.fromisoformat(value)

    def _wrong(self, name: str) -> ApiError:
        return invalid(f"proto: (line 1:9): invalid value for field {self._where}{name}")


def pack(place: str) -> str:
    """A cursor: opaque to whoever gets it."""
    return urlsafe_b64encode(place.encode()).decode()


def unpack(cursor: str) -> str:
    try:
        return urlsafe_b64decode(cursor.encode()).decode()
    except ValueError as error:
        raise invalid("invalid cursor") from error


def stamp(moment: datetime) -> str:
    """Zulu time; a fraction only where there is one."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def spoiled(row: dict[str, Any], *kept: str) -> dict[str, Any]:
    """The same keys with values of wrong types."""
    wrong: dict[type, Any] = {str: ["?"], int: "many", list: "none", dict: 5, bool: "maybe"}
    return {key: value if key in kept else wrong.get(type(value), {"odd": [1]}) for key, value in row.items()}
