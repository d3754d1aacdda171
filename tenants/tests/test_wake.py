"""Wake-ups: many become one, none is sent to nobody, a dead broker is told once and hurts nobody."""

import threading
from functools import partial

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from config.broker import MAX_LENGTH
from config.celery import app
from tenants import tasks
from tenants.heartbeats import beat, is_alive
from tenants.models import Heartbeat, StoredAnswer
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.tests.lanes import Pooled, queue_rows, registered, wait_for
from tenants.work import wake
from tenants.work.wake import Publisher, runners


@pytest.fixture
def lane():
    lane = Pooled()
    with registered(lane):
        yield lane


@pytest.fixture
def sent(monkeypatch):
    sent: list[str] = []
    monkeypatch.setattr(
        tasks.wake_lane, "apply_async", lambda arguments, **options: sent.append(arguments[0])
    )
    return sent


@pytest.fixture
def publisher(monkeypatch):
    publisher = Publisher()
    monkeypatch.setattr(publisher, "_is_anybody_there", lambda queue: True)
    return publisher


def test_many_wake_ups_become_few_messages(lane, publisher, sent, monkeypatch):
    entered, gate = threading.Event(), threading.Event()

    def slow(arguments, **options):
        sent.append(arguments[0])
        entered.set()
        gate.wait(60)

    monkeypatch.setattr(tasks.wake_lane, "apply_async", slow)
    publisher.add(lane.name)
    assert entered.wait(60)
    for _ in range(1000):
        publisher.add(lane.name)
    gate.set()

    wait_for(lambda: len(sent) == 2 and not publisher._pending, "the second message")


def test_a_dead_broker_is_told_once_and_its_return_too(lane, publisher, monkeypatch, caplog):
    errors = [OperationalError("refused"), OSError("no route"), ValueError("damaged file")]
    calls = []

    def send(arguments, **options):
        calls.append(1)
        if errors:
            raise errors.pop(0)

    def has(count):
        return len(calls) == count

    monkeypatch.setattr(tasks.wake_lane, "apply_async", send)
    for count in range(1, 5):
        publisher.add(lane.name)
        wait_for(partial(has, count), f"call {count}")

    wait_for(lambda: "answers again" in caplog.text, "the all-clear")
    assert caplog.text.count("does not answer") == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_there", [False, True])
def test_messages_are_sent_only_where_a_worker_is(lane, sent, is_there):
    if is_there:
        beat("worker:upkeep", "test")
    publisher = Publisher()

    publisher.add(lane.name)

    wait_for(lambda: "upkeep" in publisher._presence, "a look at the signs of life")
    wait_for(lambda: not is_there or sent, "the message")
    assert sent == [lane.name] * is_there


@pytest.mark.django_db
def test_a_rolled_back_transaction_wakes_nobody(
    lane, settings, monkeypatch, django_capture_on_commit_callbacks
):
    tenant = make_tenant()
    with django_capture_on_commit_callbacks() as callbacks:
        with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
            queue_rows(lane, tenant)
            1 / 0  # noqa: B018
        assert callbacks == []
        queue_rows(lane, tenant)

    assert len(callbacks) == 1


def test_inside_a_worker_the_runner_is_told_directly(lane, monkeypatch):
    woken = threading.Event()
    monkeypatch.setitem(runners, lane.name, type("Told", (), {"wake": lambda self: woken.set()})())

    wake(lane.name)
    assert woken.is_set()

    woken.clear()
    tasks.wake_lane(lane.name)
    assert woken.is_set()


@pytest.mark.django_db
def test_a_worker_without_the_runner_does_the_work_itself(lane):
    queue_rows(lane, make_tenant(), 3)

    tasks.wake_lane(lane.name)

    assert len(lane.notes.recorded) == 3


@pytest.mark.django_db
def test_the_sweep_wakes_lanes_with_due_rows_only(lane, monkeypatch):
    woken: list[str] = []
    monkeypatch.setattr(tasks, "wake", woken.append)
    tasks.sweep()
    assert woken == []

    queue_rows(lane, make_tenant())
    tasks.sweep()

    assert woken == [lane.name]


@pytest.mark.django_db
def test_the_forgetting(lane):
    from datetime import timedelta

    from django.utils import timezone

    tenant = make_tenant()
    with all_tenants():
        old = StoredAnswer.objects.create(tenant=tenant, key="old", request_digest="")
        StoredAnswer.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=25))
        StoredAnswer.objects.create(tenant=tenant, key="new", request_digest="")
    beat("worker:upkeep", "new")
    Heartbeat.objects.create(name="old", kind="x", seen_at=timezone.now() - timedelta(hours=2))

    tasks.forget()

    with all_tenants():
        assert [answer.key for answer in StoredAnswer.objects.all()] == ["new"]
    assert Heartbeat.objects.count() == 1


@pytest.mark.django_db
def test_signs_of_life_go_stale():
    from datetime import timedelta

    from django.utils import timezone

    beat("beat")
    beat("beat")
    assert Heartbeat.objects.count() == 1
    assert is_alive("beat")

    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(minutes=1))

    assert not is_alive("beat")


def messages():
    from config.env import DATA_DIR

    return sorted((DATA_DIR / "broker" / "queue").iterdir())


@pytest.fixture
def channel():
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        channel._purge("exports")
        yield channel
        channel._purge("exports")


def test_a_file_message_comes_back_whole_and_in_order_and_leaves_nothing(channel):
    for number in range(5):
        channel._put("exports", {"number": number})
    assert len(messages()) == 5

    assert [channel._get("exports")["number"] for _ in range(5)] == list(range(5))
    assert messages() == []


def test_a_queue_of_files_is_bounded(channel):
    for number in range(MAX_LENGTH + 20):
        channel._put("exports", {"number": number})

    assert channel._size("exports") == MAX_LENGTH


def test_a_damaged_file_is_thrown_away(channel, caplog):
    channel._put("exports", {"number": 1})
    messages()[0].write_text("{")
    channel._put("exports", {"number": 2})

    assert channel._get("exports") == {"number": 2}
    assert "damaged" in caplog.text


def test_two_readers_never_get_the_same_message(channel):
    from queue import Empty

    for number in range(200):
        channel._put("exports", {"number": number})
    got: list[int] = []
    barrier = threading.Barrier(4)

    def read() -> None:
        barrier.wait()
        while True:
            try:
                got.append(channel._get("exports")["number"])
            except Empty:
                return

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(got) == list(range(200))
