"""Two workers with events of the same call: one call, one notification each; and what a batch costs."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import Integration
from integrations.tests.factories import make_integration
from telephony.actions.finish_calls import finish_calls
from telephony.actions.fold_calls import fold_calls
from telephony.actions.missed_clients import follow_up
from telephony.models import Call, CallEvent, CallNotification, CallParticipant, Line, MissedClient, Pbx
from telephony.tests.factories import make_call, make_pbx, posts, store
from tenants.models import Event
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with all_tenants():
        yield


@pytest.fixture
def pbx() -> Pbx:
    return make_pbx(make_tenant())


@pytest.fixture
def integration(pbx: Pbx) -> Integration:
    return make_integration(pbx.tenant)


def run_together(jobs: list[list[CallEvent]]) -> None:
    """Each job's events folded in a thread of its own, all started at the same moment."""
    barrier = threading.Barrier(len(jobs))

    def work(events: list[CallEvent]) -> None:
        barrier.wait()
        try:
            with all_tenants():
                for event in events:
                    fold_calls([event.pk])
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(work, job) for job in jobs]:
            done.result()


@pytest.mark.parametrize("name", ["inbound_answered", "transfer_attended", "click2call_cli", "pickup"])
def test_workers_that_share_a_call_make_one(pbx: Pbx, integration: Integration, name: str) -> None:
    for number in range(4):
        store(pbx, posts(name, f"-{number}"))
    events = list(CallEvent.objects.order_by("id"))

    run_together([events[place::3] for place in range(3)])

    assert Call.objects.filter(merged_into__isnull=True).count() == 4
    assert CallEvent.objects.filter(call__isnull=True).count() == 0
    assert CallEvent.objects.filter(call__merged_into__isnull=False).count() == 0
    assert Event.objects.filter(type="call.started").count() == 4
    assert Event.objects.filter(type="call.answered").count() == 4
    for call in Call.objects.filter(merged_into__isnull=True):
        assert (call.status, call.event_count) == ("answered", CallEvent.objects.filter(call=call).count())


def queries_for(pbx: Pbx, names: list[str], suffix: str) -> int:
    for number, name in enumerate(names):
        store(pbx, posts(name, f"-{suffix}{number}"), at=timezone.now())
    ids = list(CallEvent.objects.filter(call__isnull=True).values_list("id", flat=True))
    with CaptureQueriesContext(connection) as queries:
        fold_calls(ids)
    return len(queries)


def test_a_batch_costs_the_same_queries_however_many_calls(pbx: Pbx, integration: Integration) -> None:
    queries_for(pbx, ["ring_group"], "warm")

    one = queries_for(pbx, ["ring_group"], "a")
    many = queries_for(
        pbx, ["ring_group", "inbound_missed", "outbound_answered", "transfer_attended"] * 3, "b"
    )

    assert one == many <= 16


def test_closing_costs_the_same_queries_however_many_calls(
    pbx: Pbx, integration: Integration, settings: Any
) -> None:
    settings.CALL_END_GRACE = 0.0
    counts = []
    for turn, size in enumerate((1, 1, 12)):
        for number in range(size):
            store(pbx, posts("inbound_missed", f"-{turn}-{number}"), at=timezone.now() - timedelta(minutes=1))
        fold_calls(list(CallEvent.objects.filter(call__isnull=True).values_list("id", flat=True)))
        ids = list(Call.objects.filter(finished_at__isnull=True).values_list("id", flat=True))
        with CaptureQueriesContext(connection) as queries:
            finish_calls(ids)
        counts.append(len(queries))

    # The first call on a line makes the line's row.
    assert counts[0] - 1 == counts[1] == counts[2]
    assert CallNotification.objects.filter(kind="upload").count() == 14
    assert CallParticipant.objects.count() == 14
    assert [(one.number, one.name) for one in Line.objects.all()] == [("+375173001006", "")]


def test_a_flood_under_one_id_stays_bounded(pbx: Pbx, monkeypatch: pytest.MonkeyPatch) -> None:
    for reader in ("fold_calls", "gathering"):
        monkeypatch.setattr(f"telephony.actions.{reader}.MAX_EVENTS", 4)
    store(pbx, posts("transfer_attended"))
    events = list(CallEvent.objects.order_by("id"))

    for event in events:
        fold_calls([event.pk])

    assert CallEvent.objects.filter(call=Call.objects.get()).count() == len(events)
    assert 4 <= Call.objects.get().event_count < len(events)


def test_calls_of_one_client_that_end_at_once_make_one_row() -> None:
    """Each worker sees no open row at first; whoever comes second takes the other's."""
    pbx = make_pbx(make_tenant(timezone="UTC"))
    now = timezone.now()
    calls = [
        make_call(pbx, at=now - timedelta(minutes=number), client_number="+375291110001")
        for number in range(8)
    ]
    barrier = threading.Barrier(len(calls))

    def work(call: Call) -> None:
        barrier.wait()
        try:
            with all_tenants():
                follow_up([call])
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        for done in [pool.submit(work, call) for call in calls]:
            done.result()

    (row,) = MissedClient.objects.all()
    assert (row.count, row.first_missed_at, row.last_missed_at) == (
        8,
        calls[-1].started_at,
        calls[0].started_at,
    )
