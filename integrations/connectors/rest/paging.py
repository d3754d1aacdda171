"""From one page to the next: what is asked, and where the answer says that it goes on."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from requests.utils import parse_header_links

from integrations.capabilities.records import behind, value_at
from integrations.connectors.rest.client import Pairs, Rest
from integrations.connectors.rest.mapping import id_of
from integrations.connectors.rest.plan import Paging, Plan
from integrations.http.messages import Response
from integrations.records import Json
from tenants.errors import ConfigError

LONGEST_CURSOR = 4000


def parameters(plan: Plan, position: Json) -> Pairs:
    """What asks for the page at that position."""
    size = ((plan.size_parameter, str(plan.page_size)),) if plan.size_parameter else ()
    if plan.paging is Paging.PAGE:
        return (*size, (plan.page_parameter, str(position.get("page", plan.first_page))))
    if plan.paging is Paging.OFFSET:
        # From the second page on with the last row of the page before: so it is seen whether rows have moved meanwhile.
        begin = int(position.get("offset", 0)) - (1 if position.get("last") else 0)
        return (*size, (plan.page_parameter, str(begin)))
    if plan.paging is Paging.CURSOR and position.get("cursor"):
        return (*size, (plan.page_parameter, str(position["cursor"])))
    return size


def variables(plan: Plan, asked: Pairs) -> dict[str, Any]:
    """The same for a GraphQL query, where numbers are numbers."""
    counted = {plan.size_parameter}
    if plan.paging in (Paging.PAGE, Paging.OFFSET):
        counted.add(plan.page_parameter)
    return {name: int(value) if name in counted else value for name, value in asked}


def later_changes(plan: Plan, api: Rest, answer: Any) -> dict[str, Any] | None:
    """Where an incremental run begins next time, behind the last page of this one."""
    address = at(answer, plan.delta_field) if plan.delta_field else None
    return _place(api, plan, address) if isinstance(address, str) else None


def following(
    plan: Plan, api: Rest, position: Json, answer: Any, response: Response, items: Sequence[Any]
) -> dict[str, Any] | None:
    """The position of the next page, None behind the last; ConfigError when paging does not get on."""
    if plan.more_field and at(answer, plan.more_field) is False:
        return None
    found = _NEXT[plan.paging](plan, api, position, answer, response, items)
    if found is None or (found.get("is_plain") and not position.get("is_plain")):
        return found
    # A system that does not know our parameter answers with the first page for ever.
    sign = hashlib.sha256(response.body).hexdigest()[:16]
    if items and sign == position.get("seen"):
        if position.get("is_plain") and len(items) < plan.page_size:
            return None  # the last page once more, which is where it begins the pages behind the end
        raise ConfigError(
            _("The next page is the same as the one before: check how pages are asked for."),
            detail=f"paging {plan.paging.value}",
        )
    return {**found, **_lap(position, found), "seen": sign}


def check_place(position: Json) -> None:
    """ConfigError for a place where this reading has been before. All pages of the circle have been kept by then."""
    if position.get("is_circle"):
        raise ConfigError(
            _("The pages lead in a circle: “%(place)s” comes again. Check how pages are asked for.")
            % {"place": _named(position)},
            detail="paging in a circle",
        )


def _lap(position: Json, found: Mapping[str, Any]) -> dict[str, Any]:
    """What is remembered to notice a circle, however long it and the way to it are: one place, which is taken anew after 1, 2, 4,
    8 … pages (Brent). Numbers and offsets only grow."""
    if not found.keys() & {"path", "cursor"}:
        return {}
    here = hashlib.sha256(_named(found).encode()).hexdigest()[:16]
    if here == position.get("mark"):
        return {"is_circle": True}
    passed, stretch = int(position.get("passed", 0)) + 1, int(position.get("stretch", 1))
    if passed < stretch:
        return {"mark": position.get("mark"), "passed": passed, "stretch": stretch}
    return {"mark": here, "passed": 0, "stretch": stretch * 2}


def _named(place: Mapping[str, Any]) -> str:
    if "cursor" in place:
        return str(place["cursor"])
    query = urlencode([(name, value) for name, value in place["query"]])
    return f"{place['path']}?{query}" if query else str(place["path"])


def _none(*_arguments: Any) -> None:
    return None


def _page(
    plan: Plan, api: Rest, position: Json, answer: Any, response: Response, items: Sequence[Any]
) -> dict[str, Any] | None:
    """On to the first empty page: a short one may only mean that less is given at once than was asked for."""
    page, count = int(position.get("page", plan.first_page)), int(position.get("count", 0)) + len(items)
    if not items or _is_all(plan, answer, count):
        return None
    return {"page": page + 1, "count": count}


def _offset(
    plan: Plan, api: Rest, position: Json, answer: Any, response: Response, items: Sequence[Any]
) -> dict[str, Any] | None:
    begin = int(position.get("offset", 0))
    fresh, _slipped = past_border(plan, position, items)
    offset = begin + len(items) - (1 if position.get("last") else 0)
    if not fresh and len(items) > 1:
        # It begins pages only where pages begin, and gave the one before again: from here on nothing is asked for twice.
        return {"offset": begin, "is_plain": True}
    if not fresh or _is_all(plan, answer, offset):
        return None
    if position.get("is_plain"):
        return {"offset": offset, "is_plain": True}
    # A page of one row would have no room for another one; nor may one whose size the system chooses.
    last = _id(plan, items[-1]) if plan.size_parameter and plan.page_size > 1 else ""
    return {"offset": offset, "last": last} if last else {"offset": offset}


def past_border(plan: Plan, position: Json, items: Sequence[Any]) -> tuple[Sequence[Any], bool]:
    """The rows that the page before has not ended with, and whether it may have missed some."""
    if plan.paging is not Paging.OFFSET:
        return items, False
    return behind(str(position.get("last", "")), items, lambda item: _id(plan, item))


def _id(plan: Plan, item: Any) -> str:
    return id_of(plan, item) if isinstance(item, Mapping) else ""


def _cursor(
    plan: Plan, api: Rest, position: Json, answer: Any, response: Response, items: Sequence[Any]
) -> dict[str, Any] | None:
    cursor = at(answer, plan.next_field)
    if isinstance(cursor, bool) or not isinstance(cursor, str | int) or cursor == "":
        return None
    if len(str(cursor)) > LONGEST_CURSOR:
        raise ConfigError(_("The cursor of the next page is too long: check where it is in the answer."))
    return {"cursor": cursor}


def _link(
    plan: Plan, api: Rest, position: Json, answer: Any, response: Response, items: Sequence[Any]
) -> dict[str, Any] | None:
    links = parse_header_links(response.headers.get("link", ""))
    address = next((one["url"] for one in links if "next" in one.get("rel", "").lower().split()), "")
    return _place(api, plan, address)


def _next_url(
    plan: Plan, api: Rest, position: Json, answer: Any, response: Response, items: Sequence[Any]
) -> dict[str, Any] | None:
    address = at(answer, plan.next_field)
    return _place(api, plan, address if isinstance(address, str) else "")


def _place(api: Rest, plan: Plan, address: str) -> dict[str, Any] | None:
    if not address.strip() or len(address) > LONGEST_CURSOR:
        return None
    path, query = api.below(address.strip(), plan.list_path)
    return {"path": path, "query": [list(pair) for pair in query]}


def _is_all(plan: Plan, answer: Any, count: int) -> bool:
    total = total_of(plan, answer)
    return total is not None and count >= total


def total_of(plan: Plan, answer: Any) -> int | None:
    """How many there are in all, where the answer says so."""
    total = at(answer, plan.total_field) if plan.total_field else None
    return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None


def at(answer: Any, path: str) -> Any:
    """The value at a path of an answer; the answer itself without one."""
    if not path:
        return answer
    return value_at(answer, path) if isinstance(answer, Mapping) else None


_NEXT: dict[Paging, Callable[..., dict[str, Any] | None]] = {
    Paging.NONE: _none,
    Paging.PAGE: _page,
    Paging.OFFSET: _offset,
    Paging.CURSOR: _cursor,
    Paging.LINK: _link,
    Paging.NEXT_URL: _next_url,
}
