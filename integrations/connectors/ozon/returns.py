"""Returns: each is a document of its own, and what came back whole makes its posting a returned order.

A return changes nothing on its posting, which stays `delivered` for ever. So an incremental run of orders also looks at
the returns that changed, and reads their postings again.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from integrations.connectors.ozon import mapping
from integrations.connectors.ozon.client import Json as Row
from integrations.connectors.ozon.client import Ozon, rows
from integrations.connectors.ozon.windows import FBO, Window
from tenants.errors import AuthFailed

MOST_NUMBERS = 50
"""Postings that one question about returns may name."""
BY_BUYER = frozenset({"clientreturn", "fullreturn", "partialreturn"})
"""What a buyer brought back; `Cancellation` is what never reached one."""


def returned_pieces(api: Ozon, postings: Iterable[Mapping[str, object]]) -> dict[str, Decimal]:
    """How many pieces of each delivered posting came back. A key that may not read returns knows of none."""
    numbers = [
        mapping.text(row, "posting_number") for row in postings if row.get("status") == mapping.DELIVERED
    ]
    found: dict[str, Decimal] = {}
    try:
        for begin in range(0, len(numbers), MOST_NUMBERS):
            for row in _all_of(api, numbers[begin : begin + MOST_NUMBERS]):
                number = mapping.text(row, "posting_number")
                found[number] = found.get(number, Decimal(0)) + _pieces(row)
    except AuthFailed:
        return {}
    return found


def returned_postings(api: Ozon, changed: Sequence[Row], window: Window) -> list[Row]:
    """The postings of those returns, as the lists of their schemes tell them."""
    numbers = {mapping.text(row, "posting_number"): _scheme(row) for row in changed}
    own = sorted(number for number, scheme in numbers.items() if number and scheme != FBO)
    by_ozon = sorted(number for number, scheme in numbers.items() if number and scheme == FBO)
    period = Window(window.scheme, window.since, window.to).filter()
    found: list[Row] = []
    if own:
        orders = sorted({number.rpartition("-")[0] for number in own})
        found += rows(api.fbs_postings({**period, "order_numbers": orders}, "", 100), "postings")
    if by_ozon:
        found += rows(api.fbo_postings({**period, "posting_numbers": by_ozon}, "", 100), "postings")
    return [row for row in found if mapping.text(row, "posting_number") in numbers]


def _all_of(api: Ozon, numbers: Sequence[str]) -> list[Row]:
    found: list[Row] = []
    last_id = 0
    while True:
        answer = api.returns({"posting_numbers": [*numbers]}, last_id, is_optional=True)
        page = rows(answer, "returns")
        found += page
        following = next_id(answer, last_id)
        if not following:
            return found
        last_id = following


def next_id(answer: Mapping[str, object], former: int) -> int:
    """Where the page after this one begins; 0 behind the last."""
    ids = [each["id"] for each in rows(answer, "returns") if isinstance(each.get("id"), int)]
    return max(ids) if answer.get("has_next") is True and ids and max(ids) > former else 0


def _pieces(row: Row) -> Decimal:
    if mapping.text(row, "type").lower() not in BY_BUYER:
        return Decimal(0)
    return mapping.amount(mapping.part(row, "product").get("quantity")) or Decimal(0)


def _scheme(row: Row) -> str:
    return mapping.text(row, "schema").lower()
