"""A list from one day to another: as the reader writes dates, in the company's zone."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from exports.models import Export
from exports.reader import Reader
from exports.registry import get_dataset
from telephony.models import Call
from telephony.tests.factories import make_pbx, play
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_member, make_tenant

pytestmark = pytest.mark.django_db

LIST = reverse("admin:telephony_call_changelist")
MIDNIGHT = datetime(2026, 3, 9, 14, tzinfo=UTC)  # of the 10th in Vladivostok


@pytest.fixture
def tenant():
    return make_tenant(timezone="Asia/Vladivostok", language="ru")


@pytest.fixture
def client(tenant):
    client = Client()
    client.force_login(make_member(tenant, role="owner").user)
    return client


@pytest.fixture
def calls(tenant) -> dict[str, Call]:
    moments = {
        "before": MIDNIGHT - timedelta(seconds=1),
        "first": MIDNIGHT,
        "last": MIDNIGHT + timedelta(days=1, seconds=-1),
        "after": MIDNIGHT + timedelta(days=1),
    }
    pbx = make_pbx(tenant)
    played = {name: play(pbx, "inbound_answered", suffix=name) for name in moments}
    for name, call in played.items():
        Call._base_manager.filter(pk=call.pk).update(started_at=moments[name])
    return played


def found(client, calls, language: str, **query: str) -> set[str]:
    answer = client.get(LIST, query, headers={"accept-language": language})
    assert answer.status_code == 200
    keys = {row.pk for row in answer.context["cl"].result_list}
    return {name for name, call in calls.items() if call.pk in keys}


@pytest.mark.parametrize("day", ["10.03.2026", "2026-03-10"])
def test_a_day_without_times_is_the_whole_day_of_the_company(client, calls, day):
    query = {"started_at_from_0": day, "started_at_to_0": day}

    assert found(client, calls, "ru", **query) == {"first", "last"}


def test_times_narrow_it(client, calls):
    query = {
        "started_at_from_0": "10.03.2026",
        "started_at_from_1": "12:00",
        "started_at_to_0": "",
        "started_at_to_1": "",
    }

    assert found(client, calls, "ru", **query) == {"last", "after"}


def test_a_time_is_where_it_ends_in_the_list_as_in_its_file(client, calls):
    """What began at that very moment is in the next part: parts that follow each other show no call twice."""
    query = {
        "started_at_from_0": "10.03.2026",
        "started_at_from_1": "00:00",
        "started_at_to_0": "11.03.2026",
        "started_at_to_1": "00:00",
    }
    address = f"{reverse('admin:telephony_call_export')}?{urlencode(query)}"

    client.post(address, {"format": "csv", "columns": ["id"]}, headers={"accept-language": "ru"})

    export = Export._base_manager.get()
    with tenant_scope(export.tenant):
        reader = Reader(get_dataset("calls"), ["id"], export.filters, export.tenant.zone)
        keys = {key for block in reader.blocks() for (key,) in block}
    assert keys == {calls["first"].pk, calls["last"].pk}
    assert found(client, calls, "ru", **query) == {"first", "last"}


def test_the_other_language_writes_days_otherwise(client, calls, tenant):
    assert found(client, calls, "en", started_at_to_0="2026-03-09") == {"before"}


@pytest.mark.parametrize(
    "query",
    [
        {"started_at_from_0": "tomorrow"},
        {"started_at_to_0": "31.02.2026"},
        {"started_at_from_0": "10.03.2026", "started_at_from_1": "25:00"},
        {"started_at_from_0": "\x00"},
        {"started_at_to_0": "9999-12-31", "started_at_to_1": "x"},
    ],
)
def test_what_cannot_be_read_is_refused_and_not_left_out(client, calls, query):
    answer = client.get(LIST, query)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{LIST}?e=1")


@pytest.mark.parametrize("address", [LIST, reverse("admin:tenants_auditentry_changelist")])
@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31", "9999-12-31"])
def test_the_ends_of_time_are_no_error(client, calls, address, day):
    name = "started_at" if address == LIST else "created_at"

    assert client.get(address, {f"{name}_from_0": day, f"{name}_to_0": day}).status_code in (200, 302)


def test_the_days_of_the_list_go_into_its_file_whatever_the_number_of_rows(client, calls):
    """Not as ids, of which there may be ten thousand."""
    day = {"started_at_from_0": "10.03.2026", "started_at_to_0": "10.03.2026"}
    address = f"{reverse('admin:telephony_call_export')}?{urlencode(day)}"

    answer = client.post(address, {"format": "csv", "columns": ["id"]}, headers={"accept-language": "ru"})

    export = Export._base_manager.get()
    assert answer.headers["Location"] == reverse("admin:exports_export_change", args=[export.pk])
    assert export.filters == {"started_at": {"from": "2026-03-10", "to": "2026-03-10"}}
    with tenant_scope(export.tenant):
        reader = Reader(get_dataset("calls"), ["id"], export.filters, export.tenant.zone)
        keys = {key for block in reader.blocks() for (key,) in block}
    assert keys == {calls["first"].pk, calls["last"].pk}


def test_the_days_of_the_statistics_go_into_their_file(client, calls):
    days = {"day_from": "2026-03-10", "day_to": "2026-03-11"}
    address = f"{reverse('admin:telephony_calltally_export')}?{urlencode(days)}"

    client.post(address, {"format": "csv", "columns": ["day"]})

    assert Export._base_manager.get().filters == {"day": {"from": "2026-03-10", "to": "2026-03-11"}}
