"""The pages of an integration's life: catalogue, trial before saving, requests to us, pause, copy, delete, alerts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.actions.save_integration import create_integration
from integrations.connectors import registry
from integrations.models import AlertChoice, Exchange, Integration
from integrations.tests.hooked import KEY, Simulator, register_made_up
from tenants.models import Member, Role, Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_member, make_operator, make_tenant
from webhooks.models import Inbound, Source
from webhooks.tests.factories import make_inbound

pytestmark = pytest.mark.django_db(transaction=True)

LIST = reverse("admin:integrations_integration_changelist")
ADD = reverse("admin:integrations_integration_add")


@pytest.fixture(autouse=True)
def _known(monkeypatch: Any) -> None:
    register_made_up(monkeypatch)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator().running() as running:
        yield running


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def row(tenant: Tenant, simulator: Simulator) -> Integration:
    with all_tenants():
        return create_integration(
            tenant, "made_up", "Made-up", settings={"url": simulator.url}, credentials={"key": KEY}
        )


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return signed_in(tenant)


def signed_in(tenant: Tenant, role: str = Role.ADMIN) -> Client:
    client = Client()
    client.force_login(make_member(tenant, role).user)
    return client


def page(row: Integration, name: str = "change") -> str:
    return reverse(f"admin:integrations_integration_{name}", args=[row.pk])


def text_of(response: Any) -> str:
    return str(response.content.decode())


def fresh(row: Integration) -> Integration:
    with all_tenants():
        return Integration.objects.select_related("source").get(pk=row.pk)


def source_of(row: Integration) -> Source:
    with all_tenants():
        source = fresh(row).source
    assert source is not None
    return source


def test_the_catalogue_has_shelves_abilities_and_what_is_connected(client: Client, row: Integration) -> None:
    with CaptureQueriesContext(connection) as queries:
        catalogue = text_of(client.get(ADD))

    assert catalogue.count("data-words=") >= len(registry())
    assert '<h2 id="shelf-title-crm">CRM</h2>' in catalogue
    assert "<span>Webhooks to us</span>" in catalogue
    assert catalogue.count(">connected: 1<") == 1
    assert len(queries) <= 6


def test_what_is_entered_can_be_tried_before_it_is_saved(client: Client, simulator: Simulator) -> None:
    values = {"connector": "made_up", "name": "New", "settings__url": simulator.url}
    url = reverse("admin:integrations_integration_try")

    good = client.post(url, {**values, "credentials__key": KEY})
    bad = client.post(url, {**values, "credentials__key": "a wrong one"})
    incomplete = client.post(url, values)

    assert (good.status_code, "It works." in text_of(good)) == (200, True)
    assert "does not work" in text_of(bad)
    assert (incomplete.status_code, "Correct these first" in text_of(incomplete)) == (422, True)
    assert KEY not in text_of(good)
    with all_tenants():
        assert not Integration.objects.exists()
        assert not Exchange.objects.exists()


def test_a_stored_key_is_tried_but_not_at_another_address(
    client: Client, row: Integration, simulator: Simulator
) -> None:
    url = reverse("admin:integrations_integration_try")
    values = {"connector": "made_up", "pk": str(row.pk), "name": "Made-up"}

    same = client.post(url, {**values, "settings__url": simulator.url})
    elsewhere = client.post(url, {**values, "settings__url": "https://example.com"})

    assert "It works." in text_of(same)
    assert elsewhere.status_code == 422


def test_nobody_tries_with_a_strangers_key(row: Integration) -> None:
    stranger = signed_in(make_tenant())
    values = {"connector": "made_up", "pk": str(row.pk), "name": "x", "settings__url": "https://example.com"}

    assert stranger.post(reverse("admin:integrations_integration_try"), values).status_code in (403, 404)


def test_the_address_is_shown_to_those_who_may_change_it_and_to_nobody_else(
    client: Client, tenant: Tenant, row: Integration
) -> None:
    source = source_of(row)

    mine = text_of(client.get(page(row)))
    manager = text_of(signed_in(tenant, Role.MANAGER).get(page(row)))

    assert f"{source.path}?token={source.secret}" in mine
    assert source.secret not in manager
    assert "no request yet" in manager


def test_the_page_tells_whether_a_request_has_arrived(client: Client, row: Integration) -> None:
    client.post(page(row, "subscribe"))
    with all_tenants():
        make_inbound(source_of(row))

    fragment = text_of(client.get(page(row, "inlet")))
    assert "requests arrive" in fragment
    with all_tenants():
        Integration.objects.update(hooks_since=timezone.now() + timedelta(seconds=1))
    assert "no request yet" in text_of(client.get(page(row, "inlet")))


def test_subscribing_and_its_end(client: Client, row: Integration, simulator: Simulator) -> None:
    source = source_of(row)

    assert "asked to send us requests" in text_of(client.post(page(row, "subscribe"), follow=True))
    assert simulator.hook.endswith(f"{source.path}?token={source.secret}")
    assert "no more requests" in text_of(client.post(page(row, "unsubscribe"), follow=True))
    assert simulator.hook == ""


def test_a_new_secret_is_shown_once_and_the_former_one_lives_on(client: Client, row: Integration) -> None:
    former = source_of(row).secret

    shown = client.post(page(row, "secret"))

    source = source_of(row)
    assert source.secret != former
    assert (source.previous_secret, source.secret in text_of(shown)) == (former, True)
    assert "no-store" in shown["Cache-Control"]
    assert fresh(row).version == row.version + 1
    refused = client.post(page(row, "secret"), {"secret": "short"})
    assert "16 to 500" in text_of(refused)
    assert source_of(row).secret == source.secret


def test_pausing_says_what_follows_and_keeps_the_reason(client: Client, row: Integration) -> None:
    asked = text_of(client.get(page(row, "pause")))
    assert "Records are not synchronised" in asked
    assert "dealt with when it is resumed" in asked
    assert fresh(row).is_enabled

    done = text_of(client.post(page(row, "pause"), {"reason": "We move <b>"}, follow=True))

    assert not fresh(row).is_enabled
    assert "We move &lt;b&gt;" in done
    resumed = text_of(client.post(page(row, "resume"), follow=True))
    assert "It works." in resumed
    assert fresh(row).is_enabled


def test_a_copy_without_credentials_is_not_resumed(client: Client, row: Integration) -> None:
    with all_tenants():
        Integration.objects.update(is_enabled=False, credentials={})

    answer = text_of(client.post(page(row, "resume"), follow=True))

    assert "This field is required." in answer
    assert not fresh(row).is_enabled


def test_deleting_says_how_much_goes_with_it_and_counts_no_further_than_needed(
    client: Client, row: Integration, monkeypatch: Any
) -> None:
    monkeypatch.setattr("integrations.selectors.counted.__defaults__", (2,))
    with all_tenants():
        for _number in range(3):
            make_inbound(source_of(row))
    url = page(row, "delete")

    asked = text_of(client.get(url))
    assert "Requests received: 2+" in asked
    assert "Exchanges: 0" in asked
    assert "This cannot be undone." in asked

    client.post(url, {"post": "yes"})
    with all_tenants():
        assert not Integration.objects.exists()
        assert not Source.objects.exists()
        assert not Inbound.objects.exists()


def test_copying_offers_only_companies_of_ones_own(tenant: Tenant, row: Integration) -> None:
    other, foreign = make_tenant(name="Second"), make_tenant(name="Foreign")
    mine = make_member(tenant)
    make_member(other, Role.OWNER, user=mine.user)
    client = Client()
    client.force_login(mine.user)
    session = client.session
    session["tenant"] = tenant.pk
    session.save()

    form = text_of(client.get(page(row, "copy")))
    assert "Second" in form
    assert "Foreign" not in form
    refused = text_of(client.post(page(row, "copy"), {"company": foreign.pk, "name": "Copy"}))
    assert "Choose a company." in refused
    client.post(page(row, "copy"), {"company": other.pk, "name": "Copy"})

    with all_tenants():
        [copy] = Integration.objects.exclude(pk=row.pk)
    assert (copy.tenant_id, copy.name, copy.is_enabled, copy.credentials) == (other.pk, "Copy", False, {})


def test_an_operator_copies_anywhere(tenant: Tenant, row: Integration) -> None:
    other = make_tenant()
    client = Client()
    client.force_login(make_operator())

    client.post(page(row, "copy"), {"company": other.pk, "name": "Copy"})

    with all_tenants():
        assert Integration.objects.get(tenant=other).name == "Copy"


def test_each_member_chooses_their_own_mails(tenant: Tenant, row: Integration) -> None:
    client = signed_in(tenant, Role.MANAGER)
    assert "You are not mailed" in text_of(client.get(LIST))

    answer = text_of(
        client.post(reverse("admin:integrations_integration_alerts"), {"wants": "1"}, follow=True)
    )

    assert "You are mailed when an integration stops working." in answer
    with all_tenants():
        [choice] = AlertChoice.objects.select_related("member")
        assert choice.member == Member.objects.get(tenant=tenant)


@pytest.mark.parametrize("name", ["pause", "copy", "secret", "subscribe", "unsubscribe", "resume"])
def test_managers_look_and_others_see_nothing(tenant: Tenant, row: Integration, name: str) -> None:
    version = fresh(row).version

    assert signed_in(tenant, Role.MANAGER).post(page(row, name)).status_code == 403
    assert signed_in(make_tenant()).post(page(row, name)).status_code in (302, 404)

    assert (fresh(row).version, fresh(row).is_enabled) == (version, True)


def test_its_source_is_shown_and_left_alone(client: Client, row: Integration) -> None:
    source = source_of(row)
    url = reverse("admin:webhooks_source_change", args=[source.pk])

    shown = text_of(client.get(url))
    assert page(row) in shown
    assert reverse("admin:webhooks_source_secret", args=[source.pk]) not in shown
    client.post(reverse("admin:webhooks_source_secret", args=[source.pk]))
    chosen = {"action": "delete_selected", "_selected_action": [str(source.pk)], "post": "yes"}
    refused = text_of(client.post(reverse("admin:webhooks_source_changelist"), chosen))

    assert "it is changed and removed there" in refused
    assert source_of(row).secret == source.secret


@pytest.mark.parametrize(("code", "is_shown"), [("amocrm", True), ("bitrix24", True), ("planfix", False)])
def test_the_callback_address_is_told_before_anything_is_saved(
    client: Client, code: str, is_shown: bool
) -> None:
    """Where people connect an account, the outside application asks for it first."""
    shown = client.get(reverse("admin:integrations_integration_add"), {"connector": code}).content.decode()

    assert ("http://testserver/integrations/oauth/callback</code>" in shown) is is_shown


def test_an_account_that_nobody_connected_says_what_to_do(
    tenant: Tenant, django_assert_max_num_queries: Any
) -> None:
    address = {"url": "https://example.amocrm.ru"}
    with all_tenants():
        rows = [
            create_integration(tenant, "amocrm", name, settings=address, credentials=credentials)
            for name, credentials in (
                ("Waits", {"client_id": "i", "client_secret": "s"}),
                ("Has a token", {"access_token": "a-long-lived-token"}),
                ("Was tried", {"client_id": "i", "client_secret": "s"}),
            )
        ]
        Integration.objects.filter(pk=rows[2].pk).update(
            health="misconfigured", health_reason="Not connected"
        )
    client = signed_in(tenant)
    client.get(LIST)

    with django_assert_max_num_queries(14):
        shown = client.get(LIST).content.decode()

    assert shown.count("not connected") == 1
    assert shown.count("Open it and press “Connect”.") == 1
    assert shown.count("not tried yet") - shown.count("?health__exact=unknown") <= 2
