"""Integrations that nobody uses at the moment are looked after; paused ones are left in peace."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from integrations import connectors
from integrations.actions.check_integration import PER_MINUTE, queue_checks
from integrations.actions.copy_integration import copy_integration, targets
from integrations.actions.hook_source import hook_url
from integrations.actions.save_integration import create_integration, update_integration
from integrations.actions.subscribe_hooks import subscribe_hooks, unsubscribe_hooks
from integrations.fields import Field, FieldType
from integrations.models import Exchange, Health, Integration
from integrations.selectors import overview
from integrations.tests import hooked
from integrations.tests.hooked import KEY, Simulator, register_made_up
from tenants.models import Member, Role, Tenant, User
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain

LANE = "integrations.check"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _known(monkeypatch: Any) -> Iterator[None]:
    register_made_up(monkeypatch)
    with all_tenants(), translation.override("en"):
        yield


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator().running() as running:
        yield running


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(language="en")


@pytest.fixture
def row(tenant: Tenant, simulator: Simulator) -> Integration:
    return make(tenant, simulator)


def make(tenant: Tenant, simulator: Simulator, name: str = "Made-up", **values: Any) -> Integration:
    return create_integration(
        tenant, "made_up", name, settings={"url": simulator.url}, credentials={"key": KEY}, **values
    )


def check(row: Integration) -> Integration:
    Integration.objects.filter(pk=row.pk).update(next_check_at=timezone.now() - timedelta(seconds=1))
    queue_checks()
    drain(LANE)
    row.refresh_from_db()
    return row


def asked(simulator: Simulator, path: str) -> int:
    return sum(one.path == path for one in simulator.requests)


def test_a_quiet_one_is_tried_and_its_health_is_known(row: Integration, simulator: Simulator) -> None:
    check(row)

    assert (row.health, asked(simulator, "/me")) == (Health.OK, 1)
    assert timedelta(minutes=14) < row.next_check_at - timezone.now() < timedelta(minutes=21)


def test_what_fails_meanwhile_is_noticed(row: Integration, simulator: Simulator) -> None:
    row = update_integration(row, credentials={"key": "a wrong one"})

    check(row)

    assert row.health == Health.MISCONFIGURED


def test_what_worked_just_now_is_not_asked_again(row: Integration, simulator: Simulator) -> None:
    check(row)
    check(row)

    assert asked(simulator, "/me") == 1


def test_paused_ones_are_left_in_peace(row: Integration, simulator: Simulator) -> None:
    update_integration(row, is_enabled=False, reason="We move.")

    check(row)

    assert simulator.requests == []
    assert (row.paused_reason, row.standing) == ("We move.", "paused")
    row = update_integration(row, is_enabled=True)
    assert (row.paused_reason, row.paused_at) == ("", None)


def test_no_more_than_so_many_a_minute(tenant: Tenant, simulator: Simulator) -> None:
    now = timezone.now()
    Integration.objects.bulk_create(
        Integration(tenant=tenant, connector="made_up", name=f"{n}", next_check_at=now - timedelta(seconds=n))
        for n in range(PER_MINUTE + 5)
    )

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert queue_checks(now) == PER_MINUTE
    assert queue_checks(now) == 5
    assert queue_checks(now) == 0
    assert len(queries) <= 8


def test_subscribing_enters_the_address_there(row: Integration, simulator: Simulator) -> None:
    subscribe_hooks(row)

    assert row.source is not None
    assert simulator.hook == hook_url(row)
    assert simulator.hook.endswith(f"{row.source.path}?token={row.source.secret}")
    assert (row.hooks_wanted, row.hooks_problem) == (True, "")
    assert not any(
        row.source.secret in f"{one.request_body}{one.url}{one.response_body}"
        for one in Exchange.objects.all()
    )
    unsubscribe_hooks(row)
    assert (simulator.hook, row.hooks_wanted) == ("", False)


def test_a_subscription_that_was_switched_off_there_is_made_again(
    row: Integration, simulator: Simulator
) -> None:
    subscribe_hooks(row)
    simulator.hook = ""
    Integration.objects.update(hooks_checked_at=timezone.now() - timedelta(hours=2))

    check(row)

    assert simulator.hook == hook_url(row)
    assert row.hooks_problem == "The system had switched our subscription off. It was switched on again."
    Integration.objects.update(hooks_checked_at=timezone.now() - timedelta(hours=2))
    check(row)
    assert row.hooks_problem == ""


def test_a_subscription_that_cannot_be_looked_at_says_why(row: Integration, simulator: Simulator) -> None:
    subscribe_hooks(row)
    Integration.objects.update(hooks_checked_at=None)
    simulator.fail("503", path="/hook")

    check(row)

    assert row.hooks_problem != ""
    assert row.hooks_checked_at is not None


def test_credentials_that_end_soon_are_told_of_once(row: Integration, tenant: Tenant, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    user = User.objects.create_user("anna", email="anna@example.com")
    Member.objects.create(tenant=tenant, user=user, role=Role.OWNER)
    Integration.objects.update(credentials_expire_at=timezone.now() + timedelta(days=6))

    for _round in range(2):
        check(row)
        drain("integrations.letters")

    assert row.standing == "expiring"
    assert [one.subject for one in mail.outbox] == ["Made-up: the credentials expire soon"]
    assert overview().counts == {"expiring": 1}
    assert overview().status == "degraded"


def test_a_settings_field_can_say_when_credentials_end(
    tenant: Tenant, simulator: Simulator, monkeypatch: Any
) -> None:
    from dataclasses import replace

    manifest = hooked.CONNECTOR.manifest
    dated = replace(
        manifest,
        settings=(*manifest.settings, Field("until", "Valid until", FieldType.DATE, required=False)),
        expires_setting="until",
    )
    found = {"made_up": replace(hooked.CONNECTOR, manifest=dated)}
    monkeypatch.setattr(connectors, "registry", lambda: found)
    row = make(tenant, simulator)
    assert row.credentials_expire_at is None

    row = update_integration(row, settings={"url": simulator.url, "until": "2026-12-31"})

    assert row.credentials_expire_at is not None
    assert row.credentials_expire_at.astimezone(tenant.zone).isoformat()[:16] == "2027-01-01T00:00"
    with pytest.raises(ValidationError) as refused:
        update_integration(row, settings={"url": simulator.url, "until": "tomorrow"})
    assert set(refused.value.message_dict) == {"settings.until"}


def test_a_copy_has_no_secrets_and_is_paused(row: Integration, simulator: Simulator) -> None:
    other = make_tenant(language="en")

    copy = copy_integration(row, other)

    assert (copy.tenant_id, copy.name, copy.connector, copy.settings) == (
        other.pk, "Made-up", "made_up", row.settings,
    )  # fmt: skip
    assert (copy.credentials, copy.is_enabled) == ({}, False)
    assert copy.source is not None
    assert row.source is not None
    assert copy.source.secret != row.source.secret
    assert copy.source.tenant_id == other.pk
    with pytest.raises(ValidationError) as refused:
        update_integration(copy, is_enabled=True)
    assert set(refused.value.message_dict) == {"credentials.key"}
    assert update_integration(copy, is_enabled=True, credentials={"key": KEY}).is_enabled
    with pytest.raises(ValidationError):
        copy_integration(row, other)


def test_who_may_copy_where(row: Integration, tenant: Tenant) -> None:
    other, third = make_tenant(), make_tenant()
    anna = User.objects.create_user("anna")
    Member.objects.create(tenant=other, user=anna, role=Role.OWNER)
    Member.objects.create(tenant=third, user=anna, role=Role.MANAGER)
    assert targets(anna, row) == []

    Member.objects.create(tenant=tenant, user=anna, role=Role.ADMIN)

    assert targets(anna, row) == [other]
    operator = User.objects.create_superuser("operator")
    assert {other, third} <= set(targets(operator, row))
    assert tenant not in targets(operator, row)
