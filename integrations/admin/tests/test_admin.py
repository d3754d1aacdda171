"""The pages of integrations: built from the manifest, secrets never shown, others' rows not found."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from integrations.admin.exchanges import pretty
from integrations.admin.readme import render
from integrations.connectors import registry
from integrations.connectors.retailcrm.simulator import Simulator
from integrations.models import Exchange, ExtensionAssignment, Integration
from integrations.tests.factories import make_integration
from tenants.scoping import all_tenants
from tenants.tests.factories import make_extension, make_member, make_tenant

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "admin:integrations_integration_changelist"
PAGE = "admin:integrations_integration_change"
DEEDS = ("test", "users", "extensions", "register", "deactivate")


@pytest.fixture
def tenant():
    tenant = make_tenant()
    for number in ("150", "151"):
        make_extension(tenant, number)
    return tenant


def signed_in(tenant, role="admin"):
    client = Client()
    client.force_login(make_member(tenant, role).user)
    return client


@pytest.fixture
def client(tenant):
    return signed_in(tenant)


@pytest.fixture
def simulator():
    with Simulator(limits_rate=False).running() as running:
        yield running


def text_of(response):
    return response.content.decode()


def deed(client, row, name, **data):
    return client.post(reverse(f"admin:integrations_integration_{name}", args=[row.pk]), data, follow=True)


def test_adding_begins_with_the_catalogue(client):
    page = text_of(client.get(reverse("admin:integrations_integration_add")))

    for code, connector in registry().items():
        assert f'href="?connector={code}"' in page
        assert connector.manifest.name in page


def test_form_is_built_from_the_manifest_and_saving_tries_the_connection(client, simulator):
    url = reverse("admin:integrations_integration_add") + "?connector=retailcrm"
    form = text_of(client.get(url))
    assert 'name="settings__url"' in form
    assert 'type="password"' in form

    values = {
        "name": "CRM",
        "is_enabled": "on",
        "settings__url": simulator.url,
        "credentials__api_key": "simulator-key",
    }
    page = text_of(client.post(url, values, follow=True))

    with all_tenants():
        row = Integration.objects.get()
    assert (row.settings, row.credentials) == ({"url": simulator.url}, {"api_key": "simulator-key"})
    assert "The connection works." in page
    assert "simulator-key" not in page


def test_mistakes_stand_at_their_fields_and_nothing_is_saved(client):
    url = reverse("admin:integrations_integration_add") + "?connector=retailcrm"

    page = client.post(url, {"name": "CRM", "settings__url": "ftp://x", "settings__timezone": "Mars"})

    errors = page.context["adminform"].form.errors
    assert set(errors) == {"credentials__api_key", "settings__url", "settings__timezone"}
    with all_tenants():
        assert not Integration.objects.exists()


def test_empty_key_keeps_the_stored_one_and_a_new_address_wants_it_again(client, tenant):
    row = make_integration(tenant, credentials={"api_key": "very-secret-key"})
    url = reverse(PAGE, args=[row.pk])
    assert "very-secret-key" not in text_of(client.get(url))

    values = {"name": "Renamed", "is_enabled": "on", "settings__url": "https://example.retailcrm.ru"}
    assert client.post(url, values).status_code == 302
    refused = client.post(url, {**values, "settings__url": "https://evil.example.com"})

    assert set(refused.context["adminform"].form.errors) == {"credentials__api_key"}
    with all_tenants():
        row.refresh_from_db()
    assert (row.name, row.credentials) == ("Renamed", {"api_key": "very-secret-key"})
    assert row.settings == {"url": "https://example.retailcrm.ru"}


def test_buttons_do_their_work(client, tenant, simulator):
    row = make_integration(tenant, simulator.url)

    assert "The connection works." in text_of(deed(client, row, "test"))
    assert "7 users were loaded." in text_of(deed(client, row, "users"))
    assert "2 extensions were changed." in text_of(
        deed(client, row, "extensions", user=["19", "18"], extension=["150", "151"])
    )
    assert "is registered" in text_of(deed(client, row, "register"))
    swapped = deed(client, row, "extensions", user=["19", "18"], extension=["151", "150"])
    assert "2 extensions were changed." in text_of(swapped)
    assert "switched off there" in text_of(deed(client, row, "deactivate"))

    with all_tenants():
        rows = ExtensionAssignment.objects.filter(valid_to__isnull=True)
        assert dict(rows.values_list("outside_user_id", "extension")) == {"19": "151", "18": "150"}


def test_one_number_for_two_managers_is_refused_whole(client, tenant):
    row = make_integration(tenant)

    page = deed(client, row, "extensions", user=["19", "18"], extension=["150", "150"])

    assert "given to two managers" in text_of(page)
    with all_tenants():
        assert not ExtensionAssignment.objects.exists()


def test_system_that_is_down_is_told_in_words(client, tenant, simulator):
    row = make_integration(tenant, simulator.url)
    simulator.fail("503")

    assert "not available at the moment" in text_of(deed(client, row, "users"))
    assert "not available at the moment" in text_of(deed(client, row, "register"))


def test_exchange_page_shows_what_was_said(client, tenant, simulator):
    row = make_integration(tenant, simulator.url)
    deed(client, row, "register")
    with all_tenants():
        exchange = Exchange.objects.get(operation="module edit")

    page = text_of(client.get(reverse("admin:integrations_exchange_change", args=[exchange.pk])))

    assert "integrationModule = {" in page
    assert row.own_secrets["client_id"] not in page
    assert "simulator-key" not in page
    assert (
        client.post(reverse("admin:integrations_exchange_change", args=[exchange.pk]), {}).status_code == 403
    )


def test_another_tenant_finds_nothing(tenant):
    row, stranger = make_integration(tenant), signed_in(make_tenant())

    page = stranger.get(reverse(PAGE, args=[row.pk]))

    assert page.status_code in (302, 404)
    assert "Main CRM" not in text_of(stranger.get(reverse(LIST)))
    for name in DEEDS:
        assert (
            stranger.post(reverse(f"admin:integrations_integration_{name}", args=[row.pk])).status_code == 404
        )


@pytest.mark.parametrize(("role", "status"), [("manager", 403), ("agent", 403), ("viewer", 403)])
def test_only_administrators_change_anything(tenant, role, status):
    row, client = make_integration(tenant), signed_in(tenant, role)

    for name in DEEDS:
        assert (
            client.post(reverse(f"admin:integrations_integration_{name}", args=[row.pk])).status_code
            == status
        )
    with all_tenants():
        assert not Exchange.objects.exists()


def test_buttons_are_no_links(client, tenant):
    row = make_integration(tenant)

    for name in DEEDS:
        assert client.get(reverse(f"admin:integrations_integration_{name}", args=[row.pk])).status_code == 405


def test_manager_sees_the_page_without_forms(tenant):
    row = make_integration(tenant)

    page = signed_in(tenant, "manager").get(reverse(PAGE, args=[row.pk]))

    assert page.status_code == 200
    for name in DEEDS:
        assert f'{row.pk}/{name}/"' not in text_of(page)


def test_deleting_names_what_goes_with_it(client, tenant):
    row = make_integration(tenant)
    url = reverse("admin:integrations_integration_delete", args=[row.pk])

    assert "exchanges" in text_of(client.get(url))
    client.post(url, {"post": "yes"})

    with all_tenants():
        assert not Integration.objects.exists()


@pytest.mark.parametrize("name", [LIST, "admin:integrations_exchange_changelist"])
def test_lists_cost_the_same_for_one_row_and_for_many(client, tenant, name):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(name)).status_code == 200
        return len(captured)

    def add(number):
        row = make_integration(tenant, name=f"CRM {number}")
        values = {
            "operation": "x",
            "method": "GET",
            "url": "x",
            "started_at": datetime.now(UTC),
            "duration_ms": 1,
        }
        Exchange._base_manager.create(tenant=tenant, integration=row, **values)

    add(0)
    queries()
    few = queries()
    for number in range(1, 10):
        add(number)

    assert queries() == few


def test_readme_is_escaped_before_it_is_rendered():
    shown = render(
        "# Hi <b>\n\n1. Use **`key`**\n2. [docs](https://x.example)\n\n[bad](javascript:alert(1)) <script>"
    )

    assert "<h2>Hi &lt;b&gt;</h2>" in shown
    assert "<ol><li>Use <strong><code>key</code></strong></li>" in shown
    assert '<a href="https://x.example"' in shown
    assert "<script>" not in shown
    assert 'href="javascript' not in shown


def test_bodies_are_indented():
    assert pretty('{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}'
    assert pretty('site=main\nevent={"type":"in"}') == 'site=main\nevent = {\n  "type": "in"\n}'
    assert pretty("plain = text") == "plain = text"


def test_an_exchange_without_a_status_says_why_in_a_word(tenant):
    row = Exchange(operation="calls upload", error="transient")

    assert str(row) == "calls upload: not reached"
    with override("ru"):
        assert row.outcome == "нет связи"
    row.status = 503
    assert row.outcome == "503"
