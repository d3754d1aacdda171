"""The pages for those who look after calls: not called back, statistics, extensions without a match."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from exports.actions import request_export
from exports.lanes import LANE as EXPORTS
from exports.reader import Reader
from exports.registry import get_dataset
from exports.request import ExportRequest
from integrations import live
from integrations.models import ExtensionAssignment, MappingProblem, OutsideUser
from integrations.tests.factories import make_integration
from telephony.actions.find_problems import Crm, Found, problems, refresh_problems
from telephony.actions.missed_clients import follow_up
from telephony.actions.tally_calls import LANE, tally_day
from telephony.admin.statistics import asked_span
from telephony.models import AssignmentProblem, Call, CallParticipant, MissedClient, Pbx
from telephony.tests.factories import make_call, make_pbx
from tenants.models import AuditEntry, Role, Tenant, Work
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_extension, make_member, make_operator, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
MISSED = reverse("admin:telephony_missedclient_changelist")
STATISTICS = reverse("admin:telephony_calltally_statistics")
PROBLEMS = reverse("admin:telephony_assignmentproblem_changelist")


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(timezone="UTC")


@pytest.fixture
def pbx(tenant: Tenant) -> Pbx:
    return make_pbx(tenant)


def signed_in(tenant: Tenant, role: str = Role.MANAGER, extension: Any = None) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, role, extension=extension).user)
    return client


def missed(pbx: Pbx, number: int, minutes: int = 10, **values: Any) -> Call:
    at = NOW - timedelta(minutes=minutes)
    call = make_call(pbx, at=at, client_number=f"+37529111{number:04d}", **values)
    with all_tenants():
        follow_up([call])
    return call


def shown(client: Client, **query: str) -> list[str]:
    return [row.client_number[-4:] for row in client.get(MISSED, query).context["cl"].result_list]


def test_who_waits_is_shown_and_who_was_reached_is_a_click_away(pbx: Pbx, tenant: Tenant) -> None:
    missed(pbx, 1, responsible="150")
    missed(pbx, 2, responsible="151")
    talked = make_call(
        pbx, at=NOW, client_number="+375291110001", direction="out", status="answered", talk_seconds=5
    )
    with all_tenants():
        follow_up([talked])
    client = signed_in(tenant)

    assert shown(client) == ["0002"]
    assert shown(client, cleared="1") == ["0001"]
    assert shown(client, cleared="all") == ["0002", "0001"]
    assert shown(client, extension="150", cleared="all") == ["0001"]
    assert shown(client, q="0002") == ["0002"]
    assert shown(client, q="2222") == []


def test_agents_see_and_deal_with_those_who_called_them(pbx: Pbx, tenant: Tenant) -> None:
    missed(pbx, 1, responsible="150")
    missed(pbx, 2, responsible="151")
    group = missed(pbx, 3, responsible="151")
    with all_tenants():
        CallParticipant.objects.create(tenant=tenant, call=group, extension="150")
    agent = signed_in(tenant, Role.AGENT, make_extension(tenant, "150"))

    assert shown(agent) == ["0003", "0001"]
    ids = list(MissedClient._base_manager.values_list("pk", flat=True))
    agent.post(MISSED, {"action": "clear_chosen", "_selected_action": ids, "index": "0"})

    done = MissedClient._base_manager.filter(clearing="hand").values_list("client_number", flat=True)
    assert sorted(number[-4:] for number in done) == ["0001", "0003"]
    assert AuditEntry._base_manager.filter(action="missed_client.cleared").count() == 2


def test_viewers_do_not_mark_anything(pbx: Pbx, tenant: Tenant) -> None:
    missed(pbx, 1)
    key = MissedClient._base_manager.get().pk

    signed_in(tenant, Role.VIEWER).post(MISSED, {"action": "clear_chosen", "_selected_action": [key]})
    signed_in(make_tenant()).post(MISSED, {"action": "clear_chosen", "_selected_action": [key]})

    assert MissedClient._base_manager.get().cleared_at is None
    assert shown(signed_in(make_tenant())) == []


def test_the_list_costs_the_same_whatever_its_length(pbx: Pbx, tenant: Tenant) -> None:
    missed(pbx, 1)
    client = signed_in(tenant)
    client.get(MISSED)
    with CaptureQueriesContext(connection) as few:
        client.get(MISSED)
    for number in range(2, 12):
        missed(pbx, number)
    with CaptureQueriesContext(connection) as many:
        client.get(MISSED)

    assert len(few) == len(many)
    assert not [one["sql"] for one in many if "COUNT(*)" in one["sql"] and "missedclient" in one["sql"]]


def test_the_file_holds_those_who_wait(pbx: Pbx, tenant: Tenant) -> None:
    missed(pbx, 1)
    missed(pbx, 2)
    MissedClient._base_manager.filter(client_number__endswith="0001").update(cleared_at=NOW, clearing="hand")
    dataset = get_dataset("missed_clients")

    found = {name: [row[0] for block in Reader(dataset, ["client_number"], filters, tenant.zone).blocks() for row in block]
             for name, filters in scoped(tenant, {"waiting": {"cleared": "0"}, "all": {}})}  # fmt: skip

    assert found == {"waiting": ["+375291110002"], "all": ["+375291110002", "+375291110001"]}


def scoped(tenant: Tenant, cases: dict[str, Any]) -> Any:
    for name, filters in cases.items():
        with tenant_scope(tenant):
            yield name, filters


def test_statistics_in_words_and_pictures(pbx: Pbx, tenant: Tenant) -> None:
    make_extension(tenant, "150", "Anna")
    make_call(
        pbx,
        at=NOW,
        status="answered",
        talk_seconds=90,
        wait_seconds=7,
        responsible="150",
        did="+375170000001",
    )
    make_call(pbx, at=NOW, responsible="151", did="+375170000001")
    tally_day(tenant.pk, NOW.date())

    page = signed_in(tenant).get(STATISTICS)
    text = page.content.decode()

    assert [row["part"].key for row in page.context["extensions"]] == ["150", "151"]
    assert page.context["totals"][3][0] == "50 %"
    assert "Anna" in text
    assert "1:30" in text
    assert text.count("<rect") >= 2 + 7 * 24
    assert 'style="' not in text.split('class="tel-page"')[1]


def test_days_that_were_not_counted_are_counted_for_being_asked_for(pbx: Pbx, tenant: Tenant) -> None:
    make_call(pbx, at=NOW - timedelta(days=2))
    client = signed_in(tenant)

    before = client.get(STATISTICS)
    client.get(STATISTICS)
    queued = Work._base_manager.filter(lane=LANE).count()
    drain(LANE)
    after = client.get(STATISTICS)

    assert (before.context["uncounted"], queued, after.context["uncounted"]) == (7, 7, 0)
    assert "data-reload" in before.content.decode()
    assert after.context["found"].incoming.missed == 1


@pytest.mark.parametrize(
    ("query", "since", "until", "has_problem"),
    [
        ({}, "2026-03-04", "2026-03-10", False),
        ({"since": "2026-03-01"}, "2026-03-01", "2026-03-10", False),
        ({"since": "2026-03-05", "until": "2026-03-01"}, "2026-03-01", "2026-03-05", False),
        ({"since": "x"}, "2026-03-04", "2026-03-10", True),
        ({"since": "2026-02-31"}, "2026-03-04", "2026-03-10", True),
        ({"since": "2000-01-01"}, "2025-02-04", "2026-03-10", True),
    ],
)
def test_the_days_of_an_address(query: dict[str, str], since: str, until: str, has_problem: bool) -> None:
    today = datetime(2026, 3, 10, tzinfo=UTC).date()

    span = asked_span(RequestFactory().get(STATISTICS, query), today)

    assert (span.since.isoformat(), span.until.isoformat(), bool(span.problem)) == (since, until, has_problem)


def test_statistics_of_another_company_and_of_none(pbx: Pbx) -> None:
    make_call(pbx, at=NOW)
    tally_day(pbx.tenant_id, NOW.date())
    operator = Client(headers={"Accept-Language": "en"})
    operator.force_login(make_operator())

    assert signed_in(make_tenant()).get(STATISTICS).context["found"].incoming.calls == 0
    assert "Choose a company" in operator.get(STATISTICS).content.decode()


def test_problems_from_what_rang_and_what_the_crm_has() -> None:
    key = Call().pk
    good = Crm(key, "CRM", True, {"150": "7"}, {"8": "Boris"}, ["151"])

    found = problems({"150": 5, "152": 2}, ["150"], [good])

    assert found == {
        ("unlisted", None, "152"): Found(calls=2),
        ("nobody", key, "152"): Found(calls=2),
        ("no_ext", key, "8"): Found("Boris"),
        ("unknown", key, "151"): Found(),
    }
    assert problems({"150": 1}, ["150"], []) == {("no_crm", None, ""): Found(calls=1)}
    assert problems({}, [], []) == {}
    assert problems({"150": 1}, ["150"], [Crm(key, "CRM", False)]) == {("off", key, ""): Found("CRM")}


def test_the_list_of_problems_is_fresh_and_leads_to_the_cure(pbx: Pbx, tenant: Tenant) -> None:
    integration = make_integration(tenant)
    call = make_call(pbx, at=NOW)
    with all_tenants():
        CallParticipant.objects.create(tenant=tenant, call=call, extension="177")
        OutsideUser.objects.create(tenant=tenant, integration=integration, outside_id="901", name="Vera")
        MappingProblem.objects.create(
            tenant=tenant, integration=integration, kind="extension", value="188", last_seen_at=NOW
        )
    client = signed_in(tenant)

    text = client.get(PROBLEMS).content.decode()
    rows = AssignmentProblem._base_manager.values_list("trouble", "subject", "name")

    assert {
        ("unlisted", "177", ""),
        ("nobody", "177", ""),
        ("no_ext", "901", "Vera"),
        ("unknown", "188", ""),
    } <= set(rows)
    assert reverse("admin:integrations_integration_change", args=[integration.pk]) in text
    assert f"{reverse('admin:tenants_extension_add')}?number=177" in text

    make_extension(tenant, "177")
    with all_tenants():
        ExtensionAssignment.objects.create(
            tenant=tenant, integration=integration, outside_user_id="901", extension="177", valid_from=NOW
        )
    live.forget_all()
    kept = set(AssignmentProblem._base_manager.values_list("pk", flat=True))
    client.get(PROBLEMS)

    left = AssignmentProblem._base_manager.values_list("pk", "subject")
    assert "177" not in {subject for _pk, subject in left}
    assert {pk for pk, _subject in left} <= kept
    assert [len(signed_in(make_tenant()).get(PROBLEMS).context["cl"].result_list)] == [0]


def test_looking_again_writes_nothing_where_nothing_changed(pbx: Pbx, tenant: Tenant) -> None:
    call = make_call(pbx, at=NOW)
    with all_tenants():
        CallParticipant.objects.create(tenant=tenant, call=call, extension="177")
    assert refresh_problems(tenant.pk) == 2

    with CaptureQueriesContext(connection) as queries:
        refresh_problems(tenant.pk)

    assert not [
        one["sql"] for one in queries if one["sql"].startswith(("INSERT", "UPDATE", "DELETE", "WITH"))
    ]


@pytest.mark.parametrize(
    ("dataset", "heading", "expected"),
    [
        ("call_statistics", "Talk on average, s", "90"),
        ("missed_clients", "Who should call back", "151"),
        ("assignment_problems", "What is wrong", "177"),
    ],
)
def test_files_of_the_new_data(
    pbx: Pbx, tenant: Tenant, settings: Any, tmp_path: Any, dataset: str, heading: str, expected: str
) -> None:
    settings.EXPORT_DIR = tmp_path
    missed(pbx, 1, responsible="151")
    answered = make_call(pbx, at=NOW, status="answered", talk_seconds=90, wait_seconds=7, responsible="150")
    tally_day(tenant.pk, NOW.date())
    with all_tenants():
        CallParticipant.objects.create(tenant=tenant, call=answered, extension="177")
    refresh_problems(tenant.pk)
    with tenant_scope(tenant):
        request_export(tenant, ExportRequest(dataset, "csv"), member=make_member(tenant, Role.MANAGER))

    drain(EXPORTS)

    (file,) = tmp_path.rglob("*.csv")
    text = file.read_text()
    assert heading in text.splitlines()[0]
    assert expected in text
