"""Leased work in a real Celery worker: woken by messages, stopped in peace, killed without loss."""

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenants.models import Event, Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.tests.lanes import Pooled, queue_rows, registered, wait_for
from tenants.tests.workers import Workers
from tests.claims import alone_with
from tests.processes import PATIENCE_SECONDS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes, pytest.mark.timeout(1500)]

IDLE_SECONDS = (
    600  # without a message it takes that long; with one, however busy the machine is, nothing like it
)
BROKER_SECONDS = 300  # for what another test has to do with the same queues


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(tmp_path)
    yield workers
    workers.end()


@pytest.fixture
def lane() -> Iterator[Pooled]:
    lane = Pooled(name="test.worker", queue="exports")
    with registered(lane):
        yield lane


def recorded() -> int:
    with all_tenants():
        return Event.objects.filter(type="test.done").count()


def stop(worker: subprocess.Popen[bytes]) -> int:
    worker.send_signal(signal.SIGTERM)
    return worker.wait(PATIENCE_SECONDS)


def assert_that_a_message_wakes_the_worker(
    workers: Workers, *, by_bell: bool = False, **environment: str
) -> None:
    tenant = make_tenant()
    worker = workers.started(takes_messages=not by_bell, TEST_IDLE_SECONDS=str(IDLE_SECONDS), **environment)
    if not by_bell:
        shutil.rmtree(workers.folder / "run" / "bells")

    queued_at = workers.queue_elsewhere(tenant, 3)

    assert recorded() == 3
    acted_at = [float(line.split()[1]) for line in workers.acted()]
    assert max(acted_at) - queued_at < IDLE_SECONDS / 5
    assert stop(worker) == 0


def test_a_message_in_a_file_wakes_the_worker(workers, tmp_path):
    assert_that_a_message_wakes_the_worker(workers, BROKER_URL="filesystem://")

    assert list((tmp_path / "broker" / "queue").iterdir()) == []


def test_a_bell_wakes_the_worker_without_a_broker(workers, tmp_path):
    bells = tmp_path / "run" / "bells"
    bells.mkdir(parents=True)
    killed = bells / "1.test.worker"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left_behind:
        left_behind.bind(str(killed))

    assert_that_a_message_wakes_the_worker(
        workers, by_bell=True, BROKER_URL="amqp://guest:guest@127.0.0.1:1//"
    )

    assert list(bells.iterdir()) == []


@pytest.mark.services
def test_a_message_from_rabbitmq_wakes_the_worker(workers, amqp_url):
    with alone_with(amqp_url, BROKER_SECONDS):
        assert_that_a_message_wakes_the_worker(workers, BROKER_URL=amqp_url)


@pytest.mark.services
def test_a_message_from_redis_wakes_the_worker(workers, redis_url):
    with alone_with(redis_url, BROKER_SECONDS):
        assert_that_a_message_wakes_the_worker(workers, BROKER_URL=redis_url)


def test_work_goes_on_without_a_broker_from_the_first_second(workers, lane):
    tenant = make_tenant()
    queue_rows(lane, tenant, 20)

    worker = workers.start(BROKER_URL="amqp://guest:guest@127.0.0.1:1//")

    wait_for(lambda: recorded() == 20, "20 recorded rows", PATIENCE_SECONDS)
    assert stop(worker) in (0, 1)


def test_a_stopped_worker_finishes_what_it_holds_and_takes_nothing_new(workers, lane, tmp_path):
    tenant = make_tenant()
    (tmp_path / "hold").touch()
    queue_rows(lane, tenant, 10)
    worker = workers.started()  # before that the signal would just end it
    wait_for(lambda: len(workers.acted()) == 4, "four rows in work", PATIENCE_SECONDS)

    worker.send_signal(signal.SIGTERM)
    wait_for(lambda: "shutdown" in workers.log(), "the signal's arrival", PATIENCE_SECONDS)
    (tmp_path / "hold").unlink()

    assert worker.wait(PATIENCE_SECONDS) == 0
    assert recorded() == 4
    assert Work.objects.filter(lease=None, attempts=0).count() == 6
    assert len(workers.acted()) == 4


def test_a_killed_worker_loses_nothing(workers, lane):
    tenant = make_tenant()
    subjects = queue_rows(lane, tenant, 300)
    first = workers.start()
    wait_for(lambda: recorded() > 30, "the first records", PATIENCE_SECONDS)

    first.kill()
    first.wait()
    left = Work.objects.count()
    workers.start()

    wait_for(lambda: recorded() == 300, "300 records", PATIENCE_SECONDS)
    assert left > 0
    assert not Work.objects.exists()
    with all_tenants():
        assert set(Event.objects.values_list("key", flat=True)) == {str(subject) for subject in subjects}
    # Only what was in its hands may have been done a second time.
    assert len(workers.acted()) <= 304


def test_two_workers_share_the_rows(workers, lane):
    tenant = make_tenant()
    queue_rows(lane, tenant, 200)

    workers.start()
    workers.start()

    wait_for(lambda: recorded() == 200, "200 records", PATIENCE_SECONDS)

    assert len(workers.acted()) == 200
