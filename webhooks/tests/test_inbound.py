"""Stored requests become events, once; failures are told and replayed; the log is forgotten in time."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.ids import uuid7_at
from tenants.events import event_type
from tenants.models import AuditEntry, Event, Work
from tenants.work import drain
from webhooks.actions.forget_old import forget_old
from webhooks.actions.process_inbound import process_inbound
from webhooks.actions.replay_inbound import replay_inbound, replayable
from webhooks.models import Inbound
from webhooks.tests.factories import deliver, make_endpoint, make_event, make_inbound, make_source
from webhooks.tests.senders import BODY

LANE = "webhooks.inbound"


def test_a_request_becomes_one_event(tenant):
    source = make_source(tenant, "shopify", name="Shop")
    row = make_inbound(source, headers={"x-shopify-topic": "orders/create"})

    assert drain(LANE) == 1

    row.refresh_from_db()
    event = Event.objects.get()
    assert (row.state, row.event_type, row.reason) == ("processed", "orders/create", "")
    assert row.processed_at is not None
    assert (event.type, event.tenant_id, event.correlation_id) == ("inbound.received", tenant.pk, row.id)
    assert event.data == {
        "inbound_id": str(row.id),
        "source_id": str(source.id),
        "source": "Shop",
        "sender": "shopify",
        "event": "orders/create",
        "received_at": row.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "content_type": "application/json",
        "replay": 0,
        "hops": 0,
        "body": json.loads(BODY),
    }
    assert set(event_type(event.type).schema["required"]) <= set(event.data)
    assert not Work.objects.filter(lane=LANE).exists()


def test_processing_twice_is_processing_once(tenant):
    row = make_inbound(make_source(tenant))
    process_inbound([row.id])
    Inbound.objects.update(state="received")  # as after a crash between the event and the end of the lease

    process_inbound([row.id])

    assert (Event.objects.count(), Inbound.objects.get().state) == (1, "processed")


def test_subscribers_get_it(tenant, receiver):
    make_endpoint(tenant, receiver.url(), events=["inbound.*"])
    make_inbound(make_source(tenant))

    drain(LANE)
    deliver()

    [request] = receiver.requests
    assert json.loads(request.body)["data"]["body"]["data"] == {"total": 403}


def test_a_delivery_says_how_many_lie_behind_it(tenant, receiver):
    make_endpoint(tenant, receiver.url())
    make_event(tenant)
    make_inbound(make_source(tenant), headers={"switchboard-hops": "2"})

    drain(LANE)
    deliver()

    assert sorted(request.headers["switchboard-hops"] for request in receiver.requests) == ["1", "3"]
    assert Event.objects.get(type="inbound.received").data["hops"] == 2


def test_what_went_in_a_circle_is_processed_when_a_person_says_so(tenant, receiver):
    make_endpoint(tenant, receiver.url())
    row = make_inbound(make_source(tenant), headers={"switchboard-hops": "4"}, is_loop=True)
    assert drain(LANE) == 0

    assert replay_inbound(Inbound.objects.all()) == 1
    drain(LANE)
    deliver()

    row.refresh_from_db()
    assert row.state == "processed"
    assert receiver.requests[0].headers["switchboard-hops"] == "5"  # and so it ends at the next source


UNREADABLE = [b"", b"<xml/>", b"[" * 5000, b'{"a":' * 150 + b"1" + b"}" * 150, b"7", b'"text"', b"\xff\xfe"]


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_a_sender_of_json_should_not_send_fails_with_a_reason(tenant, body):
    row = make_inbound(make_source(tenant), body)
    good = make_inbound(row.source)

    drain(LANE)

    row.refresh_from_db()
    good.refresh_from_db()
    assert (row.state, row.reason) == ("failed", "unreadable_body")
    assert "neither JSON nor a form" in row.explanation.what
    assert good.state == "processed"
    assert Event.objects.count() == 1


@pytest.mark.parametrize("body", UNREADABLE)
def test_general_sources_take_any_text(tenant, body, receiver):
    make_endpoint(tenant, receiver.url(), events=["inbound.*"])
    make_inbound(make_source(tenant, "token"), body)

    drain(LANE)
    deliver()

    data = Event.objects.get().data
    assert data["body"] is not None or data["text"] == body.decode("utf-8", "replace")
    assert len(receiver.requests) == 1


HOSTILE = [
    b'{"a": "\\u0000\\ud800", "\\u0000": 1}',
    b'{"a": NaN, "b": Infinity, "c": 1e999}',
    b'{"a": %s}' % (b"9" * 400),
    b'{"a": "\xff"}',
    b'{"a": 18446744073709551616}',
    b'{"type": {"x": 1}, "id": []}',
    b'{"a": ' + b"[" * 90 + b"]" * 90 + b"}",
    json.dumps({f"k{number}": "v" * 50 for number in range(5000)}).encode(),
]


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_json_becomes_an_event_that_can_be_sent(tenant, body, receiver):
    make_endpoint(tenant, receiver.url(), events=["inbound.*"])
    row = make_inbound(make_source(tenant), body)

    drain(LANE)
    deliver()

    row.refresh_from_db()
    assert (row.state, len(receiver.requests)) == ("processed", 1)
    assert json.loads(receiver.requests[0].body)["data"]["inbound_id"] == str(row.id)


def test_numbers_beyond_64_bits_become_texts(tenant):
    make_inbound(
        make_source(tenant), b'{"a": 18446744073709551616, "b": 9007199254740993, "c": 1.5, "d": -1e300}'
    )

    drain(LANE)

    assert Event.objects.get().data["body"] == {
        "a": "1.8446744073709552e+19",
        "b": 9007199254740993,
        "c": 1.5,
        "d": "-1e+300",
    }


def test_a_form_becomes_an_object(tenant):
    row = make_inbound(
        make_source(tenant, "slack"),
        b"command=%2Fcall&text=150",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )

    drain(LANE)

    row.refresh_from_db()
    assert (row.event_type, Event.objects.get().data["body"]) == (
        "slash_command",
        {"command": "/call", "text": "150"},
    )


def test_a_preset_that_this_version_does_not_know(tenant):
    source = make_source(tenant)
    row = make_inbound(source)
    type(source).objects.update(preset="yesterday")

    drain(LANE)

    row.refresh_from_db()
    assert (row.state, row.reason) == ("failed", "unknown_sender")


def test_a_replay_is_a_new_event_and_says_so(tenant):
    row = make_inbound(make_source(tenant))
    drain(LANE)

    assert replay_inbound(Inbound.objects.all()) == 1
    assert replay_inbound(Inbound.objects.all()) == 0  # it waits already
    drain(LANE)

    row.refresh_from_db()
    assert (row.state, row.replays) == ("processed", 1)
    assert sorted(event.data["replay"] for event in Event.objects.all()) == [0, 1]
    assert AuditEntry.objects.get(action="inbound.replayed").after == {"count": 1}


def test_handshakes_are_not_replayed(tenant):
    make_inbound(make_source(tenant, "slack"), is_handshake=True)

    assert replayable(Inbound.objects.all()).count() == 0
    assert replay_inbound(Inbound.objects.all()) == 0


def test_a_batch_takes_the_same_queries_however_long(tenant):
    def queries(rows):
        ids = [make_inbound(source).id for _ in range(rows)]
        with CaptureQueriesContext(connection) as captured:
            process_inbound(ids)
        return len(captured)

    source = make_source(tenant)

    assert queries(20) == queries(1)


def test_the_log_is_forgotten_in_time(tenant):
    source = make_source(tenant)
    for state, days in (
        ("processed", 31),
        ("processed", 29),
        ("failed", 91),
        ("failed", 89),
        ("received", 400),
    ):
        row = make_inbound(source)
        then = timezone.now() - timedelta(days=days)
        Inbound.objects.filter(id=row.id).update(id=uuid7_at(then), state=state, created_at=then)

    assert forget_old()["inbound"] == 2
    assert sorted(Inbound.objects.values_list("state", flat=True)) == ["failed", "processed", "received"]
