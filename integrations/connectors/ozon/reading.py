"""Reading postings, products and stock page by page.

Pages without a record are passed over, up to `MOST_EMPTY` of them at once, so that an empty account is one empty page.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from integrations.capabilities import Fault, Page
from integrations.connectors.ozon import mapping
from integrations.connectors.ozon.client import Ozon, rows
from integrations.connectors.ozon.returns import next_id, returned_pieces, returned_postings
from integrations.connectors.ozon.windows import FBS, RETURNS, Window, stamp, windows
from integrations.http.errors import OutcomeUnknown
from integrations.records import Document, Json, Order, Product, Record, StockLevel
from tenants.errors import AuthFailed

POSTINGS, PRODUCTS, STOCK_PRODUCTS, STOCK_ROWS = 100, 200, 100, 300
RETURNED_POSTINGS = 50
MOST_IDS = 1000
MOST_EMPTY = 4
VISIBILITIES = ("ALL", "ARCHIVED")
"""ALL leaves out what is archived; without that second look, archived products would seem deleted."""

RecordT = TypeVar("RecordT", bound=Record)


def mapped(
    objects: Iterable[Mapping[str, Any]],
    translate: Callable[[Mapping[str, Any]], RecordT],
    name: Callable[[Mapping[str, Any]], str],
) -> tuple[tuple[RecordT, ...], tuple[Fault, ...]]:
    """The records, and a fault for each object that is none."""
    found: list[RecordT] = []
    faults: list[Fault] = []
    for each in objects:
        id_ = name(each)
        try:
            if not id_:
                raise mapping.Odd(_("It has no identifier."))
            found.append(translate(each))
        except mapping.Odd as error:
            faults.append(Fault(id_, str(error)))
    return tuple(found), tuple(faults)


class Reader:
    """Reads for one session. `region` is that of telephone numbers without a country."""

    def __init__(self, api: Ozon, settings: Mapping[str, Any], region: str) -> None:
        self._api, self._settings, self._region = api, settings, region

    def orders(self, position: Json | None, changed_since: datetime | None, now: datetime) -> Page:
        """`position` keeps when the run began, so that its windows stay where they are while time goes on."""
        start = position or {
            "end": now.isoformat(),
            "changed": changed_since.astimezone(UTC).isoformat() if changed_since else "",
            "step": 0,
            "cursor": "",
        }
        return _first_with_something(self._postings, start)

    def products(self, position: Json | None) -> Page:
        return _first_with_something(
            self._products, position or {"visibility": VISIBILITIES[0], "last_id": ""}
        )

    def stocks(self, position: Json | None) -> Page:
        return _first_with_something(self._stocks, position or {"cursor": "", "inner": ""})

    def order(self, number: str) -> Order | None:
        """By FBS first: most sellers have those, and only those are announced."""
        row = self._api.fbs_posting(number) or self._api.fbo_posting(number)
        if row is None:
            return None
        ids, returned = self._product_ids([row]), returned_pieces(self._api, [row])
        return self._one(row, lambda each: mapping.order(each, ids, self._region, returned))

    def returns(self, position: Json | None, changed_since: datetime | None, now: datetime) -> Page:
        """A full run reads all that there are."""
        start = position or {"end": now.isoformat(), "last_id": 0}
        wanted = {}
        if changed_since is not None:
            period = {
                "time_from": changed_since.astimezone(UTC),
                "time_to": datetime.fromisoformat(start["end"]),
            }
            wanted = {"visual_status_change_moment": {name: stamp(time) for name, time in period.items()}}
        answer = self._api.returns(wanted, int(start["last_id"]))
        found, faults = mapped(
            rows(answer, "returns"), mapping.goods_return, lambda row: mapping.text(row, "id")
        )
        following = next_id(answer, int(start["last_id"]))
        return Page(records=found, faults=faults, next={**start, "last_id": following} if following else None)

    def goods_return(self, id_: int) -> Document | None:
        """Only the list has them; ids go upwards there."""
        found = rows(self._api.returns({}, id_ - 1, 1), "returns")
        row = next((row for row in found if mapping.text(row, "id") == str(id_)), None)
        return self._one(row, mapping.goods_return)

    def product(self, product_id: str) -> Product | None:
        return self._one(
            next(iter(self._api.product_details(product_id=[product_id])), None), mapping.product
        )

    def stock(self, product_id: str, warehouse_id: str) -> StockLevel | None:
        sums = rows(self._api.stocks("", 1, product_id=[product_id]), "items")
        if not sums:
            return None
        if warehouse_id == mapping.FBO:
            return next(iter(mapping.ozon_levels(sums[0])), None)
        wanted = mapping.stock_id(product_id, warehouse_id)
        found = self.warehouse_rows([mapping.text(sums[0], "offer_id")])
        return self._one(found.get(wanted), mapping.warehouse_level)

    def warehouse_rows(self, offer_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The FBS stock of up to a hundred products, by pair of product and warehouse."""
        found: dict[str, Mapping[str, Any]] = {}
        cursor = ""
        while True:
            answer = self._api.warehouse_stocks(offer_ids, cursor, STOCK_ROWS)
            found |= {_pair(row): row for row in rows(answer, "products")}
            cursor = _next_cursor(answer, cursor)
            if not cursor:
                return found

    def _one(
        self, row: Mapping[str, Any] | None, translate: Callable[[Mapping[str, Any]], RecordT]
    ) -> RecordT | None:
        try:
            return translate(row) if row else None
        except mapping.Odd as error:
            raise OutcomeUnknown(_("Ozon answered with something odd: %(why)s") % {"why": error}) from error

    def _postings(self, position: Json) -> Page:
        plan = windows(
            datetime.fromisoformat(position["end"]),
            datetime.fromisoformat(position["changed"]) if position["changed"] else None,
            int(self._settings["history_days"]),
            int(self._settings["fbo_days"]),
        )
        step = int(position["step"])
        if step >= len(plan):
            return Page()
        window = plan[step]
        if window.scheme == RETURNS:
            postings: Sequence[Mapping[str, Any]]
            postings, cursor = self._returned(window, position["cursor"])
        else:
            read = self._api.fbs_postings if window.scheme == FBS else self._api.fbo_postings
            answer = read(window.filter(), position["cursor"], POSTINGS)
            postings, cursor = rows(answer, "postings"), _next_cursor(answer, position["cursor"])
        found, faults = self._orders(postings)
        after: Json = (
            {**position, "cursor": cursor} if cursor else {**position, "step": step + 1, "cursor": ""}
        )
        is_last = not cursor and step + 1 >= len(plan)
        return Page(records=found, faults=faults, next=None if is_last else after)

    def _orders(self, postings: Sequence[Mapping[str, Any]]) -> tuple[tuple[Order, ...], tuple[Fault, ...]]:
        product_ids, returned = self._product_ids(postings), returned_pieces(self._api, postings)
        return mapped(
            postings,
            lambda row: mapping.order(row, product_ids, self._region, returned),
            lambda row: mapping.text(row, "posting_number"),
        )

    def _returned(self, window: Window, cursor: str) -> tuple[list[Json], str]:
        """The postings of some returns that changed, and where the next ones begin."""
        former = int(cursor or 0)
        changed = window.filter()["last_changed_status_date"]
        moments = {"time_from": changed["from"], "time_to": changed["to"]}
        wanted = {"visual_status_change_moment": moments}
        try:
            answer = self._api.returns(wanted, former, RETURNED_POSTINGS, is_optional=True)
        except AuthFailed:
            return [], ""  # a key that may read orders but no returns
        following = next_id(answer, former)
        return [*returned_postings(self._api, rows(answer, "returns"), window)], str(following or "")

    def _product_ids(self, postings: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """Postings name goods by article and by Ozon's number on the site, not by the product's id."""
        wanted = sorted(set().union(*(mapping.offers(row) for row in postings)))
        found: dict[str, str] = {}
        try:
            for begin in range(0, len(wanted), MOST_IDS):
                part = wanted[begin : begin + MOST_IDS]
                details = self._api.product_details(is_optional=True, offer_id=part)
                found |= {mapping.text(row, "offer_id"): mapping.text(row, "id") for row in details}
        except AuthFailed:
            return found  # a key that may read orders but no products: the lines keep their articles
        return found

    def _products(self, position: Json) -> Page:
        visibility = position["visibility"]
        answer = self._api.products(visibility, position["last_id"], PRODUCTS)
        ids = [mapping.text(row, "product_id") for row in rows(answer, "items")]
        details = self._api.product_details(product_id=ids) if ids else []
        found, faults = mapped(details, mapping.product, lambda row: mapping.text(row, "id"))
        last_id = mapping.text(answer, "last_id")
        if ids and last_id and last_id != position["last_id"]:
            after: Json | None = {"visibility": visibility, "last_id": last_id}
        elif visibility == VISIBILITIES[0]:
            after = {"visibility": VISIBILITIES[1], "last_id": ""}
        else:
            after = None
        return Page(records=found, faults=faults, next=after)

    def _stocks(self, position: Json) -> Page:
        answer = self._api.stocks(position["cursor"], STOCK_PRODUCTS)
        products = rows(answer, "items")
        own = [mapping.text(row, "offer_id") for row in products if mapping.has_own_stock(row)]
        inner = self._api.warehouse_stocks(own, position["inner"], STOCK_ROWS) if own else {}
        found, faults = mapped(rows(inner, "products"), mapping.warehouse_level, _pair)
        page = Page(records=found, faults=faults)
        if not position["inner"]:
            page = _with_ozon_levels(page, products)
        more = _next_cursor(inner, position["inner"])
        if more:
            return replace(page, next={**position, "inner": more})
        cursor = mapping.text(answer, "cursor")
        is_last = not products or not cursor or cursor == position["cursor"]
        return replace(page, next=None if is_last else {"cursor": cursor, "inner": ""})


def _with_ozon_levels(page: Page, products: Sequence[Mapping[str, Any]]) -> Page:
    levels: list[Record] = []
    faults: list[Fault] = []
    for row in products:
        try:
            levels += mapping.ozon_levels(row)
        except mapping.Odd as error:
            faults.append(Fault(mapping.stock_id(mapping.text(row, "product_id"), mapping.FBO), str(error)))
    return replace(page, records=(*page.records, *levels), faults=(*page.faults, *faults))


def _first_with_something(read: Callable[[Json], Page], position: Json) -> Page:
    page = read(position)
    for _number in range(MOST_EMPTY - 1):
        if page.records or page.faults or page.next is None:
            break
        page = read(page.next)
    return page


def _next_cursor(answer: Mapping[str, Any], former: str) -> str:
    """Empty behind the last page; OutcomeUnknown where there is more and no way to it."""
    if answer.get("has_next") is not True:
        return ""
    cursor = mapping.text(answer, "cursor")
    if not cursor or cursor == former:
        raise OutcomeUnknown(_("Ozon says that there is more, but not where."), detail="cursor does not move")
    return cursor


def _pair(row: Mapping[str, Any]) -> str:
    return mapping.stock_id(mapping.text(row, "product_id"), mapping.text(row, "warehouse_id"))
