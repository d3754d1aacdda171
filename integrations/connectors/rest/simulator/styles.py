"""The styles of paging: a list and what was asked -> an answer. None gives more than `LARGEST` objects at once."""

import base64
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from tenants.simulation import Reply, is_whole

LARGEST = 100
Rows = list[dict[str, Any]]


class BadRequest(ValueError):
    """A parameter that is wrong; the text says which."""


def _whole(asked: Mapping[str, str], name: str, default: int, least: int) -> int:
    text = asked.get(name, str(default))
    if not is_whole(text) or int(text) < least:
        raise BadRequest(f"{name} must be a whole number from {least}")
    return int(text)


def _size(asked: Mapping[str, str]) -> int:
    return min(_whole(asked, "limit", 20, 1), LARGEST)


def everything(rows: Rows, asked: Mapping[str, str], address: str) -> Reply:
    """The answer itself is the list."""
    return Reply.json(rows)


def page(rows: Rows, asked: Mapping[str, str], address: str) -> Reply:
    number, size = _whole(asked, "page", 1, 1), _size(asked)
    return Reply.json(
        {"data": rows[(number - 1) * size : number * size], "meta": {"total": len(rows), "page": number}}
    )


def offset(rows: Rows, asked: Mapping[str, str], address: str) -> Reply:
    begin, size = _whole(asked, "offset", 0, 0), _size(asked)
    return Reply.json({"result": {"items": rows[begin : begin + size]}})


def cursor(rows: Rows, asked: Mapping[str, str], address: str) -> Reply:
    """A place behind an id, which stays what it is when objects come and go."""
    last, part = _after(asked), _size(asked)
    left = [row for row in rows if row["id"] > last]
    found = left[:part]
    more = base64.urlsafe_b64encode(str(found[-1]["id"]).encode()).decode() if len(left) > part else None
    return Reply.json({"items": found, "paging": {"next": more}})


def link(rows: Rows, asked: Mapping[str, str], address: str) -> Reply:
    begin, size = _whole(asked, "offset", 0, 0), _size(asked)
    found = rows[begin : begin + size]
    headers: tuple[tuple[str, str], ...] = ()
    if begin + size < len(rows):
        more = urlencode({**asked, "offset": begin + size, "limit": size})
        headers = (("Link", f'<{address}?{more}>; rel="next", <{address}>; rel="first"'),)
    return Reply.json(found, headers=headers)


def next_url(rows: Rows, asked: Mapping[str, str], address: str) -> Reply:
    """As OData does, with a dot in the name of the field."""
    begin, size = _whole(asked, "$skip", 0, 0), _size(asked)
    answer: dict[str, Any] = {"value": rows[begin : begin + size]}
    if begin + size < len(rows):
        answer["@odata.nextLink"] = f"{address}?{urlencode({**asked, '$skip': begin + size})}"
    return Reply.json(answer)


def _after(asked: Mapping[str, str]) -> int:
    text = asked.get("after", "")
    if not text:
        return 0
    try:
        return int(base64.urlsafe_b64decode(text.encode()))
    except ValueError as error:
        raise BadRequest("after is no cursor of ours") from error


STYLES: dict[str, Callable[[Rows, Mapping[str, str], str], Reply]] = {
    "all": everything,
    "page": page,
    "offset": offset,
    "cursor": cursor,
    "link": link,
    "next": next_url,
}
