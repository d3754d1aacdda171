"""Every captured call, told to a simulated Bitrix24: cards for those who rang, and one row in its statistics."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.connectors.bitrix24.simulator import Employee, Simulator
from integrations.connectors.bitrix24.tests.factories import make_application
from telephony.actions.notify_crm import load, notify_crm
from telephony.actions.notifying import queue
from telephony.fold.tests.test_scenarios import EXPECTED
from telephony.models import CallNotification, NotificationState, Pbx
from telephony.tests.factories import make_pbx, notifications, play, posts, store
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db(transaction=True)

EXTERNAL = sorted(name for name, row in EXPECTED.items() if row[0] in ("in", "out"))
SECONDS_OF_A_CALL = timedelta(seconds=60)


@pytest.fixture(autouse=True)
def _scope(settings: Any) -> Iterator[None]:
    settings.CALL_END_GRACE = 0.0
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    cache.clear()
    with all_tenants():
        yield


@pytest.fixture
def crm() -> Iterator[Simulator]:
    employees = [Employee(number, "Ann", str(number), str(number)) for number in range(150, 160)]
    with Simulator(employees=[*employees, Employee(1, "Admin", "One")]).running() as running:
        yield running


@pytest.fixture
def pbx(crm: Simulator) -> Pbx:
    tenant = make_tenant(timezone="UTC")
    make_application(tenant, crm)
    return make_pbx(tenant)


def finish() -> None:
    for lane in ("calls.finish", "calls.notify", "calls.notify", "calls.notify"):
        drain(lane, timezone.now() + timedelta(minutes=1))


@pytest.mark.parametrize("name", EXTERNAL)
def test_every_captured_call_that_ended_is_one_row(pbx: Pbx, crm: Simulator, name: str) -> None:
    call = play(pbx, name)
    finish()

    assert crm.wait_until(lambda: all(request.status == 200 for request in crm.requests))
    if not call.client_number or call.ended_at is None:
        assert crm.journal == []  # nobody to write it to, or its end was never told
        return
    assert list(CallNotification.objects.exclude(state="done").exclude(state="cancelled").values()) == []
    [row], [registered] = crm.journal, crm.calls
    assert (registered.external_id, registered.type) == (call.external_id, 2 if call.direction == "in" else 1)
    assert (row.finishes, row.duration) == (1, call.talk_seconds if call.answered_at else 0)
    assert (row.code == "200") == (call.answered_at is not None)


def test_cards_ring_at_a_group_and_close_when_one_answers(pbx: Pbx, crm: Simulator) -> None:
    played = posts("ring_group")
    rings = [index for index, post in enumerate(played) if post.path == "/dial"]

    store(pbx, played[: rings[-1] + 1])
    drain("calls.fold")
    for _turn in range(5):
        drain("calls.notify", timezone.now() + timedelta(seconds=5))
    [ringing] = crm.calls
    assert len(ringing.shown) > 1

    store(pbx, played[rings[-1] + 1 :], at=timezone.now() - SECONDS_OF_A_CALL)
    drain("calls.fold")
    finish()

    [call], [row] = crm.calls, crm.journal
    assert (call.id, call.shown, call.registrations) == (row.call_id, [], 1)
    assert set(CallNotification.objects.exclude(outside_id="").values_list("outside_id", flat=True)) == {
        call.id
    }


def test_later_pop_up_waits_for_the_one_that_brings_the_id(pbx: Pbx, crm: Simulator) -> None:
    first, second = _two_pop_ups(pbx)

    waiting = notify_crm(load([second.pk])[second.pk], 1)
    assert (waiting.state, waiting.is_attempt, crm.requests) == (NotificationState.PENDING, False, [])

    drain("calls.notify")
    drain("calls.notify", timezone.now() + timedelta(seconds=5))
    first.refresh_from_db()
    second.refresh_from_db()

    [call] = crm.calls
    assert first.outside_id == second.outside_id == call.id
    assert set(call.shown) == {150, 151}


def test_other_companys_ids_are_never_told(pbx: Pbx, crm: Simulator) -> None:
    """The id is looked for among the notifications of that call at that integration, and nowhere else."""
    first, _second = _two_pop_ups(pbx)
    other = make_tenant()
    stranger = make_application(other, crm)
    CallNotification.objects.create(
        tenant=other, integration=stranger, call=first.call, kind="hangup", outside_id="externalCall.theirs.1"
    )

    drain("calls.notify")

    assert [call.id for call in crm.calls] != ["externalCall.theirs.1"]
    assert all("theirs" not in request.body.decode() for request in crm.requests)


def test_looking_for_the_id_costs_two_queries(pbx: Pbx, crm: Simulator) -> None:
    first, _second = _two_pop_ups(pbx)
    loaded = load([first.pk])[first.pk]
    notify_crm(loaded, 1)

    with CaptureQueriesContext(connection) as captured:
        notify_crm(loaded, 1)

    assert len([one for one in captured if "callnotification" in one["sql"]]) == 2


def test_nothing_is_told_twice(pbx: Pbx, crm: Simulator) -> None:
    call = play(pbx, "inbound_answered")
    finish()
    before = (notifications(call), len(crm.requests))

    store(pbx, posts("inbound_answered"))
    drain("calls.fold")
    finish()

    assert (notifications(call), len(crm.requests)) == before


def _two_pop_ups(pbx: Pbx) -> tuple[CallNotification, CallNotification]:
    """One call that rings at 150 and now at 151, too; nothing was sent yet."""
    played = posts("ring_group")
    rings = [index for index, post in enumerate(played) if post.path == "/dial"]
    store(pbx, played[: rings[-1] + 1])
    drain("calls.fold")
    first = CallNotification.objects.filter(kind="popup").order_by("id")[0]
    first.extensions = ["150"]
    first.save()
    CallNotification.objects.filter(kind="popup").exclude(pk=first.pk).delete()
    second = CallNotification.objects.create(
        tenant_id=first.tenant_id,
        integration_id=first.integration_id,
        call=first.call,
        kind="popup",
        variant="151",
        extensions=["151"],
        rang_at=first.rang_at,
    )
    queue([second])
    return first, second
