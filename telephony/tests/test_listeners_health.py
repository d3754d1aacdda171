"""The health page tells what the listener last knew of each exchange, and what to do."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from telephony.models import CdrSource, ListenerState, Pbx, PbxOutage, PbxStatus
from telephony.selectors.listeners import Hearing, listeners
from telephony.tests.factories import make_access, make_pbx
from tenants.models import Role, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_member, make_tenant

pytestmark = pytest.mark.django_db
PAGE = reverse("admin:telephony_pbx_health")


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(timezone="UTC")


@pytest.fixture
def pbx(tenant: Tenant) -> Pbx:
    pbx = make_pbx(tenant, name="Main office")
    make_access(pbx, 5038)
    return pbx


def said(pbx: Pbx, state: str = ListenerState.CONNECTED, **values: Any) -> PbxStatus:
    now = timezone.now()
    usual: dict[str, Any] = {
        "since": now - timedelta(hours=2),
        "seen_at": now,
        "last_event_at": now,
        "lag_p50": 3.4,
        "lag_p99": 41.0,
    }
    with all_tenants():
        return PbxStatus.objects.create(tenant_id=pbx.tenant_id, pbx=pbx, state=state, **(usual | values))  # type: ignore[misc]


def hearing(pbx: Pbx) -> Hearing:
    with tenant_scope(pbx.tenant):
        return listeners([pbx.pk])[pbx.pk].hearing


def page(tenant: Tenant, role: str = Role.MANAGER) -> str:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, role).user)
    return client.get(PAGE).content.decode()


def test_connected_since_with_the_last_packet_and_the_delay(pbx: Pbx, tenant: Tenant) -> None:
    said(pbx, events_per_minute=12, warnings=["no_timestamps"])

    text = page(tenant)

    assert hearing(pbx) == Hearing.CONNECTED
    for words in ("Connected since", "Last packet", "3 / 41", "timestampevents = yes"):
        assert words in text


@pytest.mark.parametrize("state", [ListenerState.FAILING, ListenerState.REFUSED])
def test_what_is_wrong_is_said_with_what_to_do(pbx: Pbx, tenant: Tenant, state: str) -> None:
    said(pbx, state, reason="login")

    assert hearing(pbx) == Hearing.FAILING
    assert "The exchange refused user name or password. Check them in manager.conf" in page(tenant)


def test_a_listener_that_does_not_run_is_no_connection(pbx: Pbx, tenant: Tenant) -> None:
    assert hearing(pbx) == Hearing.SILENT
    said(pbx, seen_at=timezone.now() - timedelta(minutes=3), reason="timeout")

    assert hearing(pbx) == Hearing.SILENT
    text = page(tenant)
    assert "listener does not run" in text
    assert "The host does not answer" not in text  # its word of then


def test_without_an_account_and_with_one_that_is_switched_off(pbx: Pbx, tenant: Tenant) -> None:
    other = make_pbx(tenant)
    with all_tenants():
        pbx.ami.is_enabled = False
        pbx.ami.save()

    assert (hearing(pbx), hearing(other)) == (Hearing.SWITCHED_OFF, Hearing.NO_ACCOUNT)
    assert "is switched off on its page" in page(tenant)
    assert "With an account of its manager interface" in page(tenant)


def gap(pbx: Pbx, hours: int, reason: str = "restart") -> None:
    began = timezone.now() - timedelta(hours=hours)
    with all_tenants():
        PbxOutage.objects.create(
            tenant_id=pbx.tenant_id,
            pbx=pbx,
            started_at=began,
            ended_at=began + timedelta(minutes=5),
            reason=reason,
        )


def test_the_last_gap_and_whether_it_was_filled(pbx: Pbx, tenant: Tenant) -> None:
    said(pbx)
    gap(pbx, 9, reason="database")
    gap(pbx, 3)

    manager, administrator = page(tenant), page(tenant, Role.ADMIN)

    assert "the exchange was restarted" in manager
    assert "our database was away" not in manager
    assert "What was missed in it is not known" in manager
    records = reverse("admin:telephony_cdrsource_changelist")
    assert records in administrator
    assert f'tel-link" href="{records}"' not in manager
    with all_tenants():
        CdrSource.objects.create(tenant=tenant, pbx=pbx, host="db")
    assert "It is filled at the next reading" in page(tenant)
    PbxOutage._base_manager.update(caught_up_at=timezone.now())
    assert "Filled from the call records at" in page(tenant)


def test_it_costs_the_same_for_many_exchanges(tenant: Tenant) -> None:
    costs = []
    for number in range(3):
        one = make_pbx(tenant)
        make_access(one, 5038)
        said(one)
        gap(one, number + 1)
        with tenant_scope(tenant), CaptureQueriesContext(connection) as queries:
            listeners(list(Pbx.objects.values_list("pk", flat=True)))
        costs.append(len(queries))

    assert costs == [6, 6, 6]


def test_another_companys_connection_is_not_shown(pbx: Pbx) -> None:
    said(pbx, reason="login", state=ListenerState.REFUSED)
    other = make_tenant()
    make_pbx(other)

    with tenant_scope(other):
        assert listeners([pbx.pk])[pbx.pk].hearing == Hearing.NO_ACCOUNT
    assert "refused user name" not in page(other)
