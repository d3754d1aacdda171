"""Warnings of endpoints that take nothing, and when they are switched off."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.models import Event, Role, User
from tenants.tests.factories import make_member
from tenants.work import drain
from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.actions.enable_endpoint import enable_endpoint
from webhooks.actions.tell_of_certificates import tell_of_certificates
from webhooks.actions.watch_endpoints import FEWEST_GIVEN_UP, watch_endpoints
from webhooks.lanes import tallies
from webhooks.models import Endpoint, EndpointTrouble, Letter, TryOutcome
from webhooks.reasons import explained
from webhooks.tests.factories import make_endpoint

NOW = timezone.now().replace(minute=30)


def tried(endpoint, hours_ago, outcome=TryOutcome.RETRIED, count=5, reason="timeout"):
    at = (NOW - timedelta(hours=hours_ago)).timestamp()
    reason = "" if outcome is TryOutcome.DELIVERED else reason
    tallies.add([tallies.Try(endpoint.tenant_id, endpoint.pk, at, outcome, reason, 5.0)] * count)


def told(type_):
    return list(Event.objects.filter(type=type_).order_by("id"))


@pytest.fixture
def endpoint(tenant):
    return make_endpoint(tenant)[0]


def test_who_failed_for_less_than_a_day_is_left_alone(endpoint):
    tried(endpoint, 30, TryOutcome.DELIVERED)
    tried(endpoint, 23, TryOutcome.GIVEN_UP, count=100)

    watch_endpoints(NOW)

    assert not EndpointTrouble.objects.exists()
    assert told("endpoint.failing") == []


def test_the_owner_is_warned_after_a_day_and_after_three_and_never_twice(endpoint):
    tried(endpoint, 25)
    tried(endpoint, 1)

    for hour in (0, 0, 1):
        watch_endpoints(NOW + timedelta(hours=hour))
    assert len(told("endpoint.failing")) == 1
    tried(endpoint, -40)
    for hours in (47, 48, 49):
        watch_endpoints(NOW + timedelta(hours=hours))

    first, second = told("endpoint.failing")
    assert (first.data["name"], first.data["reason"], first.data["failed"]) == (endpoint.name, "timeout", 0)
    assert second.data["since"] == first.data["since"]
    assert EndpointTrouble.objects.get().warnings == 2
    endpoint.refresh_from_db()
    assert endpoint.is_enabled


@pytest.mark.parametrize(
    ("days", "given_up", "is_disabled"),
    [(6, FEWEST_GIVEN_UP, True), (6, FEWEST_GIVEN_UP - 1, False), (4, 1000, False)],
)
def test_only_long_failure_with_many_lost_deliveries_switches_it_off(endpoint, days, given_up, is_disabled):
    tried(endpoint, days * 24)
    tried(endpoint, 2, TryOutcome.GIVEN_UP, count=given_up)

    for hour in range(3):
        watch_endpoints(NOW + timedelta(hours=hour))

    endpoint.refresh_from_db()
    assert endpoint.is_enabled is not is_disabled
    assert endpoint.disabled_reason == ("failing_long" if is_disabled else "")
    assert len(told("endpoint.failing")) == 2
    assert len(told("endpoint.disabled")) == is_disabled


def test_one_delivery_ends_the_trouble(endpoint):
    tried(endpoint, 25)
    tried(endpoint, 1)
    watch_endpoints(NOW)
    tried(endpoint, 0, TryOutcome.DELIVERED, count=1)

    watch_endpoints(NOW + timedelta(minutes=30))
    watch_endpoints(NOW + timedelta(minutes=40))

    assert not EndpointTrouble.objects.exists()
    assert len(told("endpoint.recovered")) == 1


def test_whoever_enables_it_again_gives_it_a_new_chance(endpoint):
    tried(endpoint, 6 * 24)
    tried(endpoint, 2, TryOutcome.GIVEN_UP, count=100)
    for hour in range(3):
        watch_endpoints(NOW + timedelta(hours=hour))
    endpoint.refresh_from_db()
    assert not endpoint.is_enabled

    enable_endpoint(endpoint)
    Endpoint.objects.update(enabled_at=NOW + timedelta(hours=3))
    tried(endpoint, -4)
    for hour in range(4, 8):
        watch_endpoints(NOW + timedelta(hours=hour))

    endpoint.refresh_from_db()
    assert endpoint.is_enabled
    assert not EndpointTrouble.objects.exists()


def test_a_disabled_endpoint_is_warned_of_no_more(endpoint):
    tried(endpoint, 25)
    tried(endpoint, 1)
    watch_endpoints(NOW)

    disable_endpoint(endpoint)
    watch_endpoints(NOW + timedelta(days=4))

    assert len(told("endpoint.failing")) == 1
    assert not EndpointTrouble.objects.exists()


def test_many_failing_endpoints_cost_no_more_queries_to_find(tenant):
    counts = []
    for _round in range(2):
        for _number in range(5):
            one, _secret = make_endpoint(tenant)
            tried(one, 20)
        with CaptureQueriesContext(connection) as queries:
            watch_endpoints(NOW)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_those_who_look_after_the_company_are_mailed_each_in_their_language(endpoint, tenant, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    owner, viewer = make_member(tenant, Role.OWNER), make_member(tenant, Role.VIEWER)
    for member in (owner, viewer):
        User.objects.filter(pk=member.user_id).update(email=f"{member.role}@example.com", language="en")
    tried(endpoint, 25)
    tried(endpoint, 1)

    for _time in range(2):
        watch_endpoints(NOW)
    disable_endpoint(endpoint, reason="person")
    enable_endpoint(endpoint)
    disable_endpoint(endpoint, reason="gone")
    drain("webhooks.letters")

    warned, disabled = mail.outbox
    assert warned.to == disabled.to == ["owner@example.com"]
    assert warned.subject == f"{endpoint.name} takes no events"
    assert str(explained("timeout").what) in warned.body
    assert f"/admin/webhooks/endpoint/{endpoint.pk}/" in warned.body
    assert disabled.subject == f"{endpoint.name} was switched off"


def test_nobody_is_mailed_where_nothing_can_be(endpoint, tenant, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    make_member(tenant, Role.OWNER)

    disable_endpoint(endpoint, reason="gone")

    assert not Letter.objects.exists()


def test_a_client_certificate_that_ends_soon_is_told_once(tenant):
    now = timezone.now()
    for days, state in ((29, "enabled"), (31, "enabled"), (1, "disabled")):
        made, _secret = make_endpoint(tenant, state=state)
        Endpoint.objects.filter(pk=made.pk).update(certificate_expires_at=now + timedelta(days=days))
    ending = Endpoint.objects.order_by("certificate_expires_at").filter(state="enabled")[0]

    assert [tell_of_certificates(now), tell_of_certificates(now + timedelta(hours=1))] == [1, 0]

    [told] = Event.objects.filter(type="system.alert").values_list("data", flat=True)
    until = ending.certificate_expires_at.date().isoformat()
    assert told["message"] == f"The client certificate of the endpoint “{ending.name}” is valid until {until}"
    assert (told["code"], told["details"]["endpoint_id"]) == ("endpoint.certificate", str(ending.pk))
