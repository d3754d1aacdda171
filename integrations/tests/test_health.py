"""Health from real traffic, with hysteresis and news."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations import live
from integrations.actions.write_journals import write_journals
from integrations.http.journal import Journal, Sign
from integrations.models import Exchange, Integration
from integrations.tests.factories import make_integration
from tenants.models import Event
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db
START = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def integration():
    tenant = make_tenant()
    with tenant_scope(tenant):
        yield make_integration(tenant)


def live_through(integration, story):
    """`+` went well, `-` failed, `!` credentials refused; the states after each."""
    states = []
    for number, letter in enumerate(story):
        sign = {"+": {}, "-": {"code": "transient", "reason": "down"}}.get(
            letter, {"code": "auth", "reason": "refused", "is_config": True}
        )
        at = START + timedelta(seconds=number)
        write_journals([Journal(signs=[Sign(integration.pk, integration.tenant_id, at, **sign)])])
        integration.refresh_from_db()
        states.append(integration.health)
    return states


@pytest.mark.parametrize(
    ("story", "states"),
    [
        ("+", ["ok"]),
        ("+-+", ["ok", "ok", "ok"]),
        ("+--+++", ["ok", "ok", "degraded", "degraded", "degraded", "ok"]),
        ("+-----", ["ok", "ok", "degraded", "degraded", "degraded", "failing"]),
        ("-----+-+++", ["unknown", "degraded", "degraded", "degraded", *["failing"] * 5, "ok"]),
        ("+!-+", ["ok", "misconfigured", "misconfigured", "ok"]),
    ],
)
def test_states(integration, story, states):
    assert live_through(integration, story) == states


def test_news_is_told_once_in_each_direction(integration):
    live_through(integration, "+------!-" + "+" * 5)

    events = list(Event.objects.order_by("id").values_list("type", "data__health"))
    assert events == [("integration.failing", "failing"), ("integration.recovered", "ok")]


def test_reason_is_shown_and_goes(integration):
    live_through(integration, "+!")
    assert (integration.health_code, integration.health_reason) == ("auth", "refused")
    assert integration.health_since == START + timedelta(seconds=1)

    live_through(integration, "+")
    assert (integration.health_code, integration.health_reason) == ("", "")


def test_change_is_seen_by_the_hot_path(integration):
    assert live.get(integration.pk).health == "unknown"

    live_through(integration, "+")

    assert live.get(integration.pk).health == "ok"


def test_what_belongs_to_a_deleted_integration_is_dropped(integration):
    exchange = Exchange(
        tenant_id=integration.tenant_id,
        integration_id=integration.pk,
        operation="x",
        method="GET",
        url="https://x",
        started_at=START,
        duration_ms=1,
    )
    journal = Journal([exchange], [Sign(integration.pk, integration.tenant_id, START)])
    Integration.objects.all().delete()

    write_journals([journal])

    assert Exchange.objects.count() == 0


def test_writing_costs_the_same_for_one_journal_and_for_many(integration, django_assert_num_queries):
    def journals(count):
        return [
            Journal(signs=[Sign(integration.pk, integration.tenant_id, START + timedelta(seconds=n))])
            for n in range(count)
        ]

    write_journals(journals(1))  # from now on its health is as it was, and no process has to be told

    with django_assert_num_queries(4):
        write_journals(journals(1))
    with django_assert_num_queries(4):
        write_journals(journals(50))
