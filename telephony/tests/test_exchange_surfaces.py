"""An exchange's manager interface on its page, in the API, in the configuration file, in /health and /metrics."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config import metrics
from telephony.ami.simulator import AmiSimulator
from telephony.checks import LISTENER, listener
from telephony.models import AmiAccess, ListenerState, Pbx, PbxOutage, PbxStatus
from telephony.tests.factories import make_access, make_pbx
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.configuration.reading import ConfigurationError
from tenants.heartbeats import beat
from tenants.models import AuditEntry, Role, Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_member, make_tenant

pytestmark = pytest.mark.django_db
SECRET = "a-secret-of-the-exchange"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(timezone="UTC")


@pytest.fixture
def pbx(tenant: Tenant) -> Pbx:
    return make_pbx(tenant, name="Office")


@pytest.fixture
def exchange(settings: Any) -> Iterator[AmiSimulator]:
    settings.EGRESS_ALLOW = "127.0.0.1/32"
    with AmiSimulator() as simulator:
        yield simulator


def signed_in(tenant: Tenant, role: str = Role.ADMIN) -> Client:
    client = Client()
    client.force_login(make_member(tenant, role).user)
    return client


def form(pbx: Pbx, **access: Any) -> dict[str, Any]:
    with all_tenants():
        known = AmiAccess.objects.filter(pbx=pbx).first()
    fields = {
        "host": "pbx.example.com",
        "port": "5038",
        "security": "none",
        "username": "hub",
        "secret": "",
        "ca": "",
        "is_enabled": "on",
        **access,
        "id": str(known.pk) if known else "",
        "pbx": str(pbx.pk),
    }
    return {
        "name": pbx.name,
        "is_enabled": "on",
        "timezone": "",
        "recording_url_template": "",
        "ami-TOTAL_FORMS": "1",
        "ami-INITIAL_FORMS": "1" if known else "0",
        **{f"ami-0-{name}": value for name, value in fields.items()},
    }


def test_an_account_is_entered_on_the_page_and_its_password_never_shown(tenant, pbx):
    client = signed_in(tenant)
    page = reverse("admin:telephony_pbx_change", args=[pbx.pk])

    answer = client.post(page, form(pbx, secret=SECRET), follow=True)

    with all_tenants():
        access = AmiAccess.objects.get(pbx=pbx)
        [entry] = AuditEntry.objects.filter(action="amiaccess.created")
    assert (access.tenant_id, access.host, access.port, access.secret) == (
        tenant.pk,
        "pbx.example.com",
        5038,
        SECRET,
    )
    assert SECRET not in answer.content.decode()
    assert SECRET not in client.get(page).content.decode()
    assert SECRET not in str(entry.after)


def test_a_password_that_is_left_empty_stays(tenant, pbx):
    make_access(pbx, 5038, secret=SECRET)
    page = reverse("admin:telephony_pbx_change", args=[pbx.pk])

    signed_in(tenant).post(page, form(pbx, host="other.example.com"))

    with all_tenants():
        access = AmiAccess.objects.get(pbx=pbx)
    assert (access.host, access.secret) == ("other.example.com", SECRET)


def test_an_account_without_a_password_is_not_saved(tenant, pbx):
    page = reverse("admin:telephony_pbx_change", args=[pbx.pk])

    answer = signed_in(tenant).post(page, form(pbx))

    assert answer.status_code == 200
    assert "The password is missing." in answer.content.decode()
    with all_tenants():
        assert not AmiAccess.objects.exists()


def test_the_page_says_how_the_exchange_is_heard(tenant, pbx, django_assert_max_num_queries):
    make_access(pbx, 5038)
    now = timezone.now()
    with all_tenants():
        PbxStatus.objects.create(
            tenant=tenant,
            pbx=pbx,
            state=ListenerState.REFUSED,
            reason="login",
            since=now,
            warnings=["no_timestamps"],
            version="20.9.3",
        )
        PbxOutage.objects.create(
            tenant=tenant, pbx=pbx, started_at=now - timedelta(minutes=5), ended_at=now, reason="restart"
        )
    client = signed_in(tenant)

    with django_assert_max_num_queries(25):
        page = client.get(reverse("admin:telephony_pbx_change", args=[pbx.pk])).content.decode()

    assert "refuses us" in page
    assert "The exchange refused user name or password." in page
    assert "Set timestampevents = yes" in page
    assert "20.9.3" in page
    assert "the exchange was restarted" in page
    assert "refuses us" in client.get(reverse("admin:telephony_pbx_changelist")).content.decode()


def test_the_button_tries_the_connection_and_shows_what_came_of_it(tenant, pbx, exchange):
    make_access(pbx, exchange.port)
    client = signed_in(tenant)

    answer = client.post(reverse("admin:telephony_pbx_test", args=[pbx.pk]), follow=True)

    assert "The connection works." in answer.content.decode()
    assert len(exchange.asked("Login")) == 1
    again = client.get(reverse("admin:telephony_pbx_change", args=[pbx.pk]))
    assert "The connection works." not in again.content.decode()


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AGENT, Role.VIEWER])
def test_only_administrators_try_it(tenant, pbx, exchange, role):
    make_access(pbx, exchange.port)

    signed_in(tenant, role).post(reverse("admin:telephony_pbx_test", args=[pbx.pk]))

    assert exchange.actions == []


def test_nobody_tries_another_companys(pbx, exchange):
    make_access(pbx, exchange.port)

    answer = signed_in(make_tenant()).post(reverse("admin:telephony_pbx_test", args=[pbx.pk]))

    assert answer.status_code in (302, 404)
    assert exchange.actions == []


def test_the_api_shows_exchanges_with_their_state(tenant, pbx, django_assert_max_num_queries):
    other = make_pbx(tenant, name="Without")
    make_access(pbx, 5038, secret=SECRET)
    now = timezone.now()
    with all_tenants():
        PbxStatus.objects.create(
            tenant=tenant, pbx=pbx, state=ListenerState.FAILING, reason="dns", since=now, events_per_minute=7
        )
        PbxOutage.objects.create(
            tenant=tenant, pbx=pbx, started_at=now - timedelta(minutes=5), ended_at=now, reason="connection"
        )
    client = signed_in(tenant, Role.MANAGER)

    with django_assert_max_num_queries(12):
        listed = client.get("/api/v1/telephone-exchanges").json()["results"]
    one = client.get(f"/api/v1/telephone-exchanges/{pbx.pk}")

    assert {row["name"]: row["status"] and row["status"]["state"] for row in listed} == {
        "Office": "failing",
        "Without": None,
    }
    assert one.json()["status"]["trouble"].startswith("The host's name cannot be resolved")
    assert one.json()["status"]["events_per_minute"] == 7
    assert [gap["reason"] for gap in one.json()["outages"]] == ["the connection was lost"]
    assert SECRET not in one.content.decode()
    assert client.get(f"/api/v1/telephone-exchanges/{other.pk}").json()["outages"] == []


def test_the_api_shows_nobody_elses(pbx):
    client = signed_in(make_tenant(), Role.OWNER)

    assert client.get(f"/api/v1/telephone-exchanges/{pbx.pk}").status_code == 404
    assert client.get("/api/v1/telephone-exchanges").json()["results"] == []


FILE = """
tenants:
- number: "0367"
  name: June
  pbx_token: "first-token-0001"
  ami: {{host: pbx.example.com, username: hub, secret: "{secret}"{more}}}
