"""Summed up or day by day, a range of months says the same; a month that is not true any more is never read."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from telephony.actions.look_up_statistics import look_up
from telephony.actions.tally_calls import LANE, tally_day
from telephony.actions.tally_months import tally_month
from telephony.models import Call, CallMonth, Pbx
from telephony.months import following, months
from telephony.selectors.statistics import statistics
from telephony.tests.factories import make_call, make_pbx
from tenants.models import Role, Work
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_extension, make_member, make_tenant
from tenants.work import drain

SINCE, UNTIL = date(2026, 1, 20), date(2026, 4, 10)
FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)
TODAY = date(2026, 4, 30)
DAYS = [SINCE + timedelta(days=number) for number in range((UNTIL - SINCE).days + 1)]


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with all_tenants():
        yield


@pytest.fixture
def pbx(db: None) -> Pbx:
    """A company with calls on some days, all of which are counted."""
    made = make_pbx(make_tenant(timezone="UTC"))
    for number, day in enumerate(DAYS[::3]):
        call(
            made,
            day,
            9 + number % 3,
            status="answered",
            wait_seconds=number,
            talk_seconds=60,
            responsible="150",
        )
        call(made, day, 10, status="missed", wait_seconds=40, responsible="151", did="200")
        call(made, day, 11, direction="out", status="answered", talk_seconds=5, responsible="151")
    for day in DAYS:
        tally_day(made.tenant_id, day)
    return made


def call(pbx: Pbx, day: date, hour: int, **values: Any) -> Call:
    return make_call(pbx, at=datetime(day.year, day.month, day.day, hour, tzinfo=UTC), **values)


def figures(pbx: Pbx, member: Any = None) -> Any:
    """All but which months might be summed up."""
    from dataclasses import replace

    with tenant_scope(pbx.tenant):
        return replace(statistics(SINCE, UNTIL, member), unsummed=())


def test_which_months_lie_in_a_range() -> None:
    assert list(months(SINCE, UNTIL)) == [FEBRUARY, MARCH]
    assert list(months(FEBRUARY, date(2026, 2, 28))) == [FEBRUARY]
    assert list(months(FEBRUARY, date(2026, 2, 27))) == []
    assert list(months(date(2025, 12, 1), date(2026, 1, 31))) == [date(2025, 12, 1), date(2026, 1, 1)]
    assert following(date(2026, 12, 1)) == date(2027, 1, 1)


def test_a_range_says_the_same_with_and_without_sums(pbx: Pbx) -> None:
    agent = make_member(pbx.tenant, Role.AGENT, extension=make_extension(pbx.tenant, "151"))
    before, own = figures(pbx), figures(pbx, agent)
    assert (before.incoming.calls, before.outgoing.calls) == (54, 27)

    assert tally_month(pbx.tenant_id, FEBRUARY)
    assert figures(pbx) == before
    assert tally_month(pbx.tenant_id, MARCH)

    assert CallMonth.objects.count() == 2
    assert figures(pbx) == before
    assert figures(pbx, agent) == own
    with tenant_scope(pbx.tenant), CaptureQueriesContext(connection) as queries:
        statistics(SINCE, UNTIL)
    assert len(queries) == 6


def test_a_month_with_an_uncounted_day_is_not_summed_up(pbx: Pbx) -> None:
    january = date(2026, 1, 1)

    assert not tally_month(pbx.tenant_id, january)

    assert not CallMonth.objects.exists()
    with tenant_scope(pbx.tenant):
        found = statistics(january, UNTIL)
    assert found.missing == tuple(january + timedelta(days=number) for number in range(19))
    assert found.unsummed == (FEBRUARY, MARCH)


def test_a_day_that_is_counted_anew_takes_its_month_away_and_has_it_summed_up_again(pbx: Pbx) -> None:
    for month in (FEBRUARY, MARCH):
        tally_month(pbx.tenant_id, month)
    before = figures(pbx)
    call(pbx, date(2026, 2, 14), 9, status="missed", responsible="150")

    tally_day(pbx.tenant_id, date(2026, 2, 14))

    assert list(CallMonth.objects.values_list("month", flat=True)) == [MARCH]
    assert figures(pbx).incoming.missed == before.incoming.missed + 1
    assert list(Work.objects.filter(lane=LANE).values_list("group", flat=True)) == ["2026-02"]
    drain(LANE)
    assert set(CallMonth.objects.values_list("month", flat=True)) == {FEBRUARY, MARCH}
    assert figures(pbx).incoming.missed == before.incoming.missed + 1


def test_who_asks_for_a_long_range_has_its_months_summed_up(pbx: Pbx) -> None:
    with tenant_scope(pbx.tenant):
        first = look_up(pbx.tenant_id, SINCE, UNTIL, TODAY)
    drain(LANE)

    with tenant_scope(pbx.tenant):
        second = look_up(pbx.tenant_id, SINCE, UNTIL, TODAY)

    assert first.found.unsummed == (FEBRUARY, MARCH)
    assert second.found.unsummed == ()
    assert second.found.incoming == first.found.incoming
    assert not Work.objects.filter(lane=LANE).exists()


def test_months_of_another_company_are_its_own(pbx: Pbx) -> None:
    other = make_pbx(make_tenant(timezone="UTC"))
    for day in DAYS:
        tally_day(other.tenant_id, day)
    tally_month(pbx.tenant_id, FEBRUARY)
    tally_month(other.tenant_id, FEBRUARY)

    tally_day(other.tenant_id, FEBRUARY)

    assert CallMonth.objects.get().tenant_id == pbx.tenant_id
    assert figures(other).incoming.calls == 0
