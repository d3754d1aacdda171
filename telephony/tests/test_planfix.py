"""Every captured call, told to a simulated Planfix: cards for those who rang, and one entry in its journal."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.actions.save_integration import create_integration
from integrations.connectors.planfix.simulator import Employee, Simulator
from telephony.fold.tests.test_scenarios import EXPECTED
from telephony.models import CallNotification, Pbx
from telephony.tests.factories import make_pbx, notifications, play, posts, store
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db

EXTERNAL = sorted(name for name, row in EXPECTED.items() if row[0] in ("in", "out"))
SECONDS_OF_A_CALL = timedelta(seconds=60)


@pytest.fixture(autouse=True)
def _scope(settings: Any) -> Iterator[None]:
    settings.CALL_END_GRACE = 0.0
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with all_tenants():
        yield


@pytest.fixture
def crm() -> Iterator[Simulator]:
    employees = [Employee(number, "Ann", str(number), str(number)) for number in range(150, 160)]
    with Simulator(employees=employees).running() as running:
        yield running


@pytest.fixture
def pbx(crm: Simulator) -> Pbx:
    tenant = make_tenant(timezone="UTC")
    create_integration(
        tenant, "planfix", "Planfix", settings={"url": crm.url}, credentials={"planfix_token": crm.token}
    )
    return make_pbx(tenant)


def finish() -> None:
    for lane in ("calls.finish", "calls.notify", "calls.notify"):
        drain(lane, timezone.now() + timedelta(minutes=1))


@pytest.mark.parametrize("name", EXTERNAL)
def test_every_captured_call_that_ended_is_one_entry(pbx: Pbx, crm: Simulator, name: str) -> None:
    call = play(pbx, name)
    finish()

    assert crm.wait_until(lambda: all(request.status == 200 for request in crm.requests))
    if not call.client_number or call.ended_at is None:
        assert crm.journal == []  # nobody to write it to, or its end was never told
        return
    assert list(CallNotification.objects.exclude(state="done").exclude(state="cancelled").values()) == []
    [entry] = crm.journal
    assert (entry.callid, entry.type, entry.duration) == (call.external_id, call.direction, call.talk_seconds)
    assert (entry.status == "Success") == (call.answered_at is not None)


def test_cards_ring_at_a_group_and_close_when_one_answers(pbx: Pbx, crm: Simulator) -> None:
    played = posts("ring_group")
    rings = [index for index, post in enumerate(played) if post.path == "/dial"]

    store(pbx, played[: rings[-1] + 1])
    drain("calls.fold")
    drain("calls.notify")
    assert len(crm.cards) > 1
    assert {card.state for card in crm.cards} == {"ringing"}

    store(pbx, played[rings[-1] + 1 :], at=timezone.now() - SECONDS_OF_A_CALL)
    drain("calls.fold")
    finish()

    assert {card.state for card in crm.cards} == {"ended"}
    assert len(crm.journal) == 1


def test_who_takes_the_call_is_told_while_it_lasts(pbx: Pbx, crm: Simulator) -> None:
    played = posts("ring_group")
    answer = next(index for index, post in enumerate(played) if post.path == "/bridge")

    store(pbx, played[: answer + 1])
    drain("calls.fold")
    for turn in range(3):
        drain("calls.notify", timezone.now() + timedelta(seconds=5 * turn))

    states = sorted(card.state for card in crm.cards)
    assert states == ["ended"] * (len(states) - 1) + ["talking"]
    [told] = CallNotification.objects.filter(kind="answer")
    [talking] = [card for card in crm.cards if card.state == "talking"]
    assert (told.state, told.variant, told.extensions) == ("done", talking.ext, [talking.ext])
    assert crm.journal == []

    store(pbx, played[answer + 1 :], at=timezone.now() - SECONDS_OF_A_CALL)
    drain("calls.fold")
    finish()
    assert len(crm.journal) == 1
    assert CallNotification.objects.filter(kind="answer").count() == 1


def test_answer_that_comes_after_the_end_is_not_told(pbx: Pbx, crm: Simulator) -> None:
    played = posts("ring_group")
    answer = next(index for index, post in enumerate(played) if post.path == "/bridge")
    store(pbx, played[: answer + 1])
    drain("calls.fold")
    store(pbx, played[answer + 1 :])
    drain("calls.fold")
    finish()

    [late] = CallNotification.objects.filter(kind="answer")
    assert (late.state, late.reason_code) == ("cancelled", "ended_since")
    assert "ACCEPTED" not in {event.event for event in crm.events}
    assert {card.state for card in crm.cards} <= {"ended"}


def test_nothing_is_told_twice(pbx: Pbx, crm: Simulator) -> None:
    call = play(pbx, "inbound_answered")
    finish()
    before = (notifications(call), len(crm.events))

    store(pbx, posts("inbound_answered"))
    drain("calls.fold")
    finish()

    assert (notifications(call), len(crm.events)) == before
