"""Lists in pages: filters, order, and 204 where there is nothing."""

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from integrations.connectors.amocrm.simulator.problems import bad
from integrations.connectors.amocrm.simulator.state import Account, Row, digits
from tenants.simulation import Reply, Request, is_whole

LARGEST_PAGE, USUAL_PAGE = 250, 50
_RANGE = re.compile(r"filter\[(updated_at|created_at)\]\[(from|to)\]")
_ORDER = re.compile(r"order\[(updated_at|created_at|id)\]")
_IDS = re.compile(r"filter\[id\](\[\d*\])?")
EMPTY = Reply(204)


class Lists:
    """Answers `GET` of a collection. `is_from_inclusive`: whether the beginning of a range belongs to it. `unsearchable`: ids of
    what the index of the search has not yet."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.is_from_inclusive = True
        self.unsearchable: frozenset[int] = frozenset()

    def page(self, request: Request, plural: str, rows: Sequence[Row], show: Callable[[Row], Any]) -> Reply:
        """One page of rows that are filtered already."""
        page, limit = (
            request.query.get(name, usual) for name, usual in (("page", "1"), ("limit", str(USUAL_PAGE)))
        )
        if not is_whole(page) or not is_whole(limit) or int(page) < 1 or not 1 <= int(limit) <= LARGEST_PAGE:
            return bad("InvalidRange", "limit", "page and limit have to be positive, limit at most 250")
        begin = (int(page) - 1) * int(limit)
        found = rows[begin : begin + int(limit)]
        if not found:
            return EMPTY
        links = {"self": {"href": self._link(request, int(page))}}
        if len(rows) > begin + int(limit):
            links["next"] = {"href": self._link(request, int(page) + 1)}
        return Reply.json(
            {"_page": int(page), "_links": links, "_embedded": {plural: [show(row) for row in found]}}
        )

    def select(self, request: Request, rows: Sequence[Row]) -> list[Row] | Reply:
        """The rows that the query asks for, in its order."""
        found, ids = list(rows), set()
        for name, value in request.query_pairs:
            if name in ("page", "limit", "with"):
                continue
            if name == "query":
                found = [row for row in found if self._has(row, value)]
            elif _IDS.fullmatch(name):
                ids.add(value)
            elif ranged := _RANGE.fullmatch(name):
                found = [row for row in found if self._is_within(row[ranged[1]], ranged[2], value)]
            elif not _ORDER.fullmatch(name):
                return bad("UnexpectedField", name, "This field was not expected.")
        if ids:
            found = [row for row in found if str(row["id"]) in ids]
        for name, value in request.query_pairs:
            if ordered := _ORDER.fullmatch(name):
                found.sort(key=lambda row: row[ordered[1]], reverse=value == "desc")
        return found

    def _is_within(self, at: int, edge: str, value: str) -> bool:
        bound = int(value) if is_whole(value) else 0
        if edge == "to":
            return at <= bound
        return at >= bound if self.is_from_inclusive else at > bound

    def _has(self, row: Row, text: str) -> bool:
        """Full text over the filled fields; numbers are found whatever their spelling."""
        if row["id"] in self.unsearchable:
            return False
        wanted = digits(text)
        phones = [digits(each) for each in self._account.values(row, "PHONE")]
        if len(wanted) >= 5 and any(wanted in each for each in phones):
            return True
        own = [str(one["value"]) for each in row["custom_fields_values"] or () for one in each["values"]]
        return bool(text) and text.lower() in " ".join([row["name"], str(row.get("price", "")), *own]).lower()

    def _link(self, request: Request, page: int) -> str:
        query = [(name, value) for name, value in request.query_pairs if name != "page"]
        host = request.header("host")
        return f"http://{host}{request.path}?{urlencode([*query, ('page', str(page))])}"
