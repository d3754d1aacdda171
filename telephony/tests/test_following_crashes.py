"""The ledger of what is made after calls: workers that die between a CRM's answer and the commit, and several at once."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.utils import timezone

from integrations.connectors.retailcrm.simulator import Simulator
from integrations.tests.factories import make_integration
from telephony.actions.notify_crm import load, notify_crm, record_told
from telephony.models import CallNotification, ClientTask, NotificationState, Pbx
from telephony.tests.factories import make_pbx, play
from telephony.tests.rules import finish, make_rule, told
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db(transaction=True)

EVERYTHING = {"creates_contact": True, "creates_lead": True, "creates_task": True}
KINDS = ("upload", "rule", "contact", "lead", "task")


@pytest.fixture(autouse=True)
def _scope(settings: Any) -> Iterator[None]:
    settings.CALL_END_GRACE = 0.0
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with all_tenants():
        yield


@pytest.fixture
def crm() -> Iterator[Simulator]:
    with Simulator(codes={"150": 19}, customers=(), limits_rate=False).running() as running:
        yield running


@pytest.fixture
def pbx(crm: Simulator) -> Pbx:
    pbx = make_pbx(make_tenant(timezone="UTC", language="en"))
    make_integration(pbx.tenant, url=crm.url)
    make_rule(pbx.tenant, **EVERYTHING)
    return pbx


def made(crm: Simulator) -> list[int]:
    return [len(rows) for rows in (crm.calls, crm.shop.customers.rows, crm.shop.orders.rows, crm.tasks)]


def test_worker_that_dies_after_each_answer_doubles_nothing(pbx: Pbx, crm: Simulator) -> None:
    """Each try reaches the CRM once without being written down, as if the machine had stopped there; then once more."""
    play(pbx, "inbound_missed")
    drain("calls.finish", timezone.now() + timedelta(minutes=1))
    for _turn in range(12):
        for one in load(
            CallNotification.objects.filter(state="pending").values_list("pk", flat=True)
        ).values():
            notify_crm(one, 1)
        drain("calls.notify", timezone.now() + timedelta(hours=1))

    assert set(told()) == set(KINDS)
    assert {state for state, _reason in told().values()} == {"done"}
    assert made(crm) == [1, 1, 1, 1]
    assert CallNotification.objects.get(kind="task").is_duplicate


def test_two_missed_calls_that_are_decided_at_once_have_one_task(pbx: Pbx, crm: Simulator) -> None:
    """Two workers settle the rules of two calls of one client in the same moment: the database lets one task be open."""
    now = timezone.now()
    for number in range(2):
        play(pbx, "inbound_missed", at=now - timedelta(hours=number + 1), suffix=f"-{number}")
    drain("calls.finish", now + timedelta(minutes=1))
    rules = list(load(CallNotification.objects.filter(kind="rule").values_list("pk", flat=True)).values())
    results = [notify_crm(one, 1) for one in rules]
    assert [result.state for result in results] == [NotificationState.DONE] * 2
    start = threading.Barrier(2)

    def settle(result: Any) -> None:
        with all_tenants():
            start.wait(60)
            record_told([result])
        connection.close()

    workers = [threading.Thread(target=settle, args=(result,)) for result in results]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    close_old_connections()

    assert ClientTask.objects.count() == 1
    reasons = sorted(CallNotification.objects.filter(kind="task").values_list("state", "reason_code"))
    assert reasons == [("cancelled", "task_open"), ("pending", "")]
    finish()
    assert len(crm.tasks) == 1
