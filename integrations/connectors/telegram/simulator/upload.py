"""What a request brings: JSON, a form, the query, or a form of several parts with files in it."""

import json
import re
from dataclasses import dataclass
from typing import Any

from tenants.simulation import Request

WORDS = ("text", "caption")
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_NAME = re.compile(rb'name="([^"]*)"')
_FILE_NAME = re.compile(rb'filename="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file of the request."""

    name: str
    content: bytes


class Unreadable(ValueError):
    """The body is not what its type says."""


def data_of(request: Request) -> dict[str, Any]:
    """The fields; those of a form that look like JSON are parsed, files are `Uploaded`."""
    if request.content_type == "application/json":
        try:
            found = request.json()
        except ValueError as error:
            raise Unreadable("can't parse the request's JSON") from error
        if not isinstance(found, dict):
            raise Unreadable("object expected")
        return found
    if request.content_type == "multipart/form-data":
        return _parts(request)
    return {name: _nested(value) for name, value in {**request.query, **request.form}.items()}


def _parts(request: Request) -> dict[str, Any]:
    boundary = _BOUNDARY.search(request.header("content-type"))
    if boundary is None:
        raise Unreadable("there is no boundary")
    found: dict[str, Any] = {}
    for part in request.body.split(b"--" + boundary[1].encode())[1:-1]:
        head, _blank, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name, file = _NAME.search(head), _FILE_NAME.search(head)
        if name is None:
            raise Unreadable("a part has no name")
        content = content.removesuffix(b"\r\n")
        key = name[1].decode("utf-8", "replace")
        if file is None:
            text = content.decode("utf-8", "replace")
            found[key] = text if key in WORDS else _nested(text)
        else:
            found[key] = Uploaded(file[1].decode("utf-8", "replace"), content)
    return found


def _nested(value: str) -> Any:
    if value in ("true", "false"):
        return value == "true"
    if value[:1] not in "{[" or not value:
        return int(value) if value.lstrip("-").isdigit() and len(value) < 18 else value
    try:
        return json.loads(value)
    except ValueError:
        return value
