"""A day's calls are counted the same however often, and the statistics say what the calls say."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from telephony.actions.after_calls import over
from telephony.actions.tally_calls import LANE, bounds, tally_day
from telephony.models import Call, CallTally, Pbx
from telephony.selectors.statistics import percentile, statistics
from telephony.tests.factories import make_call, make_pbx
from tenants.models import Role, Work
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_extension, make_member, make_tenant
from tenants.work import drain

DAY = date(2026, 3, 4)  # a Wednesday


@pytest.fixture(autouse=True)
def _scope() -> Any:
    with all_tenants():
        yield


@pytest.fixture
def pbx(db: None) -> Pbx:
    return make_pbx(make_tenant(timezone="Europe/Minsk"))


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    """By Minsk's clocks, which are three hours ahead."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=3)


def a_day(pbx: Pbx) -> list[Call]:
    def call(hour: int, **values: Any) -> Call:
        return make_call(pbx, at=at(hour), **values)

    return [
        call(9, status="answered", wait_seconds=4, talk_seconds=60, responsible="150", did="100"),
        call(9, status="answered", wait_seconds=25, talk_seconds=30, responsible="151", did="100"),
        call(10, status="missed", wait_seconds=40, responsible="150", did="200"),
        call(
            10,
            direction="out",
            status="answered",
            wait_seconds=8,
            talk_seconds=10,
            responsible="150",
            trunk="t",
        ),
        call(11, direction="out", status="busy", responsible="151", trunk="t"),
        call(11, direction="internal", status="answered", talk_seconds=5, responsible="151"),
        make_call(pbx, at=at(23, 59, DAY - timedelta(days=1)), status="missed"),
        make_call(pbx, at=at(12), phase="talking", status="talking", ended_at=None, finished_at=None),
    ]


def rows() -> dict[tuple[str, str, str], tuple[int, int, int]]:
    found = CallTally.objects.filter(day=DAY)
    return {(row.of, row.key, row.direction): (row.calls, row.answered, row.missed) for row in found}


COUNTED = {
    ("day", "", ""): (6, 4, 1),
    ("hour", "09", "in"): (2, 2, 0),
    ("hour", "10", "in"): (1, 0, 1),
    ("hour", "10", "out"): (1, 1, 0),
    ("hour", "11", "out"): (1, 0, 0),
    ("hour", "11", "internal"): (1, 1, 0),
    ("ext", "150", "in"): (2, 1, 1),
    ("ext", "151", "in"): (1, 1, 0),
    ("ext", "150", "out"): (1, 1, 0),
    ("ext", "151", "out"): (1, 0, 0),
    ("ext", "151", "internal"): (1, 1, 0),
    ("line", "100", "in"): (2, 2, 0),
    ("line", "200", "in"): (1, 0, 1),
    ("line", "t", "out"): (2, 1, 0),
    ("line", "", "internal"): (1, 1, 0),
}


def test_a_day_is_counted_by_hour_extension_and_line(pbx: Pbx) -> None:
    a_day(pbx)

    assert tally_day(pbx.tenant_id, DAY) == 6

    assert rows() == COUNTED
    one = CallTally.objects.get(of="line", key="100", day=DAY)
    assert (one.wait_total, one.talk_total) == (29, 90)
    assert [getattr(one, f"wait_{number}") for number in range(11)] == [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]


def test_counting_again_changes_nothing_and_corrections_are_taken_over(pbx: Pbx) -> None:
    calls = a_day(pbx)
    tally_day(pbx.tenant_id, DAY)
    ids = set(CallTally.objects.values_list("id", flat=True))

    tally_day(pbx.tenant_id, DAY)
    assert set(CallTally.objects.values_list("id", flat=True)) == ids
    Call.objects.filter(pk=calls[2].pk).delete()
    tally_day(pbx.tenant_id, DAY)

    gone = {("hour", "10", "in"), ("line", "200", "in")}
    assert rows() == {key: counted for key, counted in COUNTED.items() if key not in gone} | {
        ("day", "", ""): (5, 4, 0),
        ("ext", "150", "in"): (1, 1, 0),
    }


def test_days_of_calls_that_end_are_counted_once_a_minute(pbx: Pbx) -> None:
    calls = a_day(pbx)[:6]
    over(calls)
    over(calls)
    queued = list(Work.objects.filter(lane=LANE).values_list("tenant_id", "group"))

    drain(LANE, datetime.now(UTC) + timedelta(minutes=2))

    assert queued == [(pbx.tenant_id, "2026-03-04")]
    assert rows() == COUNTED