"""


def test_a_file_sets_the_account_and_applying_it_again_changes_nothing():
    assert len(apply_text(FILE.format(secret=SECRET, more=", port: 5039, security: tls")).changes) == 3

    with all_tenants():
        access = AmiAccess.objects.get()
    assert (access.host, access.port, access.security, access.secret, access.is_enabled) == (
        "pbx.example.com",
        5039,
        "tls",
        SECRET,
        True,
    )
    assert apply_text(FILE.format(secret=SECRET, more=", port: 5039, security: tls")).changes == []
    [change] = apply_text(FILE.format(secret=SECRET, more=", enabled: false")).changes
    assert "is_enabled" in str(change)


def test_the_account_is_dumped_with_secrets_only_and_what_was_dumped_can_be_applied():
    apply_text(FILE.format(secret=SECRET, more=", security: tls_any, enabled: false"))

    assert "ami" not in dump_tenants()["tenants"][0]
    assert dump_tenants(secrets=True)["tenants"][0]["ami"] == {
        "host": "pbx.example.com",
        "port": 5038,
        "username": "hub",
        "secret": SECRET,
        "security": "tls_any",
        "enabled": False,
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (", port: x", "“port” must be a number"),
        (", port: 99999", "port"),
        (", security: maybe", "security"),
        (", colour: red", "unknown key “colour”"),
        (", enabled: perhaps", "“enabled” must be true or false"),
        (', ca: "nonsense"', "PEM"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(more, said):
    with pytest.raises(ConfigurationError, match=said):
        apply_text(FILE.format(secret=SECRET, more=more))


def test_a_company_without_an_exchange_has_nothing_to_listen_to():
    text = FILE.format(secret=SECRET, more="").replace('  pbx_token: "first-token-0001"\n', "")

    with pytest.raises(ConfigurationError, match="no exchange"):
        apply_text(text)


def test_health_asks_for_a_listener_where_there_is_somebody_to_listen_to(pbx):
    assert listener().is_ok

    make_access(pbx, 5038)
    assert listener().detail == "nobody listens to the telephone exchanges"

    beat(LISTENER)
    assert listener().is_ok


def test_metrics_tell_of_each_exchange(tenant, pbx):
    with all_tenants():
        PbxStatus.objects.create(
            tenant=tenant,
            pbx=pbx,
            state=ListenerState.CONNECTED,
            seen_at=timezone.now(),
            lag_p99=12.5,
            events_per_minute=42,
        )

    told = metrics.exposition().decode()

    labels = f'company="{tenant.number}",exchange="Office"'
    assert f"switchboard_exchange_connected{{{labels}}} 1.0" in told
    assert f"switchboard_exchange_lag_ms{{{labels}}} 12.5" in told
    assert f"switchboard_exchange_events_per_minute{{{labels}}} 42.0" in told

    with all_tenants():
        PbxStatus.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    assert f"switchboard_exchange_connected{{{labels}}} 0.0" in metrics.exposition().decode()
