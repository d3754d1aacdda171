"""The delivery lane against real receivers: what arrives, what is written, what happens next."""

import json
import logging
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standardwebhooks import Webhook

from tenants.models import Event, Work
from tenants.work import drain, lane, store
from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.actions.rotate_secret import rotate_secret
from webhooks.lanes.deliver import DeliverLane
from webhooks.models import Attempt, Delivery, EndpointSecret, Payload
from webhooks.tests.factories import deliver, make_endpoint, make_event

DAYS = timedelta(days=2)


def run_later(tries=1):
    """So many further tries of everything that waits, as if two days had passed before each."""
    for number in range(1, tries + 1):
        drain("webhooks.deliver", now=timezone.now() + number * DAYS)


def test_a_delivered_event_is_verified_by_the_reference_library(tenant, receiver):
    _endpoint, secret = make_endpoint(tenant, receiver.url(), headers={"X-Shop": "7", "X-Api-Key": "hidden"})
    event = make_event(tenant, name="Имя ✓")

    assert deliver() == 1

    (got,) = receiver.requests
    assert Webhook(secret).verify(got.body.decode(), got.headers)["data"]["name"] == "Имя ✓"
    assert got.headers["webhook-id"] == str(event.id)
    assert got.headers["webhook-attempt"] == "1"
    assert got.headers["x-shop"] == "7"
    assert got.body == bytes(Payload.objects.get().body)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_status, delivery.reason) == ("done", 1, 200, "")
    assert delivery.next_due is None
    assert delivery.finished_at is not None
    attempt = Attempt.objects.get()
    assert (attempt.n, attempt.trigger, attempt.status, attempt.error, attempt.tenant_id) == (
        1,
        "auto",
        200,
        "",
        tenant.pk,
    )
    assert attempt.response_body == "ok"
    assert "Content-Length: 2" in attempt.response_headers
    assert "X-Shop: 7" in attempt.request_headers
    assert "hidden" not in attempt.request_headers
    assert 0 < attempt.total_ms < 5_000
    assert not Work.objects.exists()


def test_each_retry_sends_the_same_bytes_under_the_same_id_with_a_fresh_signature(
    tenant, receiver, monkeypatch
):
    _endpoint, _secret = make_endpoint(tenant, receiver.url("/status/503"))
    event = make_event(tenant)
    clock = [1_700_000_000.0]
    monkeypatch.setattr("webhooks.lanes.jobs.time", lambda: clock[0])

    deliver()
    clock[0] += 777
    run_later()

    first, second = receiver.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == str(event.id)
    assert (first.headers["webhook-timestamp"], second.headers["webhook-timestamp"]) == (
        "1700000000",
        "1700000777",
    )
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert [attempt.n for attempt in Attempt.objects.order_by("n")] == [1, 2]


def test_a_server_error_is_retried_by_the_whole_schedule_and_then_failed(tenant, receiver, settings):
    settings.WEBHOOK_MAX_RETRIES, settings.WEBHOOK_RETRY_DELAY = 3, 5.0
    make_endpoint(tenant, receiver.url("/status/500"))
    make_event(tenant)

    deliver()
    delivery = Delivery.objects.get()
    due = Work.objects.get().due
    assert (delivery.state, delivery.reason, delivery.attempts) == ("pending", "server_error", 1)
    assert timedelta(seconds=4) < delivery.next_due - timezone.now() <= timedelta(seconds=6.1)  # type: ignore[operator]
    assert abs(due - delivery.next_due) < timedelta(seconds=2)  # type: ignore[operator]
    run_later(5)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason, delivery.attempts, delivery.last_status) == (
        "failed",
        "server_error",
        4,
        500,
    )
    assert delivery.next_due is None
    assert "(500)" in delivery.explanation.what
    assert len(receiver.requests) == 4
    assert not Work.objects.exists()


@pytest.mark.parametrize(
    ("path", "reason", "tries"),
    [
        ("/status/400", "rejected", 3),
        ("/status/401", "unauthorized", 3),
        ("/status/404", "not_found", 3),
        ("/redirect", "redirect", 3),
    ],
)
def test_client_errors_and_redirects_are_given_up_early(tenant, receiver, path, reason, tries):
    make_endpoint(tenant, receiver.url(path))
    make_event(tenant)

    deliver()
    run_later(5)

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.reason, delivery.attempts) == ("failed", reason, tries)
    assert {got.path for got in receiver.requests} == {path}


def test_retry_after_is_honoured_and_clamped(tenant, receiver):
    make_endpoint(tenant, receiver.url("/status/429/1000"), name="soon")
    make_endpoint(tenant, receiver.url("/status/503/99999999"), name="never")
    make_endpoint(tenant, receiver.url("/status/503/1"), name="too soon")
    make_event(tenant)

    deliver()

    waits = {
        delivery.endpoint.name: (delivery.next_due - timezone.now()).total_seconds()  # type: ignore[operator]
        for delivery in Delivery.objects.select_related("endpoint")
    }
    assert 980 < waits["soon"] <= 1000
    assert 86_300 < waits["never"] <= 86_400
    assert 3 < waits["too soon"] <= 6


