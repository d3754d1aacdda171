"""Statistics and the calls of this moment by the API: the same as the pages show, for whom, at what cost."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from telephony.actions.tally_calls import LANE, tally_day
from telephony.models import Call, Pbx
from telephony.tests.factories import make_call, make_pbx
from tenants.models import Role, Tenant, Work
from tenants.tests.factories import make_api_key, make_extension, make_member, make_tenant

pytestmark = pytest.mark.django_db
STATISTICS, LIVE = "/api/v1/calls/statistics", "/api/v1/calls/live"
DAY = date(2026, 3, 4)  # a Wednesday
SPAN = {"since": "2026-03-04", "until": "2026-03-04"}


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(timezone="Europe/Minsk")


@pytest.fixture
def pbx(tenant: Tenant) -> Pbx:
    return make_pbx(tenant)


def machine(tenant: Tenant, *scopes: str) -> Client:
    return Client(headers={"x-api-key": make_api_key(tenant, list(scopes) or ["calls:read"])[1]})


def person(tenant: Tenant, role: str, extension: str = "") -> Client:
    client = Client()
    number = make_extension(tenant, extension) if extension else None
    client.force_login(make_member(tenant, role, extension=number).user)
    return client


def a_day(pbx: Pbx) -> None:
    # Minsk is three hours ahead: the first is already of Wednesday there.
    at = datetime(2026, 3, 3, 21, 30, tzinfo=UTC)
    answered = {"status": "answered", "wait_seconds": 4, "talk_seconds": 60}
    make_call(pbx, at=at, responsible="150", did="+375170000001", **answered)
    make_call(pbx, at=at + timedelta(hours=10), responsible="151", did="+375170000002")
    make_call(pbx, at=at + timedelta(hours=10), direction="out", responsible="150", trunk="t", **answered)
    tally_day(pbx.tenant_id, DAY)


def test_by_extension_line_hour_and_day_in_the_companys_zone(pbx: Pbx, tenant: Tenant) -> None:
    make_extension(tenant, "150", "Anna")
    a_day(pbx)

    found = machine(tenant).get(STATISTICS, SPAN).json()

    assert (found["since"], found["until"], found["timezone"]) == ("2026-03-04", "2026-03-04", "Europe/Minsk")
    assert found["uncounted"] == []
    assert found["incoming"] == {
        "calls": 2, "answered": 1, "missed": 1, "answered_percent": 50, "wait_seconds": 4.0,
        "wait_95_seconds": 4.75, "talk_seconds": 60.0, "talk_total_seconds": 60,
    }  # fmt: skip
    shown = [
        (one["extension"], one["name"], one["incoming"]["calls"], one["outgoing"]["calls"])
        for one in found["extensions"]
    ]
    assert shown == [("150", "Anna", 1, 1), ("151", "", 1, 0)]
    assert [one["line"] for one in found["lines"]] == ["+375170000001", "+375170000002", "t"]
    assert found["hours"] == [
        {"weekday": 3, "hour": 0, "calls": 1, "missed": 0}, {"weekday": 3, "hour": 10, "calls": 1, "missed": 1},
    ]  # fmt: skip
    assert found["days"] == [{"day": "2026-03-04", "answered": 1, "missed": 1, "outgoing": 1}]
    assert found["answered_within"][0] == {"seconds": 10, "count": 1, "percent": 100}


def test_agents_get_their_own_figures(pbx: Pbx, tenant: Tenant) -> None:
    a_day(pbx)

    found = person(tenant, Role.AGENT, "151").get(STATISTICS, SPAN).json()

    assert [one["extension"] for one in found["extensions"]] == ["151"]
    assert (found["incoming"]["calls"], found["lines"], found["hours"]) == (1, [], [])


def test_the_last_week_without_a_span_and_uncounted_days_are_counted(pbx: Pbx, tenant: Tenant) -> None:
    make_call(pbx)

    found = machine(tenant).get(STATISTICS).json()
    machine(tenant).get(STATISTICS)

    assert len(found["days"]) == len(found["uncounted"]) == 7
    assert found["incoming"]["answered_percent"] is None
    assert Work._base_manager.filter(lane=LANE).count() == 7


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-02-31"}, "until"),
        ({"since": "2026-03-05", "until": "2026-03-04"}, "since"),
        ({"since": "2020-01-01"}, "since"),
        ({"until": "0001-01-02"}, "until"),
        ({"days": "3"}, "days"),
    ],
)
def test_a_wrong_span_is_named(tenant: Tenant, query: dict[str, str], field: str) -> None:
    answer = machine(tenant).get(STATISTICS, query)

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_statistics_cost_the_same_whatever_there_is(pbx: Pbx, tenant: Tenant) -> None:
    client = machine(tenant)
    a_day(pbx)
    client.get(STATISTICS, SPAN)
    with CaptureQueriesContext(connection) as few:
        client.get(STATISTICS, SPAN)
    for number in range(10):
        make_call(pbx, at=datetime(2026, 3, 4, number, tzinfo=UTC), responsible=f"2{number}", did=f"{number}")
    tally_day(tenant.pk, DAY)
    with CaptureQueriesContext(connection) as many:
        client.get(STATISTICS, SPAN)

    assert len(few) == len(many)


def going(pbx: Pbx, extension: str, number: str) -> Call:
    at = datetime.now(UTC) - timedelta(seconds=5)
    rings = [{"extensions": [extension], "at": at.isoformat(), "synthetic": False}]
    return make_call(
        pbx, at=at, phase="ringing", status="ringing", ended_at=None, finished_at=None, rings=rings, client_number=number
    )  # fmt: skip


def test_calls_of_this_moment(pbx: Pbx, tenant: Tenant) -> None:
    make_extension(tenant, "150", "Anna")
    call = going(pbx, "150", "+375290000003")

    answer = machine(tenant).get(LIVE)
    found = answer.json()

    [shown] = found["calls"]
    assert (shown["id"], shown["phase"], shown["is_waiting"]) == (str(call.pk), "ringing", True)
    assert (shown["client_number"], shown["extensions"]) == ("+375290000003", ["150"])
    assert [(one["extension"], one["name"], one["state"]) for one in found["phones"]] == [
        ("150", "Anna", "ringing")
    ]
    assert found["version"] == machine(tenant).get(LIVE).json()["version"]
    assert answer["Cache-Control"] == "no-store"


def test_agents_see_their_own_calls_and_phone(pbx: Pbx, tenant: Tenant) -> None:
    going(pbx, "150", "+375290000003")
    going(pbx, "151", "+375290000004")

    found = person(tenant, Role.AGENT, "151").get(LIVE).json()

    assert [one["client_number"] for one in found["calls"]] == ["+375290000004"]
    assert [one["extension"] for one in found["phones"]] == ["151"]


def test_scopes_and_other_companies(pbx: Pbx, tenant: Tenant) -> None:
    a_day(pbx)
    going(pbx, "150", "+375290000003")
    other = make_tenant()

    for address in (STATISTICS, LIVE):
        assert machine(tenant, "events:read").get(address).status_code == 403
        assert Client().get(address).status_code == 401
        assert machine(tenant).post(address).status_code in (403, 405)
    assert machine(other).get(LIVE).json()["calls"] == []
    assert machine(other).get(STATISTICS, SPAN).json()["incoming"]["calls"] == 0
