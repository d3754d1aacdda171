"""A Celery worker with a lane for tests, as a process of its own: `celery -A tenants.tests.worker worker -Q exports`.

`python -m tenants.tests.worker TENANT COUNT` queues rows from another process and waits until they are done.
"""

import os
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import cast

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from celery.signals import worker_ready  # noqa: E402

from config.celery import app  # noqa: E402
from tenants.models import Event, Work  # noqa: E402
from tenants.tests.lanes import wait_for  # noqa: E402
from tenants.work import Leased, Outcome, PooledLane, enqueue, lookout, register, runner  # noqa: E402

__all__ = ["app"]

FOLDER = Path(os.environ["TEST_FOLDER"])
runner.IDLE_SECONDS = lookout.LOOK_SECONDS = float(os.environ.get("TEST_IDLE_SECONDS", "0.1"))


class EventLane(PooledLane):
    """Notes every act in a file and every record as an event; while a file `hold` exists, acts wait."""

    name = "test.worker"
    queue = "exports"
    capacity = 4
    lease_seconds = 2

    def act(self, row: Leased) -> Outcome:
        with (FOLDER / "acted").open("a") as file:
            file.write(f"{row.subject} {time.time()}\n")
        wait_for(lambda: not (FOLDER / "hold").exists(), "the end of the hold")
        threading.Event().wait(0.005)
        return Outcome.done(row)

    def record(self, outcomes: list[Outcome]) -> None:
        Event.objects.bulk_create(
            Event(
                tenant_id=cast(int, outcome.row.tenant_id),
                type="test.done",
                data={},
                key=str(outcome.row.subject),
                occurred_at=django.utils.timezone.now(),
            )
            for outcome in outcomes
        )


register(EventLane())


@worker_ready.connect
def say_ready(**kwargs: object) -> None:
    (FOLDER / "ready").touch()


def queue_from_here(tenant_id: int, count: int) -> None:
    enqueue(EventLane.name, [(uuid.uuid4(), tenant_id, str(index), None) for index in range(count)])
    queued_at = time.time()
    wait_for(lambda: not Work.objects.filter(lane=EventLane.name).exists(), "the empty queue")
    print(queued_at)


if __name__ == "__main__":
    queue_from_here(int(sys.argv[1]), int(sys.argv[2]))
