"""A simulated exchange, the company whose exchange it is, and a listener that hears it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from telephony.ami.simulator import AmiSimulator
from telephony.listening import line as lines
from telephony.listening.keeper import Keeper
from telephony.management.commands import pbx_listen
from telephony.models import CallEvent, Pbx, PbxStatus
from telephony.tests.factories import make_access, make_pbx
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant

SECONDS = 20.0


def wait_until(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@contextmanager
def listening() -> Iterator[Keeper]:
    """A listener in a thread of its own, as the command runs it, at twenty turns a second."""
    stop, made, ready = threading.Event(), [], threading.Event()

    def work() -> None:
        made.append(Keeper())
        ready.set()
        try:
            pbx_listen.listen(made[0], stop)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait(SECONDS)
    try:
        yield made[0]
    finally:
        stop.set()
        thread.join(SECONDS)


def stored(pbx: Pbx, *kinds: str) -> list[CallEvent]:
    with all_tenants():
        found = CallEvent.objects.filter(pbx=pbx).order_by("created_at", "id")
        return list(found.filter(kind__in=kinds) if kinds else found)


def status_of(pbx: Pbx) -> PbxStatus:
    with all_tenants():
        return PbxStatus.objects.filter(pbx=pbx).first() or PbxStatus(pbx=pbx)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between tries and turns that no test has to wait for."""
    monkeypatch.setattr(pbx_listen, "TURN_SECONDS", 0.05)
    monkeypatch.setattr(lines, "pause", lambda reason, failures: 0.05)


@pytest.fixture
def exchange(settings) -> Iterator[AmiSimulator]:
    settings.EGRESS_ALLOW = "127.0.0.1/32"
    with AmiSimulator() as simulator:
        yield simulator


@pytest.fixture
def pbx(transactional_db, exchange: AmiSimulator) -> Pbx:
    pbx = make_pbx(make_tenant())
    make_access(pbx, exchange.port)
    return pbx
