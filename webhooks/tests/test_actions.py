"""What people may do: its rules, and what it leaves behind."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from tenants.errors import ConfigError
from tenants.models import AuditEntry, Event, Work
from tenants.work import drain, lane, store
from webhooks.actions.cancel_deliveries import cancel_deliveries
from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.actions.enable_endpoint import enable_endpoint
from webhooks.actions.forget_old import forget_old
from webhooks.actions.replay_deliveries import replay_deliveries, replay_delivery, replayable
from webhooks.actions.rotate_secret import rotate_secret
from webhooks.headers import clean_headers, masked_lines
from webhooks.matching import clean_patterns, known_patterns
from webhooks.models import Attempt, Delivery, EndpointSecret, Payload
from webhooks.selectors import parked_count, sent_body, timeline, unwell_counts
from webhooks.tests.factories import deliver, make_endpoint, make_event


def states(**conditions):
    return sorted(Delivery.objects.filter(**conditions).values_list("state", flat=True))


def test_disable_parks_enable_offers_replay_sends(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url(), events=["endpoint.disabled"])
    make_event(tenant)
    drain("webhooks.fanout")

    assert disable_endpoint(endpoint) is True
    assert disable_endpoint(endpoint) is False
    make_event(tenant)
    deliver()
    # Two that were emitted, and the announcement of the disabling itself.
    assert states() == ["parked"] * 3
    assert parked_count(endpoint) == 3
    assert replayable(Delivery.objects.all()).count() == 0
    with pytest.raises(ConfigError, match="disabled"):
        replay_delivery(Delivery.objects.first())  # type: ignore[arg-type]

    assert enable_endpoint(endpoint) is True
    assert enable_endpoint(endpoint) is False
    assert states() == ["parked"] * 3
    assert replayable(Delivery.objects.filter(state="parked")).count() == 3
    assert replay_deliveries(Delivery.objects.filter(state="parked")) == 3
    drain("webhooks.deliver")
    assert states() == ["done"] * 3
    assert [
        entry.action for entry in AuditEntry.objects.filter(action__startswith="endpoint.").order_by("id")
    ] == [
        "endpoint.created",
        "endpoint.disabled",
        "endpoint.enabled",
    ]
    assert Event.objects.filter(type="endpoint.enabled").count() == 1


def test_disabling_leaves_what_is_on_the_wire(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url(), events=["endpoint.enabled"])
    for _ in range(2):
        make_event(tenant, "endpoint.enabled")
    drain("webhooks.fanout")
    (held,) = store.lease(lane("webhooks.deliver"), 1)

    disable_endpoint(endpoint)

    assert (
        Work.objects.filter(lane="webhooks.deliver").values_list("subject", flat=True).get() == held.subject
    )
    assert Delivery.objects.get(id=held.subject).state == "pending"
    assert states() == ["parked", "pending"]


def test_cancel_takes_back_what_waits(tenant, receiver):
    make_endpoint(tenant, receiver.url())
    for _ in range(3):
        make_event(tenant)
    drain("webhooks.fanout")
    (held,) = store.lease(lane("webhooks.deliver"), 1)

    assert cancel_deliveries(Delivery.objects.all()) == 2

    assert states() == ["cancelled", "cancelled", "pending"]
    assert Work.objects.get(lane="webhooks.deliver").subject == held.subject


def test_replaying_in_batches_takes_each_once(tenant, receiver, monkeypatch):
    monkeypatch.setattr("webhooks.actions.replay_deliveries.BATCH", 2)
    make_endpoint(tenant, receiver.url())
    for _ in range(5):
        make_event(tenant)
    deliver()

    assert replay_deliveries(Delivery.objects.filter(state="done")) == 5
    assert replay_deliveries(Delivery.objects.filter(state="done")) == 0
    drain("webhooks.deliver")
    assert len(receiver.requests) == 10
    assert Attempt.objects.filter(trigger="manual").count() == 5


def test_a_replay_starts_the_schedule_anew(tenant, receiver, settings):
    settings.WEBHOOK_MAX_RETRIES = 1
    make_endpoint(tenant, receiver.url("/status/500"))
    make_event(tenant)
    deliver()
    drain("webhooks.deliver", now=timezone.now() + timedelta(days=1))
    delivery = Delivery.objects.get()
    assert delivery.state == "failed"

    replay_delivery(delivery)
    drain("webhooks.deliver")

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.tries) == ("pending", 3, 1)


def test_rotation_without_overlap_ends_the_old_secret_at_once(tenant):
    endpoint, old = make_endpoint(tenant)

    new = rotate_secret(endpoint, overlap=timedelta(0))

    live = EndpointSecret.objects.filter(endpoint=endpoint, expires_at=None)
    assert [row.secret for row in live] == [new] != [old]
    with pytest.raises(ConfigError):
        rotate_secret(endpoint, overlap=timedelta(days=8))


def test_forgetting_keeps_what_is_unfinished(tenant, receiver, settings):
    make_endpoint(tenant, receiver.url(), name="good")
    make_endpoint(tenant, receiver.url("/status/410"), name="gone", events=["endpoint.enabled"])
    make_endpoint(tenant, receiver.url("/status/500"), name="waiting", events=["endpoint.enabled"])
    make_event(tenant, "endpoint.enabled")
    deliver()
    by_name = {
        one.endpoint.name: one.id
        for one in Delivery.objects.filter(event_type="endpoint.enabled").select_related("endpoint")
    }
    now = timezone.now()

    assert not any(forget_old(now).values())
    forget_old(now + timedelta(days=31))
    assert not Delivery.objects.filter(id=by_name["good"]).exists()
    assert not Attempt.objects.filter(delivery=by_name["good"]).exists()
    assert Delivery.objects.filter(id=by_name["gone"]).exists()
    forget_old(now + timedelta(days=91))

    assert not Delivery.objects.filter(id=by_name["gone"]).exists()
    waiting = Delivery.objects.get(id=by_name["waiting"])
    assert waiting.state == "pending"
    assert sent_body(waiting) is not None
    assert Payload.objects.filter(event=waiting.event_id).exists()


def test_what_pages_read(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url("/status/500"))
    event = make_event(tenant)
    correlation = "019aa0a5-1c2e-7b1a-8d7e-2f4f4c1f0a11"
    Event.objects.filter(id=event.id).update(correlation_id=correlation)
    deliver()

    assert unwell_counts(endpoint) == {"pending": 1}
    (attempt,) = timeline(correlation)  # type: ignore[arg-type]
    assert (attempt.event_type, attempt.delivery.endpoint.name) == ("endpoint.disabled", endpoint.name)
    assert sent_body(Delivery.objects.get()) == receiver.requests[0].body


@pytest.mark.parametrize("bad", [[], "x", None, [7], ["*", "no.such"], ["nope.*"], ["endpoint"], ["end*"]])
def test_patterns_that_match_nothing_are_refused(bad):
    with pytest.raises(ValidationError):
        clean_patterns(bad)


def test_the_catalogue_offers_wildcards_and_no_tests():
    offered = known_patterns()

    assert offered[0] == "*"
    assert {"endpoint.*", "endpoint.disabled"} <= set(offered)
    assert "webhook.test" not in offered
    assert clean_patterns(["endpoint.*", "endpoint.*", "*"]) == ["endpoint.*", "*"]


@pytest.mark.parametrize(
    "bad",
    [
        [],
        {"": "x"},
        {"X Y": "x"},
        {"X:": "x"},
        {"X": "a\nb"},
        {"X": "é"},
        {"X": 7},
        {"content-length": "1"},
        {"Webhook-Id": "1"},
        {"X": "a" * 1001},
        {f"X-{number}": "1" for number in range(21)},
    ],
)
def test_headers_that_cannot_be_sent_are_refused(bad):
    with pytest.raises(ValidationError):
        clean_headers(bad)


def test_masking_of_header_lines():
    lines = [
        "Authorization: Basic x",
        "X-Api-Key: k",
        "Set-Cookie: s=1",
        "X-Hub-Signature: z",
        "webhook-signature: v1,a",
        "Date: now",
        "odd",
    ]

    assert masked_lines(lines).split("\n") == [
        "Authorization: •••",
        "X-Api-Key: •••",
        "Set-Cookie: •••",
        "X-Hub-Signature: •••",
        "webhook-signature: v1,a",
        "Date: now",
        "odd",
    ]
