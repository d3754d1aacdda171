"""Integrations are created and changed by their connector's rules."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from integrations import live
from integrations.actions.save_integration import client_digest, create_integration, update_integration
from integrations.models import Breaker, Integration
from integrations.tests.factories import make_integration
from tenants.models import AuditEntry
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant():
    tenant = make_tenant()
    with tenant_scope(tenant):
        yield tenant


def test_errors_name_every_field_and_nothing_is_saved(tenant):
    with pytest.raises(ValidationError) as raised:
        create_integration(
            tenant,
            "retailcrm",
            "X",
            settings={"url": "ftp://x", "timezone": "Mars", "colour": 1},
            credentials={},
        )

    assert set(raised.value.message_dict) == {
        "settings.url", "settings.timezone", "settings.colour", "credentials.api_key",
    }  # fmt: skip
    assert Integration.objects.count() == 0


@pytest.mark.parametrize("value", [7, True, None, ["a"], {"a": 1}, "a\x00b", "x" * 3000])
def test_odd_values_are_refused(tenant, value):
    with pytest.raises(ValidationError):
        create_integration(tenant, "retailcrm", "X", settings={"url": value}, credentials={"api_key": "k"})


def test_unknown_system_and_taken_name_are_refused(tenant):
    make_integration(tenant)

    with pytest.raises(ValidationError) as unknown:
        create_integration(tenant, "nosuch", "X", settings={}, credentials={})
    with pytest.raises(ValidationError) as taken:
        make_integration(tenant)

    assert set(unknown.value.message_dict) == {"connector"}
    assert set(taken.value.message_dict) == {"name"}


def test_client_id_is_long_random_and_found_by_digest(tenant):
    first, second = make_integration(tenant), make_integration(tenant, name="Second")

    assert len(first.own_secrets["client_id"]) >= 32
    assert first.own_secrets != second.own_secrets
    assert Integration.objects.get(client_digest=client_digest(first.own_secrets["client_id"])) == first


def test_secrets_are_sealed_in_the_database_and_untold_in_the_audit(tenant):
    from django.db import connection

    row = make_integration(tenant, credentials={"api_key": "very-secret-0123"})
    update_integration(row, credentials={"api_key": "other-secret-0123"})

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM integrations_integration")
        stored = str(cursor.fetchall())
    told = str(list(AuditEntry.objects.values()))
    assert "secret-0123" not in stored + told
    assert AuditEntry.objects.filter(action="integration.updated").get().after["credentials"]


def test_empty_credential_keeps_what_is_stored(tenant):
    row = make_integration(tenant, credentials={"api_key": "first-key"})

    row = update_integration(row, name="Renamed", credentials={"api_key": ""})

    assert (row.name, row.credentials) == ("Renamed", {"api_key": "first-key"})


def test_change_of_key_clears_health_and_breaker_and_grows_the_version(tenant):
    row = make_integration(tenant)
    Integration.objects.update(health="misconfigured", health_reason="refused")
    now = timezone.now()
    Breaker.objects.create(integration=row, opened_at=now, open_until=now, code="auth")
    version = live.get(row.pk).version

    row = update_integration(row, credentials={"api_key": "new"})

    assert (row.health, row.health_reason, row.version) == ("unknown", "", version + 1)
    assert not Breaker.objects.exists()
    assert live.get(row.pk).credentials == {"api_key": "new"}


def test_nothing_changed_writes_nothing(tenant):
    row = make_integration(tenant)
    entries = AuditEntry.objects.count()

    again = update_integration(row, name=row.name, settings=row.settings, credentials={})

    assert again.version == row.version
    assert AuditEntry.objects.count() == entries


def test_stored_key_is_not_sent_to_another_address(tenant):
    row = make_integration(tenant, credentials={"api_key": "mine"})

    with pytest.raises(ValidationError) as raised:
        update_integration(row, settings={"url": "https://evil.example.com"})
    assert set(raised.value.message_dict) == {"credentials.api_key"}
    row.refresh_from_db()
    assert row.settings == {"url": "https://example.retailcrm.ru"}

    row = update_integration(
        row, settings={"url": "https://other.retailcrm.ru"}, credentials={"api_key": "again"}
    )
    assert row.settings == {"url": "https://other.retailcrm.ru"}
