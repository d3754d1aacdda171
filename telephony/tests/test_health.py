"""How exchanges' connections are shown, and what of it stands on the first page."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from telephony.actions.missed_clients import follow_up
from telephony.models import Call, CallAlias, Pbx
from telephony.selectors.health import ExchangeHealth, exchanges
from telephony.tests.factories import make_call, make_pbx, play, posts, store
from tenants.models import Role, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_extension, make_member, make_operator, make_tenant

pytestmark = pytest.mark.django_db
PAGE = reverse("admin:telephony_pbx_health")


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(timezone="UTC")


def signed_in(tenant: Tenant, role: str = Role.MANAGER, extension: Any = None) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, role, extension=extension).user)
    return client


def health(tenant: Tenant) -> dict[str, ExchangeHealth]:
    with tenant_scope(tenant):
        return {one.name: one for one in exchanges()}


def test_an_exchange_that_speaks_one_that_is_silent_and_one_that_never_spoke(tenant: Tenant) -> None:
    speaking, silent = make_pbx(tenant, name="speaking"), make_pbx(tenant, name="silent")
    make_pbx(tenant, name="new")
    make_pbx(tenant, name="off", is_enabled=False)
    store(speaking, posts("inbound_answered"), at=timezone.now() - timedelta(seconds=90))
    old = timezone.now() - timedelta(days=3)
    gone = make_call(silent, at=old)
    with all_tenants():
        CallAlias.objects.create(tenant=tenant, pbx=silent, channel="1", call=gone)

    found = health(tenant)

    assert found["speaking"].state == "well"
    assert sum(found["speaking"].minutes) == len(posts("inbound_answered"))
    assert found["speaking"].sources == ["http"]
    assert (found["silent"].state, found["new"].state, found["off"].state) == ("quiet", "never", "off")


def test_what_could_not_be_read_is_counted(tenant: Tenant) -> None:
    play(make_pbx(tenant, name="odd"), "trouble_name_lookup_curl")

    assert health(tenant)["odd"].state == "degraded"


def test_states_in_words() -> None:
    key, now = Call().pk, timezone.now()

    def state(**values: Any) -> str:
        return ExchangeHealth(id=key, name="", is_enabled=True, now=now, **values).state

    assert state() == "never"
    assert state(was_heard=True) == "quiet"
    assert state(was_heard=True, last_event_at=now) == "well"
    assert state(was_heard=True, last_event_at=now, degraded=1) == "degraded"


def test_it_costs_the_same_however_much_was_said(tenant: Tenant) -> None:
    pbx = make_pbx(tenant)
    costs = []
    for number in range(3):
        store(pbx, posts("transfer_attended", f"-{number}"))
        with tenant_scope(tenant), CaptureQueriesContext(connection) as queries:
            exchanges()
        costs.append(len(queries))

    assert costs == [4, 4, 4]


def test_the_page_for_managers_only_and_of_the_own_company(tenant: Tenant) -> None:
    pbx = make_pbx(tenant, name="Main office")
    store(pbx, posts("inbound_answered"))

    text = signed_in(tenant).get(PAGE).content.decode()

    assert "Main office" in text
    assert "speaks to us" in text
    assert signed_in(tenant, Role.AGENT).get(PAGE).status_code == 403
    assert "Main office" not in signed_in(make_tenant()).get(PAGE).content.decode()


def cards(client: Client) -> dict[str, Any]:
    return {
        card.template.rpartition("/")[2]: card.context
        for card in client.get(reverse("admin:index")).context["cards"]
    }


def test_the_first_page_shows_who_waits_and_who_was_not_called_back(tenant: Tenant) -> None:
    pbx = make_pbx(tenant)
    make_call(pbx, client_number="+375291110005", phase="ringing", status="ringing", ended_at=None, finished_at=None,
              rings=[{"extensions": ["150"], "at": timezone.now().isoformat(), "synthetic": False}])  # fmt: skip
    gone = make_call(
        pbx, at=timezone.now() - timedelta(hours=1), client_number="+375291110006", responsible="151"
    )
    with all_tenants():
        follow_up([gone])
    agent = signed_in(tenant, Role.AGENT, make_extension(tenant, "151"))

    seen, own = cards(signed_in(tenant)), cards(agent)

    assert (seen["calls_now.html"]["waiting"], seen["not_called_back.html"]["count"]) == (1, 1)
    assert (own["calls_now.html"]["waiting"], own["not_called_back.html"]["count"]) == (0, 1)
    assert "calls_now.html" not in cards(operator())


def operator() -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_operator())
    return client


def test_a_silent_exchange_needs_attention(tenant: Tenant) -> None:
    pbx: Pbx = make_pbx(tenant, name="Quiet one")
    make_call(pbx, at=timezone.now() - timedelta(days=5))
    Call._base_manager.update(updated_at=timezone.now() - timedelta(days=5))

    told = [item.text for item in cards(signed_in(tenant))["attention.html"]["broken"]]

    assert told == ["Nothing has ever been heard of the exchange “Quiet one”"]
