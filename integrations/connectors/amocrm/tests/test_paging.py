"""Whatever happens between two pages, nothing that stays is lost."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.connectors.amocrm import paging

SIZE = 4


def page_of(rows, place, *, is_inclusive):
    """What amoCRM answers: rows by the time of their change, from a moment on, by page."""
    found = sorted(rows.items(), key=lambda pair: pair[1])
    if place.since is not None:
        found = [pair for pair in found if pair[1] > place.since - is_inclusive]
    begin = (place.page - 1) * SIZE
    listed = [{"id": number, "updated_at": at} for number, at in found[begin : begin + SIZE]]
    return listed, len(found) > begin + SIZE


@settings(max_examples=80)
@given(
    st.lists(st.integers(100, 112), min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 29), st.sampled_from(["touch", "remove", "add"])), max_size=8),
    st.booleans(),
)
def test_every_object_is_read_though_others_change(times, changes, is_inclusive):
    # As many of two seconds in a row as fit a page; more of them are counted in pages, which a change may shift.
    rows: dict[int, int] = {}
    for number, at in enumerate(times):
        if all(
            sum(each in pair for each in rows.values()) < SIZE - 1 for pair in ((at - 1, at), (at, at + 1))
        ):
            rows[number] = at
    news = {number: 200 + number for number in range(len(changes))}
    place, read = paging.start(None, None), set()
    for turn in range(200):
        listed, has_more = page_of(rows, place, is_inclusive=is_inclusive)
        read |= {(row["id"], row["updated_at"]) for row in listed if place.is_new(row)}
        position = paging.following(place, listed, has_more=has_more)
        if position is None:
            break
        place = paging.start(position, None)
        if turn < len(changes):
            number, kind = changes[turn]
            if kind == "remove":
                rows.pop(number, None)
            elif kind == "add" or number in rows:
                rows[1000 + turn if kind == "add" else number] = news[turn]
    else:
        raise AssertionError("paging does not end")

    assert set(rows.items()) <= read


def test_incremental_run_begins_a_second_early():
    place = paging.start(None, datetime(2026, 6, 10, 11, 3, tzinfo=UTC))

    assert place.query()[-1] == ("filter[updated_at][from]", "1781089379")


def test_rows_without_order_or_time_are_paged_by_number():
    mixed: list[paging.Row] = [{"id": 1, "updated_at": 5}, {"id": 2, "updated_at": 3}]
    blank: list[paging.Row] = [{"id": 1, "updated_at": None}, {"id": 2}]

    for rows in (mixed, blank):
        position = paging.following(paging.Place(), rows, has_more=True)
        assert position == {"from": None, "page": 2, "seen": {}}
    assert paging.following(paging.Place(), [], has_more=True) is None
