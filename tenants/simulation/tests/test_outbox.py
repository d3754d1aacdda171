"""What a system sends by itself: once and in order, unless it was ordered otherwise."""

import threading

import pytest

from tenants.simulation import Fault, Kind, Outbox
from tenants.simulation.faults import Faults

URL = "http://127.0.0.1/hook"


@pytest.fixture
def faults():
    return Faults()


@pytest.fixture
def outbox(faults):
    made = Outbox(faults)
    yield made
    made.close()


def send(outbox, sent, name):
    return outbox.send(URL, lambda: sent.append(name) or "sent", "not sent")


def test_everything_is_sent_once_and_in_order(outbox):
    sent: list[str] = []

    assert [send(outbox, sent, name) for name in "abc"] == ["sent"] * 3
    assert sent == ["a", "b", "c"]


def test_twice_late_and_lost(outbox, faults):
    sent: list[str] = []
    faults.add(Fault(Kind.TWICE))
    faults.add(Fault(Kind.LATE, seconds=60))
    faults.add(Fault(Kind.LOST))

    answers = [send(outbox, sent, name) for name in "abcd"]

    assert answers == ["sent", "not sent", "not sent", "sent"]
    assert sent == ["a", "a", "d", "b"]


def test_the_last_one_is_late_without_a_next_one(outbox, faults):
    arrived = threading.Event()
    faults.add(Fault(Kind.LATE, seconds=0.01))

    assert outbox.send(URL, arrived.set, None) is None
    assert arrived.wait(60)


def test_only_what_goes_to_that_path(outbox, faults):
    sent: list[str] = []
    faults.add(Fault(Kind.LOST, path="/elsewhere", times=None))

    assert send(outbox, sent, "a") == "sent"


def test_what_is_held_back_is_not_sent_after_the_end(outbox, faults):
    sent: list[str] = []
    faults.add(Fault(Kind.LATE, seconds=60, times=2))
    send(outbox, sent, "a")

    outbox.close()
    send(outbox, sent, "b")
    send(outbox, sent, "c")

    assert sent == ["c"]