def test_a_day_with_a_change_of_clocks_has_its_own_length() -> None:
    zone = make_tenant_zone()
    spring, autumn = bounds(date(2026, 3, 29), zone), bounds(date(2026, 10, 25), zone)

    hours = [
        (until.astimezone(UTC) - since.astimezone(UTC)).total_seconds() / 3600
        for since, until in (spring, autumn)
    ]

    assert hours == [23, 25]


def make_tenant_zone() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo("Europe/Berlin")


def test_statistics_of_a_range(pbx: Pbx) -> None:
    a_day(pbx)
    for day in (DAY - timedelta(days=1), DAY):
        tally_day(pbx.tenant_id, day)

    with tenant_scope(pbx.tenant), CaptureQueriesContext(connection) as queries:
        found = statistics(DAY - timedelta(days=1), DAY)

    assert len(queries) == 5  # no whole month lies in it
    total = found.incoming
    assert (total.calls, total.answered, total.missed, total.share) == (4, 2, 2, 50)
    assert (total.wait, total.talk, total.talk_total) == (14.5, 45, 90)
    assert (found.outgoing.calls, found.outgoing.answered) == (2, 1)
    assert [(one.seconds, one.count, one.share) for one in found.responses] == [
        (10, 1, 50), (20, 1, 50), (30, 2, 100), (60, 2, 100),
    ]  # fmt: skip
    assert [(one.key, one.incoming.calls, one.outgoing.calls) for one in found.extensions] == [
        ("150", 2, 1), ("151", 1, 1), ("", 1, 0),
    ]  # fmt: skip
    assert [(one.key, one.incoming.missed) for one in found.lines] == [
        ("100", 0),
        ("t", 0),
        ("200", 1),
        ("", 1),
    ]
    assert [(one.day, one.answered, one.missed, one.outgoing) for one in found.days] == [
        (DAY - timedelta(days=1), 0, 1, 0), (DAY, 2, 1, 2),
    ]  # fmt: skip
    assert found.heat[2][9].calls == 2
    assert found.heat[2][10].missed == 1
    assert found.missing == ()


def test_days_that_were_not_counted_yet_are_named(pbx: Pbx) -> None:
    tally_day(pbx.tenant_id, DAY)

    with tenant_scope(pbx.tenant):
        found = statistics(DAY - timedelta(days=2), DAY)

    assert found.missing == (DAY - timedelta(days=2), DAY - timedelta(days=1))


def test_agents_see_their_own_figures_only(pbx: Pbx) -> None:
    a_day(pbx)
    tally_day(pbx.tenant_id, DAY)
    agent = make_member(pbx.tenant, Role.AGENT, extension=make_extension(pbx.tenant, "151"))

    with tenant_scope(pbx.tenant):
        found = statistics(DAY, DAY, agent)

    assert [one.key for one in found.extensions] == ["151"]
    assert (found.incoming.calls, found.outgoing.calls, found.lines, found.heat) == (1, 1, [], [])
    assert [(one.answered, one.missed, one.outgoing) for one in found.days] == [(1, 0, 1)]


@pytest.mark.parametrize(
    ("counts", "half", "most"),
    [([0] * 11, None, None), ([4] + [0] * 10, 2.5, 4.75), ([0] * 4 + [2] + [0] * 6, 25.0, 29.5)],
)
def test_percentiles_lie_within_their_class(counts: list[int], half: Any, most: Any) -> None:
    assert (percentile(counts, 0.5), percentile(counts, 0.95)) == (half, most)


def test_another_companys_calls_do_not_count(pbx: Pbx) -> None:
    a_day(make_pbx(make_tenant(timezone="Europe/Minsk")))

    assert tally_day(pbx.tenant_id, DAY) == 0


@pytest.mark.parametrize(
    ("language", "query", "shown"),
    [
        ("ru", {"day_from": "10.03.2026", "day_to": "10.03.2026"}, 1),
        ("ru", {"day_from": "2026-03-10", "day_to": "2026-03-10"}, 1),
        ("en", {"day_from": "03/10/2026"}, 1),
        ("ru", {"day_from": "11.03.2026"}, 0),
        ("ru", {"day_to": "нет"}, None),
    ],
)
def test_the_list_reads_days_as_people_write_them(
    pbx: Pbx, client: Client, language: str, query: dict[str, str], shown: int | None
) -> None:
    CallTally.objects.create(tenant=pbx.tenant, day=date(2026, 3, 10), of="day", key="", direction="in")
    client.force_login(make_member(pbx.tenant, "manager").user)

    page = client.get(
        reverse("admin:telephony_calltally_changelist"), query, headers={"Accept-Language": language}
    )

    if shown is None:
        assert page.status_code == 302
    else:
        assert len(page.context["cl"].result_list) == shown
