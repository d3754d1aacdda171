"""Events that the portal keeps: asked for, stored, and only then forgotten there."""

from datetime import timedelta
from itertools import count

import pytest
from django.core.cache import cache
from django.utils import timezone

from integrations import receivers
from integrations.actions.poll_updates import LANE, queue_polls
from integrations.capabilities import Updates
from integrations.connectors.bitrix24.hooks import EVENTS
from integrations.connectors.bitrix24.simulator import Simulator
from integrations.connectors.bitrix24.simulator.state import CONTACT
from integrations.connectors.bitrix24.tests.factories import make_application
from integrations.hooks import Clicked, WebhookRegistration
from integrations.models import PollPosition
from integrations.sessions import open_session
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant
from tenants.work import drain
from webhooks.models import Inbound

pytestmark = pytest.mark.django_db(transaction=True)
_minutes = count(1)
URL = "http://127.0.0.1:9/webhook/bitrix24/abc"


@pytest.fixture
def simulator():
    cache.clear()
    with Simulator(limits_rate=False).running() as running:
        yield running


@pytest.fixture
def integration(simulator):
    tenant = make_tenant(language="en")
    with tenant_scope(tenant):
        row = make_application(tenant, simulator, events="asked")
        with open_session(row.pk) as session:
            session.require(WebhookRegistration).subscribe(URL, "secret-of-our-source-0123")
        yield row


def poll():
    queue_polls()
    drain(LANE, timezone.now() + timedelta(minutes=next(_minutes)))


def change(simulator, number=1):
    contact = next(iter(simulator.portal.items[CONTACT]))
    simulator.event_sender.changed("ONCRMCONTACTUPDATE", contact + number - 1)


def test_everything_is_kept_for_us_and_nothing_sent(simulator, integration):
    bound = simulator.portal.bindings

    assert {(one.event, one.is_offline) for one in bound} == {(event, True) for event in EVENTS}
    with open_session(integration.pk) as session:
        registration = session.require(WebhookRegistration)
        assert registration.is_subscribed(URL)
        registration.unsubscribe(URL)
        assert not registration.is_subscribed(URL)
    assert simulator.portal.bindings == []


def test_event_is_forgotten_there_only_after_it_was_stored(simulator, integration):
    change(simulator)

    poll()
    [kept] = simulator.portal.kept
    assert kept.process_id == PollPosition.objects.get().position
    assert [row.event_type for row in _processed()] == ["ONCRMCONTACTUPDATE"]

    poll()
    assert simulator.portal.kept == []
    assert Inbound.objects.count() == 1


def test_events_of_a_worker_that_died_before_it_stored_them_come_again(simulator, integration):
    change(simulator)
    with open_session(integration.pk) as session:
        lost = session.require(Updates).poll("", 1)  # and then it is killed
    assert len(lost.bodies) == 1

    poll()
    assert Inbound.objects.count() == 1
    poll()
    assert simulator.portal.kept == []


def test_last_state_of_an_object_is_one_event(simulator, integration):
    change(simulator)
    change(simulator)
    change(simulator, 2)

    poll()

    assert Inbound.objects.count() == 2


def test_click_reaches_telephony_without_an_address_of_ours(simulator, integration, monkeypatch):
    found: list[Clicked] = []

    def call(hook, clicked):
        found.append(clicked)
        return "called"

    monkeypatch.setattr(receivers, "_clicks", [call])
    call_id = simulator.click(6, "+375291234567")

    poll()
    drain("webhooks.inbound")
    drain("integrations.receive")

    assert [(one.phone, one.user_id, one.extra["CALL_ID"]) for one in found] == [
        ("+375291234567", "6", call_id)
    ]


def test_silence_is_asked_seldom(simulator, integration):
    with open_session(integration.pk) as session:
        updates = session.require(Updates)
        assert updates.poll("", 1).bodies == ()
        assert updates.poll("", 1).position == ""
    assert updates.pause >= 5
    # The look at what somebody left behind is not made with every question.
    assert [request.path for request in simulator.requests].count("/rest/event.offline.list") == 1


def _processed():
    drain("webhooks.inbound")
    return list(Inbound.objects.order_by("id"))
