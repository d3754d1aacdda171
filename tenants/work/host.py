"""Celery runs the lanes: a worker keeps a runner for every lane of the queues it consumes."""

import logging
import sys
import time
from collections.abc import Sequence
from typing import Any

from celery.signals import celeryd_after_setup, worker_shutdown, worker_shutting_down
from django.utils.module_loading import autodiscover_modules

from tenants.changes import follower
from tenants.work import pools
from tenants.work.bell import Bell
from tenants.work.dialect import dialect
from tenants.work.lanes import lanes
from tenants.work.lookout import Lookout
from tenants.work.runner import Runner
from tenants.work.wake import heard, runners

logger = logging.getLogger(__name__)
SWITCH_SECONDS = 0.001
STOP_SECONDS = (
    10.0  # the supervisor kills after twelve; what is cut off becomes due again when its lease ends
)
_bells: list[Bell] = []
_lookouts: list[Lookout] = []


def start(queues: Sequence[str]) -> None:
    """Start a runner for every lane of these queues in this process."""
    # A row passes through several threads, and each waits for the interpreter behind whoever computes, by default up to
    # 5 ms a time.
    sys.setswitchinterval(SWITCH_SECONDS)
    autodiscover_modules("lanes")
    follower.begin()
    for lane in lanes(queues):
        if lane.name not in runners or not runners[lane.name].is_alive():
            runners[lane.name] = Runner(lane)
            runners[lane.name].start()
    _bells.append(Bell(sorted(runners), heard))
    _bells[-1].hang()
    if not dialect().is_postgres:
        _lookouts.append(Lookout(sorted(runners), heard))
        _lookouts[-1].start()
    logger.info("working on %s", ", ".join(sorted(runners)))


def stop(seconds: float = STOP_SECONDS) -> None:
    """Stop all runners; what is under way may finish within that time."""
    _tell()
    deadline = time.monotonic() + seconds
    for name, runner in runners.items():
        if not runner.stop(max(deadline - time.monotonic(), 0.0)):
            logger.warning("lane %s: still busy; its rows become due again when their leases end", name)
    pools.close()
    follower.end()


def _tell() -> None:
    for bell in _bells:
        bell.take_down()
    for lookout in _lookouts:
        lookout.stop()
    for runner in runners.values():
        runner.stop(0)


@celeryd_after_setup.connect
def _on_setup(instance: Any, **kwargs: object) -> None:
    # Not worker_ready, which waits for the broker: rows are worked on without one, too.
    start(list(instance.app.amqp.queues.consume_from))


@worker_shutting_down.connect
def _on_shutting_down(**kwargs: object) -> None:
    # This one arrives inside a signal handler, which must not wait.
    _tell()


@worker_shutdown.connect
def _on_shutdown(**kwargs: object) -> None:
    # Celery's own pool has ended by now. The stopped runners stay known, so that a late wake-up finds them and does
    # not start the work over in its own thread.
    stop()
