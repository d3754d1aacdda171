"""Lists as OData has them: $top, $skip, $filter by the time of change, next links, and delta links that name what went."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from integrations.connectors.rest.simulator.store import Store
from integrations.connectors.rest.simulator.styles import BadRequest
from tenants.simulation import Reply, is_whole

LARGEST = 50
_FILTER = re.compile(r"updated_at ge (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00))")
KNOWN = {"$top", "$skip", "$skiptoken", "$filter", "$count", "$deltatoken", "api_token"}


def collection(store: Store, name: str, asked: Mapping[str, str], address: str) -> Reply:
    """A page of `$top` objects at most, of 50 in any case; then the link to the next one."""
    _refuse_unknown(asked)
    rows = store.since(name, _since(asked))
    begin = _whole(asked, "$skip", 0) + _whole(asked, "$skiptoken", 0)
    size = min(_whole(asked, "$top", LARGEST), LARGEST)
    answer: dict[str, Any] = {"@odata.context": f"{address}/$metadata"}
    if asked.get("$count") == "true":
        answer["@odata.count"] = len(rows)
    answer["value"] = rows[begin : begin + size]
    if begin + size < len(rows):
        kept = {key: value for key, value in asked.items() if key not in ("$skiptoken", "$skip")}
        answer["@odata.nextLink"] = f"{address}?{urlencode({**kept, '$skiptoken': begin + size})}"
    return Reply.json(answer)


def delta(store: Store, name: str, asked: Mapping[str, str], address: str) -> Reply:
    """Everything at first; behind the last page a link that tells what changed and went since."""
    _refuse_unknown(asked)
    after, begin = _whole(asked, "$deltatoken", 0), _whole(asked, "$skiptoken", 0)
    happened, now = store.journal(name, after)
    page = happened[begin : begin + LARGEST]
    more = begin + LARGEST < len(happened)
    link = {"$deltatoken": after, "$skiptoken": begin + LARGEST} if more else {"$deltatoken": now}
    key = "@odata.nextLink" if more else "@odata.deltaLink"
    return Reply.json({"value": page, key: f"{address}?{urlencode(link)}"})


def _since(asked: Mapping[str, str]) -> str:
    text = asked.get("$filter", "")
    if not text:
        return ""
    found = _FILTER.fullmatch(text)
    if found is None:
        raise BadRequest("Invalid filter clause")
    return found[1].replace("+00:00", "Z")


def _whole(asked: Mapping[str, str], name: str, default: int) -> int:
    text = asked.get(name, str(default))
    if not is_whole(text):
        raise BadRequest(f"{name} must be a whole number")
    return int(text)


def _refuse_unknown(asked: Mapping[str, str]) -> None:
    for name in asked:
        if name not in KNOWN:
            raise BadRequest(f"The query parameter {name} is not supported")