def test_a_denied_target_fails_at_once_without_naming_addresses(tenant, receiver, settings):
    make_endpoint(tenant, receiver.url())
    settings.EGRESS_ALLOW = []
    make_event(tenant)

    deliver()

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.reason, delivery.attempts) == ("failed", "target_not_allowed", 1)
    assert delivery.explanation.what == "target not allowed"
    attempt = Attempt.objects.get()
    assert "127.0.0.1" not in attempt.detail + delivery.detail
    assert receiver.requests == []


def test_410_disables_the_endpoint_and_parks_the_rest(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url("/status/410"), events=["endpoint.disabled"])
    witness, _secret = make_endpoint(tenant, receiver.url(), events=["endpoint.*"], name="witness")
    for number in range(3):
        make_event(tenant, key=str(number))
    drain("webhooks.fanout")
    rows = store.lease(lane("webhooks.deliver"), 1000)
    one = next(row for row in rows if row.group == endpoint.id.hex)
    later = [row.id for row in rows if row.group == endpoint.id.hex and row is not one]
    Work.objects.exclude(id=one.id).update(lease=None)
    Work.objects.filter(id=one.id).update(lease=None, due=timezone.now() - timedelta(hours=1))
    Work.objects.filter(id__in=later).update(due=timezone.now() + timedelta(hours=1))

    drain("webhooks.deliver")
    endpoint.refresh_from_db()

    assert (endpoint.state, endpoint.disabled_reason) == ("disabled", "gone")
    assert "410" in endpoint.disabled_reason_text
    assert sorted(Delivery.objects.filter(endpoint=endpoint).values_list("state", "reason")) == [
        ("failed", "gone"),
        ("parked", "endpoint_disabled"),
        ("parked", "endpoint_disabled"),
    ]
    assert not Work.objects.filter(group=endpoint.id.hex).exists()
    announced = Event.objects.get(
        type="endpoint.disabled", data__reason="gone", data__endpoint_id=str(endpoint.id)
    )
    deliver()
    assert Delivery.objects.get(event=announced, endpoint=witness).state == "done"


def test_an_endpoint_disabled_in_between_parks_what_comes_due(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url(), events=["endpoint.enabled"])
    make_event(tenant, "endpoint.enabled")
    drain("webhooks.fanout")
    # As another process would: the rows of work are already on their way.
    type(endpoint).objects.filter(pk=endpoint.pk).update(state="disabled")

    drain("webhooks.deliver")

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.reason, delivery.attempts) == ("parked", "endpoint_disabled", 0)
    assert receiver.requests == []
    assert not Work.objects.exists()


def test_a_rotated_secret_signs_beside_the_old_one_until_that_expires(tenant, receiver):
    endpoint, old = make_endpoint(tenant, receiver.url())
    make_event(tenant)
    deliver()

    new = rotate_secret(endpoint)
    make_event(tenant)
    deliver()
    EndpointSecret.objects.filter(endpoint=endpoint).exclude(expires_at=None).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    endpoint.save()
    make_event(tenant)
    deliver()

    _before, both, after = receiver.requests
    assert len(both.headers["webhook-signature"].split(" ")) == 2
    Webhook(old).verify(both.body.decode(), both.headers)
    Webhook(new).verify(both.body.decode(), both.headers)
    assert len(after.headers["webhook-signature"].split(" ")) == 1
    Webhook(new).verify(after.body.decode(), after.headers)


def test_odd_answers_are_stored_readable_cut_and_masked(tenant, receiver):
    make_endpoint(tenant, receiver.url("/bytes"), name="bytes")
    make_endpoint(tenant, receiver.url("/flood"), name="flood")
    make_event(tenant)

    deliver()

    shown = {
        attempt.delivery.endpoint.name: attempt
        for attempt in Attempt.objects.select_related("delivery__endpoint")
    }
    assert shown["bytes"].response_body == "nul \ufffd bad \ufffd\ufffd end"
    assert shown["flood"].is_cut
    assert len(shown["flood"].response_body) == 16384
    assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}


def test_a_slow_receiver_is_cut_off_by_its_own_time_limit(tenant, receiver):
    make_endpoint(tenant, receiver.url("/drip"), timeout=1)
    make_event(tenant)

    deliver()

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.reason) == ("pending", "timeout")
    assert 900 < Attempt.objects.get().total_ms < 3_000


