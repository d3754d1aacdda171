"""When a CRM is in trouble: what is repeated, until when, and what a person reads."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations import live
from integrations.connectors.retailcrm.simulator import Simulator
from integrations.models import ExtensionAssignment
from integrations.tests.factories import make_integration
from telephony.actions.notify_crm import UPLOAD_RETRIES
from telephony.models import Call, CallNotification, Pbx
from telephony.tests.factories import make_pbx, play, posts, store
from tenants.models import Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scope(settings: Any) -> Iterator[None]:
    settings.CALL_END_GRACE = 0.0
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with all_tenants():
        yield


@pytest.fixture
def pbx() -> Pbx:
    return make_pbx(make_tenant(timezone="UTC"))


@pytest.fixture
def crm() -> Iterator[Simulator]:
    with Simulator(codes={"150": 19}, limits_rate=False).running() as running:
        yield running


def ring(pbx: Pbx, name: str = "inbound_answered", *, ago: float = 0.0) -> None:
    store(pbx, posts(name)[:2], at=timezone.now() - timedelta(seconds=ago))
    drain("calls.fold")


def due_in(kind: str) -> float:
    row = Work.objects.get(lane="calls.notify", subject=CallNotification.objects.get(kind=kind).pk)
    return (row.due - timezone.now()).total_seconds()


def test_uploads_are_tried_for_about_three_days() -> None:
    assert 2.5 <= sum(UPLOAD_RETRIES) / 86400 <= 3.5


def test_a_popup_is_repeated_soon_while_the_phone_rings(pbx: Pbx, crm: Simulator) -> None:
    make_integration(pbx.tenant, url=crm.url)
    crm.fail("503")
    ring(pbx)

    drain("calls.notify")

    one = CallNotification.objects.get(kind="popup")
    assert (one.state, one.attempts) == ("pending", 1)
    assert 0 < due_in("popup") < 5


def test_a_popup_whose_next_try_would_be_too_late_fails_in_words(pbx: Pbx, crm: Simulator) -> None:
    make_integration(pbx.tenant, url=crm.url)
    crm.fail("503")
    ring(pbx, ago=19.5)

    drain("calls.notify")

    one = CallNotification.objects.get(kind="popup")
    assert (one.state, one.attempts) == ("failed", 1)
    assert Work.objects.filter(lane="calls.notify").count() == 0


def test_a_popup_that_waits_is_cancelled_when_the_call_ends_and_no_hangup_follows(
    pbx: Pbx, crm: Simulator
) -> None:
    make_integration(pbx.tenant, url=crm.url)
    crm.fail("503")
    ring(pbx)
    drain("calls.notify")

    store(pbx, posts("inbound_answered")[2:4])
    drain("calls.fold")
    drain("calls.notify", timezone.now() + timedelta(seconds=10))
    drain("calls.notify", timezone.now() + timedelta(seconds=20))

    states = {one.kind: (one.state, one.reason_code) for one in CallNotification.objects.all()}
    assert states == {"popup": ("cancelled", "call_over"), "hangup": ("cancelled", "no_popup")}
    assert crm.events == []


def test_an_upload_waits_for_its_turn_without_using_up_its_tries(pbx: Pbx, crm: Simulator) -> None:
    make_integration(pbx.tenant, url=crm.url)
    crm.fail("429", retry_after="70", path="/api/v5/telephony/calls/upload")
    play(pbx, "inbound_answered")
    drain("calls.finish")
    for turn in range(len(UPLOAD_RETRIES) + 2):
        drain("calls.notify", timezone.now() + timedelta(minutes=2 * turn))

    one = CallNotification.objects.get(kind="upload")
    assert (one.state, one.reason_code) == ("pending", "rate_limited")
    work = Work.objects.get(lane="calls.notify", subject=one.pk)
    assert work.attempts == 0
    assert 60 < due_in("upload") - 120 * (len(UPLOAD_RETRIES) + 1) <= 71


def test_one_dead_crm_does_not_delay_the_other(pbx: Pbx, crm: Simulator) -> None:
    with Simulator().running() as gone:
        url = gone.url
    make_integration(pbx.tenant, url=url, name="Dead")
    make_integration(pbx.tenant, url=crm.url, name="Alive")
    ring(pbx)

    drain("calls.notify")

    states = dict(CallNotification.objects.values_list("integration__name", "state"))
    assert states == {"Dead": "pending", "Alive": "done"}
    assert len(crm.events) == 1


def test_unknown_extensions_are_kept_with_the_notification(pbx: Pbx, crm: Simulator) -> None:
    make_integration(pbx.tenant, url=crm.url)
    ring(pbx, "inbound_missed")

    drain("calls.notify")

    one = CallNotification.objects.get(kind="popup")
    assert (one.state, one.issues) == ("done", [{"kind": "extension", "value": "152"}])


def test_a_repeated_upload_is_no_error(pbx: Pbx, crm: Simulator) -> None:
    make_integration(pbx.tenant, url=crm.url)
    play(pbx, "inbound_missed")
    drain("calls.finish")
    drain("calls.notify")
    upload = CallNotification.objects.get(kind="upload")
    CallNotification.objects.filter(pk=upload.pk).update(state="failed")

    from telephony.actions.retry_notifications import retry_notifications

    retry_notifications([upload.pk])
    drain("calls.notify")

    upload.refresh_from_db()
    assert (upload.state, upload.is_duplicate, len(crm.calls)) == ("done", True, 1)


def test_a_deleted_integration_takes_its_work_along(pbx: Pbx, crm: Simulator) -> None:
    integration = make_integration(pbx.tenant, url=crm.url)
    ring(pbx)
    ExtensionAssignment.objects.all().delete()
    integration.delete()
    live.forget_all()

    drain("calls.notify")

    assert Work.objects.filter(lane="calls.notify").count() == 0
    assert Call.objects.count() == 1
    assert crm.events == []
