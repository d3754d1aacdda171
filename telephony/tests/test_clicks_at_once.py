"""Clicks, workers and limits at the same moment: never two calls for one click, never one more than is allowed."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from telephony.actions.send_click import send_click
from telephony.ami import acting
from telephony.ami.packets import text
from telephony.ami.simulator import AmiSimulator
from telephony.models import OriginateRequest, Pbx
from telephony.tests.clicking import CLIENT, click, limits, make_company
from tenants.scoping import all_tenants

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 6


@pytest.fixture
def exchange(settings: Any) -> Iterator[AmiSimulator]:
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with AmiSimulator() as simulator:
        yield simulator
    acting.close_all()


@pytest.fixture
def pbx(exchange: AmiSimulator) -> Pbx:
    return make_company(exchange, *(str(150 + number) for number in range(AT_ONCE)))


def together(work: Callable[[int], Any]) -> list[Any]:
    """Each in a thread of its own, all started at the same moment."""
    barrier = threading.Barrier(AT_ONCE)

    def one(place: int) -> Any:
        barrier.wait()
        try:
            return work(place)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [done.result() for done in [pool.submit(one, place) for place in range(AT_ONCE)]]


def reasons(found: list[OriginateRequest]) -> Counter[str]:
    return Counter(row.reason_code or row.state for row in found)


def test_impatient_clicks_are_one_call(pbx: Pbx) -> None:
    found = together(lambda place: click(pbx.tenant))

    assert reasons(found) == {"queued": 1, "repeated": AT_ONCE - 1}


def test_one_cause_told_many_times_is_one_row(pbx: Pbx) -> None:
    found = together(lambda place: click(pbx.tenant, key="hook:1"))

    assert len({row.pk for row in found}) == 1


def test_the_last_call_that_is_allowed_is_given_once(pbx: Pbx) -> None:
    limits(pbx.tenant, per_minute=2)

    found = together(lambda place: click(pbx.tenant, f"{CLIENT[:-1]}{place}", str(150 + place)))

    assert reasons(found) == {"queued": 2, "tenant_minute": AT_ONCE - 2}


def test_workers_that_share_a_click_send_it_once(exchange: AmiSimulator, pbx: Pbx) -> None:
    request = click(pbx.tenant)

    def work(place: int) -> None:
        with all_tenants():
            send_click(request.pk)

    together(work)

    assert [text(one, "ChannelId") for one in exchange.asked("Originate")] == [request.channel]
