"""Who waits for a call back: whatever the order, the repeats and the corrections, the list says the same."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.actions.missed_clients import clear_by_hand, follow_up, standing
from telephony.models import Call, MissedClient, Pbx
from telephony.tests.factories import make_call, make_pbx, play
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain

CLIENT = "+375291110001"
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _scope(settings: Any) -> Any:
    settings.CALL_END_GRACE = 0.0
    with all_tenants():
        yield


@pytest.fixture
def pbx(db: None) -> Pbx:
    return make_pbx(make_tenant(timezone="UTC"))


def missed(pbx: Pbx, minutes: int, **values: Any) -> Call:
    return make_call(pbx, at=NOW - timedelta(minutes=minutes), client_number=CLIENT, **values)


def talk(pbx: Pbx, minutes: int, direction: str = "out", **values: Any) -> Call:
    return missed(pbx, minutes, direction=direction, status="answered", talk_seconds=60, **values)


def try_back(pbx: Pbx, minutes: int) -> Call:
    return missed(pbx, minutes, direction="out", status="missed")


def rows() -> list[tuple[str, int, int, str]]:
    found = MissedClient.objects.order_by("first_missed_at", "id")
    return [(row.client_number, row.count, row.tries, row.clearing) for row in found]


def test_a_missed_call_waits_until_somebody_calls_back(pbx: Pbx) -> None:
    first, second = (
        missed(pbx, 30, responsible="150", did="+375170000001"),
        missed(pbx, 20, responsible="151"),
    )
    follow_up([first, second])
    vain = try_back(pbx, 10)
    follow_up([vain])

    (row,) = MissedClient.objects.all()
    assert (row.count, row.tries, row.tried_at) == (2, 1, vain.started_at)
    assert (row.first_missed_at, row.last_missed_at) == (first.started_at, second.started_at)
    assert (row.extension, row.last_call_id, row.is_open) == ("151", second.pk, True)

    back = talk(pbx, 5)
    followed = follow_up([back])

    (row,) = MissedClient.objects.all()
    assert (row.cleared_at, row.clearing, row.cleared_by_id) == (back.answered_at, "out", back.pk)
    assert [one.pk for one in followed.cleared] == [row.pk]


def test_a_client_who_calls_again_and_is_answered_waits_no_more(pbx: Pbx) -> None:
    follow_up([missed(pbx, 30)])

    follow_up([talk(pbx, 20, "in")])

    assert rows() == [(CLIENT, 1, 0, "in")]


def test_a_call_missed_while_another_of_the_same_number_is_talked_to_still_counts(pbx: Pbx) -> None:
    """A company has one number and many people behind it."""
    follow_up([talk(pbx, 30, "in"), missed(pbx, 25)])

    assert rows() == [(CLIENT, 1, 0, "")]


def test_who_is_missed_again_begins_anew(pbx: Pbx) -> None:
    for happens, minutes in ((missed, 40), (talk, 30), (missed, 20)):
        follow_up([happens(pbx, minutes)])

    assert rows() == [(CLIENT, 1, 0, "out"), (CLIENT, 1, 0, "")]


def test_what_was_dealt_with_by_hand_does_not_come_back(pbx: Pbx) -> None:
    first = missed(pbx, 30)
    follow_up([first])
    waiting = list(MissedClient.objects.all())
    assert [row.pk for row in clear_by_hand(waiting)] == [row.pk for row in waiting]
    assert clear_by_hand(waiting) == []

    follow_up([first, try_back(pbx, 20)])

    assert rows() == [(CLIENT, 1, 0, "hand")]


def test_a_call_that_turns_out_to_be_answered_is_taken_back(pbx: Pbx) -> None:
    """Call records came later than the end."""
    call = missed(pbx, 30)
    follow_up([call])
    Call.objects.filter(pk=call.pk).update(
        status="answered", answered_at=call.started_at + timedelta(seconds=5)
    )
    call.refresh_from_db()

    follow_up([call])

    assert rows() == [(CLIENT, 1, 0, "in")]


def test_every_order_and_every_repeat_lead_to_the_same(pbx: Pbx) -> None:
    """The last state is that of all calls, however their ends were learnt of."""
    calls = [missed(pbx, 40), talk(pbx, 30, "in"), missed(pbx, 20), try_back(pbx, 10)]
    for order in permutations(calls):
        MissedClient.objects.all().delete()
        for call in (*order, *order):
            follow_up([call])

        assert [row for row in rows() if not row[3]] == [(CLIENT, 1, 1, "")]
        assert MissedClient.objects.filter(cleared_at__isnull=True).count() == 1


@given(st.lists(st.tuples(st.sampled_from(["missed", "talk", "try"]), st.integers(0, 20)), max_size=12))
def test_somebody_waits_exactly_when_the_last_that_counts_was_missed(happened: list[tuple[str, int]]) -> None:
    calls = []
    for kind, minute in happened:
        at = NOW - timedelta(minutes=minute)
        call = Call(direction="in" if kind == "missed" else "out", status="missed", started_at=at)
        if kind == "talk":
            call.status, call.answered_at = "answered", at
        calls.append(call)
    talks = [call.answered_at for call in calls if call.answered_at]
    waiting = [call for call in calls if call.is_missed and (not talks or call.started_at > max(talks))]

    found = standing(calls)

    assert len(found.missed) == len(waiting)
    assert not found.tries or found.missed


def test_captured_calls_open_and_close_by_themselves(pbx: Pbx) -> None:
    call = play(pbx, "inbound_missed")
    drain("calls.finish")

    assert [row[:2] for row in rows()] == [(call.client_number, 1)]


def test_companies_with_the_same_client_have_rows_of_their_own(pbx: Pbx) -> None:
    other = make_pbx(make_tenant(timezone="UTC"))
    follow_up([missed(pbx, 30), missed(other, 30)])

    follow_up([talk(other, 10)])

    assert {(row.tenant_id, row.clearing) for row in MissedClient.objects.all()} == {
        (pbx.tenant_id, ""),
        (other.tenant_id, "out"),
    }


def test_ordinary_calls_cost_one_query(pbx: Pbx, django_assert_num_queries: Any) -> None:
    calls = [talk(pbx, minute) for minute in range(10)]

    with django_assert_num_queries(3):  # with the savepoint around it
        follow_up(calls)
