"""Precedence between the lanes of one process: what is urgent waits for nobody, the others wait for it, and not for ever."""

import pytest

from tenants.models import Tenant
from tenants.tests.factories import make_tenant
from tenants.tests.lanes import Pooled, queue_rows, registered, wait_for
from tenants.work import Outcome, precedence

pytestmark = pytest.mark.django_db(transaction=True)


class Ringing(Pooled):
    name = "test.ringing"
    is_urgent = True


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


def test_who_is_not_urgent_waits_until_the_urgent_is_done(tenant, run, monkeypatch):
    monkeypatch.setattr(precedence, "LONGEST_SECONDS", 600)
    ringing, other = Ringing(), Pooled()
    with registered(ringing), registered(other):
        with precedence.precedence.taken():
            run(other)
            run(ringing)
            queue_rows(other, tenant)
            queue_rows(ringing, tenant)

            wait_for(lambda: ringing.notes.recorded, "the urgent lane's outcome")
            assert not other.notes.acted

        wait_for(lambda: other.notes.recorded, "the other lane's outcome, afterwards")


def test_nobody_waits_for_ever(tenant, run):
    other = Pooled()
    with registered(other), precedence.precedence.taken():
        queue_rows(other, tenant)
        run(other)

        wait_for(lambda: other.notes.recorded, "the outcome, beside urgent work that never ends")


def test_an_urgent_lane_writes_in_a_quiet_moment_what_may_wait(tenant, run, monkeypatch):
    monkeypatch.setattr(precedence, "LONGEST_SECONDS", 600)
    gate = run.gate()
    lane = Ringing(lambda row: gate.wait(60) and Outcome.done(row), settle_seconds=0.001)
    with registered(lane):
        queue_rows(lane, tenant)
        runner = run(lane)
        wait_for(lambda: lane.notes.acted, "the row in work")

        with precedence.precedence.taken():
            gate.set()
            wait_for(lambda: runner._outcomes, "the finished row")
            assert not lane.notes.recorded

        wait_for(lambda: lane.notes.recorded, "the outcome")
