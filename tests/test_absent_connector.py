"""An integration whose connector was taken away: it is shown and says what is the matter, calls go on, and nothing of it is lost."""

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from integrations.actions.check_integration import queue_checks
from integrations.actions.save_integration import update_integration
from integrations.models import Health, Integration
from integrations.sessions import open_session
from integrations.tests.factories import make_integration
from telephony.tests.factories import make_pbx, notifications, play
from tenants.errors import ConfigError
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_api_key, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def row(tenant: Tenant) -> Integration:
    row = make_integration(tenant)
    Integration._base_manager.filter(pk=row.pk).update(connector="removed")
    with tenant_scope(tenant):
        return Integration.objects.get(pk=row.pk)


def test_its_health_says_what_to_do(row: Integration, tenant: Tenant) -> None:
    with tenant_scope(tenant):
        Integration.objects.update(next_check_at=row.created_at)
        queue_checks()
        drain("integrations.check")

        row.refresh_from_db()

    assert row.health == Health.MISCONFIGURED
    assert "“removed”" in row.health_reason


def test_whoever_opens_it_reads_why_not(row: Integration, tenant: Tenant) -> None:
    with tenant_scope(tenant), pytest.raises(ConfigError, match="removed"), open_session(row.pk, seconds=1):
        pass


def test_its_settings_stay_until_it_is_back(row: Integration, tenant: Tenant) -> None:
    before = row.settings, row.credentials
    with tenant_scope(tenant):
        update_integration(row, name="Former CRM", settings={}, credentials={})
        with pytest.raises(ValidationError) as refused:
            update_integration(row, settings={"url": "https://elsewhere.example"})
        row.refresh_from_db()

    assert list(refused.value.message_dict) == ["connector"]
    assert (row.name, row.settings, row.credentials) == ("Former CRM", *before)


def test_the_api_renames_and_deletes_it(row: Integration, tenant: Tenant) -> None:
    client = Client(headers={"Authorization": f"Bearer {make_api_key(tenant)[1]}"})
    address = f"/api/v1/integrations/{row.pk}"

    def ask(method: str, body: dict[str, Any]) -> int:
        answer = client.generic(method, address, json.dumps(body), content_type="application/json")
        return answer.status_code

    assert ask("PATCH", {"name": "Former CRM"}) == 200
    assert ask("PATCH", {"credentials": {"api_key": "another"}}) == 400
    assert client.get(address).json()["name"] == "Former CRM"
    assert ask("DELETE", {}) == 204


def test_calls_go_on(row: Integration, tenant: Tenant) -> None:
    with tenant_scope(tenant):
        call = play(make_pbx(tenant), "inbound_answered")

        assert call.status == "answered"
        assert notifications(call) == []
