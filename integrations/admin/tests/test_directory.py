"""The part of an integration's page about extensions there and here, and the page of last successes and failures."""

import pytest
from django.test import Client
from django.urls import reverse

from integrations.actions.assign_extension import assign_extension
from integrations.actions.register_module import register_module
from integrations.actions.test_connection import diagnose
from integrations.connectors.retailcrm.simulator import Simulator
from integrations.models import DirectoryDifference, ExtensionAssignment, Integration
from integrations.tests.factories import make_integration
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_extension, make_member, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "admin:integrations_integration_change"
DEEDS = ("compare", "push", "take", "client")


@pytest.fixture
def simulator():
    with Simulator(limits_rate=False).running() as running:
        yield running


@pytest.fixture
def tenant():
    found = make_tenant()
    for number in ("150", "151"):
        make_extension(found, number)
    return found


@pytest.fixture
def row(tenant, simulator):
    with tenant_scope(tenant):
        found = make_integration(tenant, simulator.url)
        assign_extension(found, "19", "150")
        register_module(found)
    return found


def signed_in(tenant, role="admin"):
    client = Client()
    client.force_login(make_member(tenant, role).user)
    return client


def deed(client, row, name):
    return client.post(reverse(f"admin:integrations_integration_{name}", args=[row.pk]), follow=True)


def text_of(response):
    return response.content.decode()


def change_there(simulator, user, extension):
    (module,) = simulator.modules.values()
    module.telephony["additionalCodes"] = [{"userId": user, "code": extension}]


def in_force():
    return dict(
        ExtensionAssignment._base_manager.filter(valid_to__isnull=True).values_list(
            "outside_user_id", "extension"
        )
    )


def test_comparing_shows_what_differs_and_pushing_ours_settles_it(tenant, row, simulator):
    client = signed_in(tenant)
    assert "Both tables are the same." in text_of(deed(client, row, "compare"))
    change_there(simulator, 19, "151")

    found = text_of(deed(client, row, "compare"))
    assert "1 difference was found." in found
    assert "has another extension there" in found
    assert "Push ours" in found
    assert "Our extensions are being sent." in text_of(deed(client, row, "push"))
    drain("integrations.push")

    (module,) = simulator.modules.values()
    assert module.telephony["additionalCodes"] == [{"userId": 19, "code": "150"}]
    assert "has another extension there" not in text_of(client.get(reverse(PAGE, args=[row.pk])))


def test_taking_theirs(tenant, row, simulator):
    client = signed_in(tenant)
    change_there(simulator, 19, "151")
    deed(client, row, "compare")

    assert "1 extension was taken over." in text_of(deed(client, row, "take"))
    assert in_force() == {"19": "151"}


def test_a_number_that_is_no_extension_here_is_left_out_and_named(tenant, row, simulator):
    client = signed_in(tenant)
    change_there(simulator, 19, "999")
    deed(client, row, "compare")

    assert "were left out: 999" in text_of(deed(client, row, "take"))
    assert in_force() == {"19": "150"}


def test_renewing_the_client_id(tenant, row, simulator):
    former = row.own_secrets["client_id"]

    told = text_of(deed(signed_in(tenant), row, "client"))
    drain("integrations.push")

    (module,) = simulator.modules.values()
    assert module.data["clientId"] not in (former, "")
    assert module.data["clientId"] not in told


@pytest.mark.parametrize("name", DEEDS)
def test_only_administrators_of_the_company_may(tenant, row, simulator, name):
    change_there(simulator, 19, "151")
    before = Integration._base_manager.values().get()

    assert deed(signed_in(tenant, "manager"), row, name).status_code == 403
    stranger = signed_in(make_tenant())
    assert stranger.post(reverse(f"admin:integrations_integration_{name}", args=[row.pk])).status_code == 404

    assert Integration._base_manager.values().get() == before
    assert not DirectoryDifference._base_manager.exists()
    assert in_force() == {"19": "150"}


def test_what_the_account_did_with_the_module_is_shown(tenant, row, simulator):
    Integration._base_manager.update(module_active=False, module_address="https://renamed.retailcrm.ru")

    page = text_of(signed_in(tenant).get(reverse(PAGE, args=[row.pk])))

    assert "The module was switched off there." in page
    assert "its address is https://renamed.retailcrm.ru now" in page


def test_last_successes_and_failures_by_kind(tenant, row, simulator):
    with tenant_scope(tenant):
        diagnose(row)
        simulator.fail("500", path="/api/credentials")
        diagnose(row)

    address = reverse("admin:integrations_integration_endings", args=[row.pk])
    answer = signed_in(tenant).get(address)

    rooms = {str(room.title): room.rows for room in answer.context["rooms"]}
    requests = {one.title: one for one in rooms["Requests"]}
    assert requests["We asked: credentials"].is_failing
    assert requests["We asked: credentials"].succeeded is not None
    assert not requests["We asked: module edit"].is_failing
    assert reverse("admin:integrations_exchange_changelist") in text_of(answer)
    assert signed_in(make_tenant()).get(address).status_code == 404


def test_the_page_of_endings_costs_the_same_for_few_and_for_many(tenant, row, django_assert_max_num_queries):
    with tenant_scope(tenant):
        for _ in range(5):
            diagnose(row)
    client = signed_in(tenant)
    address = reverse("admin:integrations_integration_endings", args=[row.pk])
    client.get(address)

    with django_assert_max_num_queries(16):
        client.get(address)
