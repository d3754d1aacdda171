"""Calls, the rules that fit them, and what a simulated RetailCRM has afterwards."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations import live
from integrations.connectors.retailcrm.simulator import Simulator
from integrations.models import Breaker, Integration
from integrations.tests.factories import make_integration
from telephony import policies
from telephony.actions.retry_notifications import retry_notifications
from telephony.models import Call, CallNotification, ClientTask, Line, Pbx
from telephony.tests.factories import make_pbx, play, posts, store
from telephony.tests.rules import finish, make_line, make_rule, told
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db

DID = "+375173001006"
TASK = {"creates_task": True}
EVERYTHING = {
    "creates_contact": True,
    "creates_lead": True,
    "creates_task": True,
    "name_template": "{line}: {number}",
}


@pytest.fixture(autouse=True)
def _scope(settings: Any) -> Iterator[None]:
    settings.CALL_END_GRACE = 0.0
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with all_tenants():
        yield


@pytest.fixture
def pbx() -> Pbx:
    return make_pbx(make_tenant(timezone="UTC", language="en"))


@pytest.fixture
def crm() -> Iterator[Simulator]:
    with Simulator(codes={"150": 19, "151": 18}, customers=(), limits_rate=False).running() as running:
        yield running


@pytest.fixture
def integration(pbx: Pbx, crm: Simulator) -> Integration:
    return make_integration(pbx.tenant, url=crm.url)


def test_without_a_rule_nothing_is_made(pbx: Pbx, crm: Simulator, integration: Integration) -> None:
    play(pbx, "inbound_missed")
    finish()

    assert told() == {"upload": ("done", "")}
    assert (crm.tasks, list(crm.shop.customers.rows), list(crm.shop.orders.rows)) == ([], [], [])


def test_missed_call_of_a_stranger(pbx: Pbx, crm: Simulator, integration: Integration) -> None:
    make_line(pbx.tenant, DID, name="Sales")
    rule = make_rule(pbx.tenant, **EVERYTHING)
    call = play(pbx, "inbound_missed")
    finish()

    assert told() == {
        "upload": ("done", ""),
        "rule": ("done", ""),
        "contact": ("done", ""),
        "lead": ("done", ""),
        "task": ("done", ""),
    }
    [customer], [order], [task] = crm.shop.customers.rows.values(), crm.shop.orders.rows.values(), crm.tasks
    assert customer["firstName"] == f"Sales: {call.client_number}"
    assert (order["customer"], order["orderMethod"]) == ({"id": customer["id"]}, "missed-call")
    assert (task["customer"], task["order"]) == ({"id": customer["id"]}, {"id": order["id"]})
    at = call.started_at.strftime("%d.%m.%Y %H:%M")
    assert task["text"] == f"Call back {call.client_number}: missed call on {at}, line Sales"
    asked = CallNotification.objects.get(kind="rule")
    assert (asked.details["rule"], asked.details["is_known"]) == (str(rule.pk), False)
    [kept] = ClientTask.objects.all()
    assert (kept.client_number, kept.call_id, kept.closed_at) == (call.client_number, call.pk, None)


def test_nothing_is_made_twice_whatever_is_repeated(
    pbx: Pbx, crm: Simulator, integration: Integration
) -> None:
    make_rule(pbx.tenant, **EVERYTHING)
    play(pbx, "inbound_missed")
    finish()
    store(pbx, posts("inbound_missed"))
    drain("calls.fold")
    CallNotification.objects.filter(kind__in=("contact", "lead", "task")).update(state="failed")
    retry_notifications(list(CallNotification.objects.values_list("pk", flat=True)))
    finish()

    assert [len(rows) for rows in (crm.shop.customers.rows, crm.shop.orders.rows, crm.tasks)] == [1, 1, 1]
    assert set(told().values()) == {("done", "")}
    assert ClientTask.objects.count() == 1


def test_one_task_is_open_until_somebody_talked_to_the_client(
    pbx: Pbx, crm: Simulator, integration: Integration
) -> None:
    make_rule(pbx.tenant, **TASK)
    now = timezone.now()
    first = play(pbx, "inbound_missed", at=now - timedelta(hours=3))
    finish()
    second = play(pbx, "inbound_missed", at=now - timedelta(hours=2), suffix="-2")
    finish()

    assert first.client_number == second.client_number
    states = dict(CallNotification.objects.filter(kind="task").values_list("call_id", "reason_code"))
    assert states == {first.pk: "", second.pk: "task_open"}
    assert [task["complete"] for task in crm.tasks] == [False]

    answered = play(pbx, "inbound_answered", at=now - timedelta(hours=1), suffix="-3")
    Call.objects.filter(pk=answered.pk).update(client_number=first.client_number)
    finish()

    done = CallNotification.objects.get(kind="task_done")
    assert (done.state, done.call_id, done.outside_id) == ("done", answered.pk, str(crm.tasks[0]["id"]))
    assert crm.tasks[0]["complete"] is True
    assert crm.tasks[0]["commentary"].startswith("Done: talked on ")
    [kept] = ClientTask.objects.all()
    assert kept.closed_by_id == answered.pk

    play(pbx, "inbound_missed", at=now - timedelta(minutes=30), suffix="-4")
    finish()
    assert [task["complete"] for task in crm.tasks] == [True, False]


def test_who_was_called_back_before_the_crm_was_up_gets_no_task(
    pbx: Pbx, crm: Simulator, integration: Integration
) -> None:
    make_rule(pbx.tenant, **TASK)
    now = timezone.now()
    crm.fail("503", path="/api/v5/telephony/manager")
    missed = play(pbx, "inbound_missed", at=now - timedelta(hours=3))
    finish(turns=1)
    assert told()["rule"][0] == "pending"

    answered = play(pbx, "inbound_answered", at=now - timedelta(hours=1), suffix="-2")
    Call.objects.filter(pk=answered.pk).update(client_number=missed.client_number)
    crm.clear_faults()
    live.forget_all()
    finish(turns=12, ahead=7200)

    task = CallNotification.objects.get(kind="task")
    assert (task.state, task.reason_code, crm.tasks) == ("cancelled", "called_back", [])
    assert not ClientTask.objects.exists()


def test_task_that_waits_for_its_crm_is_dropped_when_the_client_was_reached(
    pbx: Pbx, crm: Simulator, integration: Integration
) -> None:
    make_rule(pbx.tenant, **TASK)
    now = timezone.now()
    crm.fail("503", path="/api/v5/tasks")
    missed = play(pbx, "inbound_missed", at=now - timedelta(hours=3))
    finish(turns=2)
    assert told()["task"][0] == "pending"

    answered = play(pbx, "inbound_answered", at=now - timedelta(hours=1), suffix="-2")
    Call.objects.filter(pk=answered.pk).update(client_number=missed.client_number)
    crm.clear_faults()
    finish(turns=12, ahead=7200)

    assert (told()["task"], told()["task_done"]) == (("cancelled", "called_back"), ("cancelled", "no_task"))
    assert crm.tasks == []


def test_known_client_has_no_second_contact_and_the_rule_can_ask_for_that(
    pbx: Pbx, crm: Simulator, integration: Integration
) -> None:
    make_rule(pbx.tenant, place=1, client="known", creates_task=True, responsible="owner")
    make_rule(pbx.tenant, place=2, client="unknown", creates_contact=True)
    first = play(pbx, "inbound_missed")
    finish()
    assert {kind for kind in told() if kind != "upload"} == {"rule", "contact"}

    [customer] = crm.shop.customers.rows
    crm.shop.change("customers", customer, {"managerId": 18}, is_ours=False)
    play(pbx, "inbound_missed", suffix="-2")
    finish()

    assert CallNotification.objects.filter(kind="contact").count() == 1
    [task] = crm.tasks
    assert (task["performerId"], task["customer"]) == (18, {"id": customer})
    assert first.client_number in task["text"]


def test_order_line_hours_and_direction_choose_the_rule(
    pbx: Pbx, crm: Simulator, integration: Integration
) -> None:
    make_rule(pbx.tenant, place=1, lines=["+375170000000"], creates_lead=True)
    make_rule(pbx.tenant, place=2, direction="out", creates_lead=True)
    make_rule(pbx.tenant, place=3, outcome="answered", creates_lead=True)
    chosen = make_rule(pbx.tenant, place=4, lines=[DID], creates_contact=True)
    make_rule(pbx.tenant, place=5, creates_task=True)
    play(pbx, "inbound_missed")
    finish()

    assert CallNotification.objects.get(kind="rule").details["rule"] == str(chosen.pk)
    assert {kind for kind in told() if kind != "upload"} == {"rule", "contact"}


def test_lines_appear_and_one_that_is_off_is_told_to_nobody(
    pbx: Pbx, crm: Simulator, integration: Integration
) -> None:
    play(pbx, "inbound_missed")
    finish()
    assert list(Line.objects.values_list("number", "is_enabled")) == [(DID, True)]

    Line.objects.update(is_enabled=False)
    policies.forget_all()
    quiet = play(pbx, "inbound_missed", suffix="-2")
    finish()

    assert CallNotification.objects.filter(call=quiet).count() == 0
    assert len(crm.calls) == 1


def test_crm_that_is_down_for_a_day(pbx: Pbx, crm: Simulator, integration: Integration) -> None:
    """What goes into the history comes once when it is back; pop-ups do not come at all."""
    make_rule(pbx.tenant, **EVERYTHING)
    crm.fail("503")
    store(pbx, posts("inbound_missed")[:2])
    drain("calls.fold")
    drain("calls.notify")
    store(pbx, posts("inbound_missed")[2:], at=timezone.now() - timedelta(seconds=60))
    drain("calls.fold")
    for hour in range(0, 26, 2):
        finish(turns=1, ahead=3600.0 * hour + 1)
    assert (crm.events, crm.calls) == ([], [])

    crm.clear_faults()
    Breaker.objects.all().delete()  # it is closed again by time, which does not pass here
    live.forget_all()
    for hour in range(26, 60, 2):
        finish(turns=2, ahead=3600.0 * hour)

    assert crm.popups == []
    assert [len(rows) for rows in (crm.calls, crm.shop.customers.rows, crm.shop.orders.rows, crm.tasks)] == [
        1
    ] * 4


def test_other_companys_rules_and_tasks_stay_theirs(
    pbx: Pbx, crm: Simulator, integration: Integration
) -> None:
    other = make_tenant()
    make_rule(other, **EVERYTHING)
    play(pbx, "inbound_missed")
    finish()

    assert told() == {"upload": ("done", "")}


def test_withheld_numbers_have_no_follow_up(pbx: Pbx, crm: Simulator, integration: Integration) -> None:
    make_rule(pbx.tenant, **EVERYTHING)
    call = play(pbx, "inbound_anonymous")
    finish()

    assert call.client_number == ""
    assert set(told()) <= {"upload"}
