"""Who computes long gives way to whoever is ready: measured on a processor that two share."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import courtesy
from config.courtesy import FACTOR, LONGEST_SECONDS, LOOK_SECONDS, Courtesy


@pytest.fixture
def waits(monkeypatch):
    """Seconds that the thread is said to have waited, and the pauses that it made."""
    said: list[float] = [0.0]
    pauses: list[float] = []
    monkeypatch.setattr(courtesy, "waited_seconds", lambda: said[0])
    monkeypatch.setattr(courtesy.time, "sleep", pauses.append)
    return said, pauses


def look_again(one: Courtesy) -> float:
    one._looked_at -= LOOK_SECONDS
    return one.give_way()


def test_nobody_pauses_who_did_not_wait(waits):
    one = Courtesy()

    assert look_again(one) == 0


def test_a_pause_is_some_times_the_wait_and_each_wait_counts_once(waits):
    said, pauses = waits
    one = Courtesy()

    said[0] = 0.01
    assert look_again(one) == pytest.approx(0.01 * FACTOR)
    assert look_again(one) == 0
    said[0] = 10
    assert look_again(one) == LONGEST_SECONDS
    assert [round(pause, 6) for pause in pauses] == [0.04, 0, 0.25]


def test_it_looks_no_more_often_than_it_has_to(waits):
    said, pauses = waits
    one = Courtesy()
    said[0] = 10

    assert one.give_way() == 0
    assert pauses == []


def test_where_the_system_does_not_tell_nothing_pauses(monkeypatch):
    monkeypatch.setattr(courtesy, "_STATISTICS", Path("/proc/thread-self/none"))

    assert courtesy.waited_seconds() == 0


def test_the_scheduler_tells_of_a_processor_that_is_shared():
    code = "import os; os.sched_setaffinity(0, {int(os.environ['CPU'])})\nprint(flush=True)\nwhile True: pass"
    mine = os.sched_getaffinity(0)
    processor = min(mine)
    other = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "CPU": str(processor)}, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None
        other.stdout.readline()
        os.sched_setaffinity(0, {processor})
        before, deadline = courtesy.waited_seconds(), time.monotonic() + 60
        while courtesy.waited_seconds() - before < 0.05:
            assert time.monotonic() < deadline, "this thread never had to wait"
    finally:
        os.sched_setaffinity(0, mine)
        other.kill()
        other.wait()
