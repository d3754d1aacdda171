"""The short way of a pop-up: the process that folds a call tells the CRM what it just wrote, and reads nothing again."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from integrations.connectors.retailcrm.simulator import Simulator
from integrations.tests.factories import make_integration
from telephony import lanes
from telephony.models import Call, CallNotification, NotificationState
from telephony.tests.factories import make_pbx, posts, store
from tenants.models import Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.tests.lanes import wait_for
from tenants.tests.running import Running
from tenants.work import lane
from tenants.work import runner as machinery

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    # What is found by polling would hide what was not handed on.
    monkeypatch.setattr(machinery, "IDLE_SECONDS", 600)
    running = Running()
    with all_tenants():
        yield running
    running.end()


@pytest.fixture
def crm() -> Iterator[Simulator]:
    with Simulator(codes={"150": 19}, limits_rate=False).running() as running:
        yield running


def test_a_popup_goes_out_without_being_looked_for_or_read(
    run: Running, crm: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    pbx = make_pbx(make_tenant(timezone="UTC"))
    make_integration(pbx.tenant, url=crm.url)
    read: list[Any] = []

    def noted(ids: Any) -> dict[Any, Any]:
        read.append(ids)
        return {}

    monkeypatch.setattr(lanes, "load", noted)
    notifier = run(lane("calls.notify"))
    wait_for(lambda: notifier.places(["any"]), "an idle runner")
    folder = run(lane("calls.fold"))

    store(pbx, posts("inbound_answered")[:2])
    folder.wake()

    wait_for(lambda: crm.events, "the pop-up")
    [popup] = crm.events
    assert (popup.type, popup.phone, popup.codes) == ("in", "375291234570", ("150",))
    wait_for(lambda: not Work.objects.filter(lane__in=("calls.fold", "calls.notify")).exists(), "both")
    one = CallNotification.objects.get()
    assert (one.state, one.attempts, one.call_id) == (NotificationState.DONE, 1, Call.objects.get().pk)
    assert read == []


def test_a_batch_that_fails_leaves_its_events_and_no_half_call(
    run: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    pbx = make_pbx(make_tenant(timezone="UTC"))
    store(pbx, posts("inbound_answered")[:2])
    wanted = [row.subject for row in Work.objects.filter(lane="calls.fold")]
    broken: list[Any] = []

    def fails(rows: Any) -> None:
        broken.append(len(rows))
        assert connection.in_atomic_block
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(lanes, "withdraw", fails)
        folder = run(lane("calls.fold"))
        wait_for(
            lambda: len(broken) == 3 and Work.objects.filter(lease__isnull=True).count() == 2, "both put back"
        )
    assert broken == [2, 1, 1]
    assert not Call.objects.exists()
    assert sorted(Work.objects.values_list("subject", flat=True)) == sorted(wanted)

    Work.objects.update(due=timezone.now())
    folder.wake()

    wait_for(lambda: not Work.objects.filter(lane="calls.fold").exists(), "the folded events")
    assert Call.objects.get().event_count == 2