def test_outcomes_of_a_lost_lease_are_not_written(tenant, receiver):
    make_endpoint(tenant, receiver.url())
    make_event(tenant)
    drain("webhooks.fanout")
    runner = lane("webhooks.deliver")
    rows = store.lease(runner, 10)
    Work.objects.update(due=timezone.now() - timedelta(seconds=1))
    taken_over = store.lease(runner, 10)
    outcomes = _send(runner, rows)

    store.settle(runner, outcomes)
    assert Attempt.objects.count() == 0
    assert Delivery.objects.get().state == "pending"

    store.settle(runner, _send(runner, taken_over))
    assert Delivery.objects.get().attempts == 1
    assert [got.headers["webhook-id"] for got in receiver.requests] == [str(Event.objects.get().id)] * 2


def test_a_row_whose_delivery_is_finished_sends_nothing(tenant, receiver):
    make_endpoint(tenant, receiver.url())
    make_event(tenant)
    drain("webhooks.fanout")
    Delivery.objects.update(state="cancelled")

    drain("webhooks.deliver")

    assert receiver.requests == []
    assert Delivery.objects.get().state == "cancelled"
    assert not Work.objects.exists()


def test_a_body_that_is_no_longer_kept_fails_in_words(tenant, receiver):
    make_endpoint(tenant, receiver.url())
    make_event(tenant)
    drain("webhooks.fanout")
    Payload.objects.all().delete()

    drain("webhooks.deliver")

    assert Delivery.objects.get().reason == "payload_expired"


def test_a_secret_that_cannot_be_read_harms_only_its_endpoint(tenant, receiver, caplog):
    broken, _secret = make_endpoint(tenant, receiver.url("/ok?broken"), name="broken")
    make_endpoint(tenant, receiver.url("/ok?whole"), name="whole")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE webhooks_endpointsecret SET secret = 'sb1.lost.AAAA' WHERE endpoint_id = %s",
            [_key(broken.id)],
        )
    make_event(tenant)

    with caplog.at_level(logging.CRITICAL, "webhooks.lanes.targets"):
        deliver()

    assert [got.path for got in receiver.requests] == ["/ok?whole"]
    assert Delivery.objects.get(endpoint=broken).state == "pending"
    assert Work.objects.get().attempts == 0


def test_a_database_that_fails_while_loading_gives_the_rows_back(tenant, receiver, monkeypatch):
    make_endpoint(tenant, receiver.url())
    make_event(tenant)
    drain("webhooks.fanout")
    fresh = DeliverLane()
    rows = store.lease(fresh, 10)
    settled = []  # type: ignore[var-annotated]

    def broken(*args):
        raise DatabaseError("gone")

    monkeypatch.setattr("webhooks.lanes.deliver.load", broken)
    with pytest.raises(DatabaseError):
        fresh.start(rows, settled.extend)

    assert [(outcome.row, outcome.verdict) for outcome in settled] == [(rows[0], "release")]


def test_queries_do_not_grow_with_the_batch(tenant, receiver):
    for number in range(3):
        make_endpoint(tenant, receiver.url(), name=str(number))
    make_event(tenant)
    deliver()

    def counted(events):
        for _ in range(events):
            make_event(tenant)
        drain("webhooks.fanout")
        with CaptureQueriesContext(connection) as queries:
            drain("webhooks.deliver")
        return [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]

    few, many = counted(1), counted(15)
    assert Delivery.objects.filter(state="done").count() == 3 * 17
    if connection.vendor == "postgresql":
        assert len(many) == len(few)
    else:
        # SQLite logs every row of executemany.
        assert len([sql for sql in many if sql.startswith("SELECT")]) == len(
            [sql for sql in few if sql.startswith("SELECT")]
        )


def test_tests_go_to_a_disabled_endpoint_too(tenant, receiver):
    from webhooks.actions.send_test import send_test

    endpoint, _secret = make_endpoint(tenant, receiver.url(), events=["endpoint.enabled"])
    other, _secret = make_endpoint(tenant, receiver.url("/ok?other"), events=["*"], name="other")
    disable_endpoint(endpoint)
    deliver()
    receiver.requests.clear()

    _event, delivery = send_test(endpoint, "Привет")
    deliver()

    (got,) = receiver.requests
    assert json.loads(got.body)["type"] == "webhook.test"
    assert json.loads(got.body)["data"] == {"endpoint_id": str(endpoint.id), "message": "Привет"}
    assert Delivery.objects.get(id=delivery).trigger == "test"
    assert Delivery.objects.get(id=delivery).state == "done"
    assert not Delivery.objects.filter(endpoint=other, event_type="webhook.test").exists()


def _send(runner, rows):
    """Let the engine make these requests; their outcomes, not yet settled."""
    import threading

    outcomes, ready = [], threading.Semaphore(0)

    def take(batch):
        outcomes.extend(batch)
        for _ in batch:
            ready.release()

    runner.start(rows, take)
    for _ in rows:
        assert ready.acquire(timeout=15)
    return outcomes


def _key(value):
    return value if connection.vendor == "postgresql" else value.hex
