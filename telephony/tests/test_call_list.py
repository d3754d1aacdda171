"""What the list of calls is narrowed to: on the page, in a file made of it, and by the API, the same."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from exports.admin.list_filters import filters_of_list
from exports.reader import Reader
from exports.registry import get_dataset
from integrations.tests.factories import make_integration
from telephony.actions.missed_clients import follow_up
from telephony.admin.call_filters import presets
from telephony.models import Call, CallAlias, CallNotification, CallParticipant
from telephony.tests.factories import make_call, make_pbx
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_api_key, make_member, make_tenant

pytestmark = pytest.mark.django_db
LIST = reverse("admin:telephony_call_changelist")
NOW = datetime.now(UTC)


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(timezone="UTC")


@pytest.fixture
def calls(tenant: Tenant) -> dict[str, Call]:
    pbx = make_pbx(tenant)

    def call(minutes: int, **values: Any) -> Call:
        return make_call(pbx, at=NOW - timedelta(minutes=minutes), **values)

    found = {
        "waiting": call(50, client_number="+375291110001", did="+375170000001", wait_seconds=70),
        "served": call(45, client_number="+375291110002", did="+375170000002"),
        "back": call(
            40, client_number="+375291110002", direction="out", status="answered", talk_seconds=600, trunk="beta"
        ),
        "short": call(
            30, client_number="+375291110003", client_name="Anna Smith", status="answered", talk_seconds=4,
            recording_size=90_000, did="+375170000001",
        ),
        "hidden": call(20, client_raw="anonymous", status="answered", talk_seconds=100, recording_size=44),
    }  # fmt: skip
    with all_tenants():
        CallParticipant.objects.create(tenant=tenant, call=found["short"], extension="150")
        CallAlias.objects.create(tenant=tenant, pbx=pbx, call=found["short"], channel="pbx-1795254021.57")
        CallNotification.objects.create(
            tenant=tenant,
            call=found["back"],
            integration=make_integration(tenant),
            kind="upload",
            state="failed",
        )
        follow_up(list(found.values()))
    return found


CASES: list[tuple[dict[str, str], set[str]]] = [
    ({}, {"waiting", "served", "back", "short", "hidden"}),
    ({"missed": "1"}, {"waiting", "served"}),
    ({"missed": "open"}, {"waiting"}),
    ({"extension": "150"}, {"short"}),
    ({"extension": "15"}, set()),
    ({"line": "+375170000001"}, {"waiting", "short"}),
    ({"line": "beta"}, {"back"}),
    ({"recorded": "1"}, {"short"}),
    ({"crm": "problem"}, {"back"}),
    ({"talk_seconds_from": "100"}, {"back", "hidden"}),
    ({"talk_seconds_from": "1", "talk_seconds_to": "10"}, {"short"}),
    ({"wait_seconds_from": "60"}, {"waiting"}),
    ({"q": "0002"}, {"served", "back"}),
    ({"q": "8 029 111-00-03"}, {"short"}),
    ({"q": "+375 29 111 00 01"}, {"waiting"}),
    ({"q": "smith"}, {"short"}),
    ({"q": "pbx-1795254021.57"}, {"short"}),
    ({"q": "1795254021.57"}, set()),
    ({"q": "nobody"}, set()),
    ({"direction__exact": "in", "missed": "1", "q": "0001"}, {"waiting"}),
]
ids = [str(query) for query, _names in CASES]


@pytest.fixture
def client(tenant: Tenant) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, "manager").user)
    return client


@pytest.mark.parametrize(("query", "names"), CASES, ids=ids)
def test_the_page(client: Client, calls: dict[str, Call], query: dict[str, str], names: set[str]) -> None:
    answer = client.get(LIST, query)

    assert answer.status_code == 200
    assert {row.pk for row in answer.context["cl"].result_list} == {calls[name].pk for name in names}


def not_needed(_request: Any) -> Any:
    raise AssertionError("the dataset does not know a filter of the list")


@pytest.mark.parametrize(("query", "names"), CASES, ids=ids)
def test_a_file_holds_what_the_page_showed(
    tenant: Tenant, calls: dict[str, Call], query: dict[str, str], names: set[str]
) -> None:
    dataset = get_dataset("calls")
    with tenant_scope(tenant):
        filters = filters_of_list(dataset, RequestFactory().get(LIST, query), not_needed)
        reader = Reader(dataset, ["id"], filters, tenant.zone)
        found = {row[0] for block in reader.blocks() for row in block}

    assert found == {calls[name].pk for name in names}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"missed": "open"}, {"waiting"}),
        ({"line": "beta"}, {"back"}),
        ({"recorded": "1"}, {"short"}),
        ({"crm": "problem"}, {"back"}),
        ({"talk_from": "100"}, {"back", "hidden"}),
        ({"talk_from": "1", "talk_to": "10"}, {"short"}),
        ({"wait_from": "60"}, {"waiting"}),
        ({"ends_with": "0002"}, {"served", "back"}),
    ],
)
def test_the_api(tenant: Tenant, calls: dict[str, Call], query: dict[str, str], names: set[str]) -> None:
    machine = Client(headers={"x-api-key": make_api_key(tenant, ["calls:read"])[1]})

    found = machine.get("/api/v1/calls", query).json()["results"]

    assert {row["id"] for row in found} == {str(calls[name].pk) for name in names}


@pytest.mark.parametrize(
    "query",
    [
        {"missed": "no"},
        {"crm": "x"},
        {"recorded": "2"},
        {"talk_from": "-1"},
        {"ends_with": "12"},
        {"ends_with": "abc"},
    ],
)
def test_the_api_names_what_is_wrong(tenant: Tenant, query: dict[str, str]) -> None:
    machine = Client(headers={"x-api-key": make_api_key(tenant, ["calls:read"])[1]})

    answer = machine.get("/api/v1/calls", query)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == list(query)


@pytest.mark.parametrize("query", [{"missed": "no"}, {"crm": "x"}, {"talk_seconds_from": "x"}])
def test_a_wrong_filter_of_the_page_is_refused(
    client: Client, calls: dict[str, Call], query: dict[str, str]
) -> None:
    assert client.get(LIST, query).status_code == 302


def test_days_are_one_click_away_and_keep_the_other_filters(client: Client, calls: dict[str, Call]) -> None:
    request: Callable[..., Any] = RequestFactory().get
    today = timezone.localdate()
    links = {one.title: one for one in presets(request(LIST, {"missed": "1", "older": "x"}))}

    assert [title for title, one in links.items() if one.is_chosen] == ["All time"]
    assert links["Today"].address == f"?started_at_from_0={today}&started_at_from_1=00%3A00&missed=1"
    answer = client.get(f"{LIST}{links['Yesterday'].address}")
    chosen = [one.title for one in answer.context["presets"] if one.is_chosen]
    assert (answer.status_code, chosen) == (200, ["Yesterday"])


def test_another_companys_open_clients_and_messages_do_not_count(calls: dict[str, Call]) -> None:
    stranger = make_tenant(timezone="UTC")
    mine = make_call(make_pbx(stranger), at=NOW, client_number="+375291110001")
    client = Client()
    client.force_login(make_member(stranger, "manager").user)

    shown = {name: client.get(LIST, query).context["cl"].result_list for name, query in (
        ("all", {}), ("open", {"missed": "open"}), ("crm", {"crm": "problem"}),
    )}  # fmt: skip

    assert [row.pk for row in shown["all"]] == [mine.pk]
    assert list(shown["open"]) == []
    assert list(shown["crm"]) == []
