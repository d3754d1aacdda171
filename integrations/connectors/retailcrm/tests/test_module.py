"""The whole circle over real HTTP: we register there, and the account then asks of us what its people do."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from django.contrib.staticfiles import finders
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from integrations import live as configurations
from integrations.actions.assign_extension import assign_extension
from integrations.actions.compare_directory import open_differences, push_ours, queue_comparisons, take_theirs
from integrations.actions.find_client import integration_of_client
from integrations.actions.load_users import load_users
from integrations.actions.register_module import deactivate_module, register_module
from integrations.actions.renew_client_id import renew_client_id
from integrations.actions.save_integration import update_integration
from integrations.connectors.retailcrm.simulator import Simulator
from integrations.models import AgentStatus, DirectoryDifference, Exchange, ExtensionAssignment, OutsideUser
from integrations.selectors import presence_of
from integrations.tests.factories import make_integration
from tenants.models import AuditEntry
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_extension, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def simulator():
    with Simulator(limits_rate=False).running() as running:
        yield running


@pytest.fixture
def integration(simulator, live_server, settings):
    settings.PUBLIC_URL = live_server.url
    tenant = make_tenant()
    for number in ("150", "151", "152"):
        make_extension(tenant, number)
    with tenant_scope(tenant):
        row = make_integration(
            tenant,
            simulator.url,
            settings={"url": simulator.url, "phones": [{"site": "main", "phone": "+7 (800) 555-35-35"}]},
        )
        assign_extension(row, "19", "150")
        yield row


@pytest.fixture
def registered(integration):
    register_module(integration)
    return integration


def block(simulator):
    (module,) = simulator.modules.values()
    return module.data


def code(simulator):
    return next(iter(simulator.modules))


def change_there(simulator, *codes):
    """As somebody does who edits our module in the account."""
    block(simulator)["integrations"]["telephony"]["additionalCodes"] = [
        {"userId": user, "code": extension} for user, extension in codes
    ]


def table(simulator):
    return {
        str(one["userId"]): one["code"]
        for one in block(simulator)["integrations"]["telephony"]["additionalCodes"]
    }


def compare():
    queue_comparisons(timezone.now() + timedelta(hours=2))
    drain("integrations.compare")


# Registration


def test_the_block_is_whole(simulator, registered, live_server):
    data = block(simulator)

    assert data.pop("clientId") == registered.own_secrets["client_id"]
    telephony = data["integrations"].pop("telephony")
    telephony.pop("makeCallUrl", None)  # where calls by click are served
    assert data == {
        "code": f"switchboard-{registered.pk.hex[-12:]}",
        "integrationCode": "switchboard",
        "active": True,
        "freeze": False,
        "name": "Switchboard",
        "logo": f"{live_server.url}/static/integrations/switchboard.svg",
        "baseUrl": live_server.url,
        "accountUrl": f"{live_server.url}/retailcrm/account",
        "actions": {"activity": "/retailcrm/activity"},
        "integrations": {},
    }
    assert telephony == {
        "changeUserStatusUrl": f"{live_server.url}/retailcrm/status",
        "allowEdit": False,
        "inputEventSupported": True,
        "outputEventSupported": True,
        "hangupEventSupported": True,
        "additionalCodes": [{"userId": 19, "code": "150"}],
        "externalPhones": [{"siteCode": "main", "externalPhone": "78005553535"}],
    }


def test_the_logo_that_is_told_is_an_svg(registered, simulator):
    path = finders.find(block(simulator)["logo"].partition("/static/")[2])
    assert path
    assert Path(path).read_text().lstrip().startswith(("<svg", "<?xml"))


def test_a_changed_number_of_ours_reaches_the_block_by_itself(registered, simulator):
    update_integration(
        registered, settings={**registered.settings, "phones": [{"site": "main", "phone": "78005550000"}]}
    )
    drain("integrations.push")

    assert block(simulator)["integrations"]["telephony"]["externalPhones"] == [
        {"siteCode": "main", "externalPhone": "78005550000"}
    ]


def test_a_shop_that_they_do_not_know_is_told(integration):
    update_integration(
        integration,
        settings={**integration.settings, "phones": [{"site": "nowhere", "phone": "78005550000"}]},
    )

    assert [issue.value for issue in register_module(integration).issues] == ["nowhere"]


# The client id


def test_a_renewed_client_id_is_pushed_and_the_former_one_works_for_a_day(registered, simulator):
    former = registered.own_secrets["client_id"]

    renewed = renew_client_id(registered)
    drain("integrations.push")

    fresh = renewed.own_secrets["client_id"]
    assert fresh != former
    assert len(fresh) >= 32
    assert block(simulator)["clientId"] == fresh
    assert (
        integration_of_client(fresh, "retailcrm") == integration_of_client(former, "retailcrm") == registered
    )
    type(registered).objects.update(former_client_until=timezone.now() - timedelta(seconds=1))
    assert integration_of_client(former, "retailcrm") is None


def test_a_client_id_is_nobodys_for_another_system_or_an_inactive_company(registered):
    client_id = registered.own_secrets["client_id"]
    assert integration_of_client(client_id, "amocrm") is None
    assert integration_of_client("", "retailcrm") is None
    assert integration_of_client("x" * 100_000, "retailcrm") is None

    type(registered.tenant).objects.filter(pk=registered.tenant_id).update(is_active=False)

    assert integration_of_client(client_id, "retailcrm") is None


# Activity


def test_a_module_that_is_switched_off_there_is_paused_here_and_goes_on_when_it_is_switched_on(
    registered, simulator
):
    off = simulator.callbacks.change_activity(code(simulator), active=False)
    registered.refresh_from_db()

    assert (off.status, off.body) == (200, '{"success": true}')
    assert (registered.is_enabled, registered.module_active, registered.is_stopped_there) == (
        False,
        False,
        True,
    )
    assert registered.paused_reason == "The module was switched off in RetailCRM."
    assert configurations.get(registered.pk).is_enabled is False

    simulator.callbacks.change_activity(code(simulator), active=True)
    registered.refresh_from_db()

    assert (registered.is_enabled, registered.module_active, registered.is_stopped_there) == (
        True,
        True,
        False,
    )


def test_a_frozen_module_is_paused_too(registered, simulator):
    simulator.callbacks.change_activity(code(simulator), active=True, freeze=True)
    registered.refresh_from_db()

    assert (registered.is_enabled, registered.module_frozen) == (False, True)
    assert registered.paused_reason == "The module was frozen in RetailCRM."


def test_what_people_paused_here_is_not_resumed_from_there(registered, simulator):
    update_integration(registered, is_enabled=False, reason="holidays")

    simulator.callbacks.change_activity(code(simulator), active=False)
    simulator.callbacks.change_activity(code(simulator), active=True)
    registered.refresh_from_db()

    assert (registered.is_enabled, registered.paused_reason) == (False, "holidays")


def test_our_own_switching_off_pauses_nothing(registered, simulator):
    deactivate_module(registered)

    simulator.callbacks.change_activity(code(simulator), active=False)
    registered.refresh_from_db()

    assert registered.is_enabled


def test_a_push_does_not_switch_on_what_was_switched_off_there(registered, simulator):
    simulator.callbacks.change_activity(code(simulator), active=False)
    update_integration(registered, is_enabled=True)  # somebody insists, here
    simulator.callbacks.change_activity(code(simulator), active=False)

    assign_extension(registered, "18", "151")
    drain("integrations.push")

    assert block(simulator)["active"] is False
    assert table(simulator) == {"19": "150", "18": "151"}


def test_a_renamed_account_is_shown_and_nothing_is_sent_there(registered, live_server):
    ask = {"clientId": registered.own_secrets["client_id"], "activity": '{"active": true, "freeze": false}'}
    answer = requests.post(
        f"{live_server.url}/retailcrm/activity",
        data={**ask, "systemUrl": "https://user:pass@renamed.retailcrm.ru/admin"},
        timeout=10,
    )
    registered.refresh_from_db()

    assert answer.status_code == 200
    assert registered.module_address == "https://renamed.retailcrm.ru"
    assert "renamed" not in registered.settings["url"]


@pytest.mark.parametrize(
    "form",
    [
        {"activity": '{"active": true}'},
        {"activity": '{"active": true}', "clientId": ""},
        {"activity": '{"active": true}', "clientId": "a" * 32},
        {"activity": '{"active": true}', "clientId": "\x00" * 32},
    ],
)
def test_strangers_change_nothing(registered, live_server, form):
    answer = requests.post(f"{live_server.url}/retailcrm/activity", data=form, timeout=10)

    assert (answer.status_code, answer.json()) == (
        400,
        {"success": False, "errorMsg": "This clientId is not known."},
    )
    registered.refresh_from_db()
    assert registered.module_told_at is None


@pytest.mark.parametrize(
    "activity", ["", "{}", "[]", "nonsense", '{"active": 1}', '{"active": true, "freeze": "no"}', "[" * 5000]
)
def test_activity_in_another_shape_is_refused(registered, live_server, activity):
    form = {"clientId": registered.own_secrets["client_id"], "activity": activity}

    answer = requests.post(f"{live_server.url}/retailcrm/activity", data=form, timeout=10)

    assert answer.status_code == 400
    assert "active and freeze" in answer.json()["errorMsg"]
    registered.refresh_from_db()
    assert registered.module_told_at is None


def test_guessers_are_stopped_and_neighbours_are_not(registered, live_server, simulator):
    statuses = [
        requests.post(
            f"{live_server.url}/retailcrm/activity", data={"clientId": f"guess-{number}"}, timeout=10
        ).status_code
        for number in range(22)
    ]

    assert statuses == [400] * 20 + [429] * 2
    assert simulator.callbacks.change_activity(code(simulator), active=True).status == 200


def test_requests_are_kept_without_the_client_id(registered, simulator):
    simulator.callbacks.change_activity(code(simulator), active=True)
    simulator.callbacks.change_status(19, "busy")

    kept = Exchange.objects.filter(way="in").order_by("id")
    assert [(one.operation, one.status, one.error) for one in kept] == [
        ("activity", 200, ""),
        ("status", 200, ""),
    ]
    assert kept[1].request_body == "userId=19 code=150 status=busy"
    secret = registered.own_secrets["client_id"]
    for one in kept:
        assert secret not in f"{one.url} {one.request_body} {one.request_headers} {one.response_body}"


# Statuses


def test_a_status_is_kept_and_found_by_the_extension(registered, simulator):
    simulator.callbacks.change_status(19, "dinner")

    found = presence_of(registered.tenant_id)
    assert {number: (one.presence, one.word, one.is_available) for number, one in found.items()} == {
        "150": ("away", "dinner", False)
    }

    simulator.callbacks.change_status(19, "free")
    assert presence_of(registered.tenant_id)["150"].is_available


def test_a_repeated_status_keeps_the_time_since_when_it_is_so(registered, simulator):
    simulator.callbacks.change_status(19, "busy")
    first = AgentStatus.objects.get()

    simulator.callbacks.change_status(19, "busy")

    again = AgentStatus.objects.get()
    assert again.changed_at == first.changed_at
    assert again.told_at > first.told_at


def test_a_status_by_post_counts_the_same(registered, live_server):
    form = {"clientId": registered.own_secrets["client_id"], "userId": "19", "code": "150", "status": "break"}

    assert requests.post(f"{live_server.url}/retailcrm/status", data=form, timeout=10).status_code == 200
    assert AgentStatus.objects.get().word == "break"


@pytest.mark.parametrize(
    "said",
    [{"userId": "19", "status": "asleep"}, {"userId": "anna", "status": "free"}, {"status": "free"}, {}],
)
def test_a_status_in_another_shape_is_refused(registered, live_server, said):
    query = {"clientId": registered.own_secrets["client_id"], **said}

    assert requests.get(f"{live_server.url}/retailcrm/status", params=query, timeout=10).status_code == 400
    assert not AgentStatus.objects.exists()


def test_made_up_users_are_not_kept(registered, live_server):
    query = {"clientId": registered.own_secrets["client_id"], "userId": "4711", "status": "free"}

    assert requests.get(f"{live_server.url}/retailcrm/status", params=query, timeout=10).status_code == 200
    assert not AgentStatus.objects.exists()


def test_a_status_of_one_company_is_not_anothers(registered, simulator):
    other = make_tenant()
    with tenant_scope(other):
        theirs = make_integration(other, simulator.url)
        make_extension(other, "150")
        assign_extension(theirs, "19", "150")

    simulator.callbacks.change_status(19, "busy")

    with tenant_scope(other):
        assert presence_of(other.pk) == {}


def test_loaded_users_bring_their_codes_and_statuses(registered):
    load_users(registered)

    users = dict(OutsideUser.objects.values_list("outside_id", "extension"))
    assert (users["19"], users["18"]) == ("150", "")
    assert dict(AgentStatus.objects.values_list("outside_user_id", "word"))["16"] == "dinner"


# The account's page


def test_open_leads_to_the_integrations_page_for_whoever_is_signed_in(registered, simulator, live_server):
    found = simulator.callbacks.open_account(code(simulator))
    answer = requests.post(
        f"{live_server.url}/retailcrm/account",
        data={"clientId": registered.own_secrets["client_id"]},
        allow_redirects=False,
        timeout=10,
    )

    assert found.status == 303
    assert answer.headers["Location"] == reverse(
        "admin:integrations_integration_change", args=[registered.pk]
    )
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "sessionid" not in answer.headers.get("Set-Cookie", "")


def test_open_by_a_stranger_leads_nowhere(registered, live_server):
    answer = requests.post(f"{live_server.url}/retailcrm/account", data={"clientId": "x"}, timeout=10)

    assert answer.status_code == 400
    assert str(registered.pk) not in answer.text


# Assignments under concurrency, and drift


def run_together(*deeds):
    barrier = threading.Barrier(len(deeds))

    def go(deed):
        try:
            barrier.wait(60)
            deed()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def in_force(row):
    rows = ExtensionAssignment.objects.filter(integration=row, valid_to__isnull=True)
    return dict(rows.values_list("outside_user_id", "extension"))


@pytest.mark.engine("sqlite", "postgresql")
def test_two_reassignments_at_once_leave_one_owner_and_the_whole_history(registered, simulator):
    def give(user):
        def deed():
            with tenant_scope(registered.tenant_id):
                assign_extension(registered, user, "150")

        return deed

    run_together(give("18"), give("17"))
    drain("integrations.push")

    (owner,) = in_force(registered)
    assert owner in ("17", "18")
    assert table(simulator) == {owner: "150"}
    history = ExtensionAssignment.objects.filter(integration=registered, extension="150").order_by(
        "valid_from"
    )
    assert [one.outside_user_id for one in history] == ["19", *({"17", "18"} - {owner}), owner]
    assert [one.valid_to is None for one in history] == [False, False, True]
    assert AuditEntry.objects.filter(action="integration.extension_assigned").count() == 3


def test_drift_is_listed_once_and_pushing_ours_settles_it(registered, simulator):
    change_there(simulator, (19, "151"), (18, "152"))

    compare()
    compare()

    assert [
        (one.outside_user_id, one.kind, one.ours, one.theirs) for one in open_differences(registered)
    ] == [
        ("18", "stranger", "", "152"),
        ("19", "other", "150", "151"),
    ]
    push_ours(registered)
    drain("integrations.push")
    assert table(simulator) == {"19": "150"}
    assert open_differences(registered) == []
    assert set(DirectoryDifference.objects.values_list("outcome", flat=True)) == {"overwritten"}
    compare()
    assert open_differences(registered) == []


def test_theirs_is_taken_as_a_whole_and_swaps_are_possible(registered, simulator):
    assign_extension(registered, "18", "151")
    drain("integrations.push")
    change_there(simulator, (19, "151"), (18, "150"), (17, "999"))
    compare()

    taken = take_theirs(registered)

    assert (taken.count, taken.unknown) == (2, ("999",))
    assert in_force(registered) == {"19": "151", "18": "150"}
    assert [one.theirs for one in open_differences(registered)] == ["999"]
    assert DirectoryDifference.objects.filter(outcome="taken").count() == 2


def test_somebody_removed_there_is_removed_here_when_theirs_is_taken(registered, simulator):
    change_there(simulator)
    compare()
    assert [one.kind for one in open_differences(registered)] == ["missing"]

    take_theirs(registered)

    assert in_force(registered) == {}


def test_a_difference_that_went_away_is_settled(registered, simulator):
    change_there(simulator, (19, "151"))
    compare()
    change_there(simulator, (19, "150"))

    compare()

    assert open_differences(registered) == []
    assert DirectoryDifference.objects.get().outcome == "gone"


def test_ours_wins_over_a_change_there_and_the_overwritten_one_is_on_record(registered, simulator):
    change_there(simulator, (19, "150"), (17, "152"))

    assign_extension(registered, "18", "152")
    drain("integrations.push")

    assert table(simulator) == {"19": "150", "18": "152"}
    (lost,) = DirectoryDifference.objects.all()
    assert (lost.outside_user_id, lost.ours, lost.theirs, lost.outcome) == ("17", "", "152", "overwritten")


def test_our_own_changes_are_no_drift(registered, simulator):
    assign_extension(registered, "18", "151")
    compare()  # before the push
    drain("integrations.push")
    compare()

    assert not DirectoryDifference.objects.exists()


def test_what_cannot_be_read_is_said_and_lists_nothing(registered, simulator):
    simulator.fail("500", path=f"/api/v5/integration-modules/{code(simulator)}")

    compare()

    registered.refresh_from_db()
    assert registered.directory_check_error
    assert registered.directory_checked_at
    assert not DirectoryDifference.objects.exists()


def test_comparisons_are_due_once_an_hour(registered):
    assert queue_comparisons() == 1
    drain("integrations.compare")
    assert queue_comparisons() == 0
    assert queue_comparisons(timezone.now() + timedelta(minutes=61)) == 1
