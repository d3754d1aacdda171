"""Events that nobody expects are kept aside; a range is processed again in the background; sources publish what they got."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from tenants.errors import ConfigError
from tenants.models import AuditEntry, Event, Work
from tenants.scoping import tenant_scope
from tenants.work import drain
from webhooks.actions.change_source_secret import change_source_secret
from webhooks.actions.keep_aside import drop, expect_events, release
from webhooks.actions.process_inbound import process_inbound
from webhooks.actions.relay_inbound import MOST_TYPES
from webhooks.actions.replay_range import begin_replay, cancel_replay, continue_replay, replay_chosen
from webhooks.hops import MOST
from webhooks.ingest.table import SourceTable
from webhooks.models import Delivery, Inbound, InboundReplay, OwnEventType
from webhooks.presets import BadOption
from webhooks.relaying import clean_relay, is_expected, relayed_type
from webhooks.selectors import InboundFilter
from webhooks.tests.factories import deliver, make_endpoint, make_inbound, make_source
from webhooks.tests.test_admin import signed_in

LANE = "webhooks.inbound"


def inbound(source, topic, **values):
    return make_inbound(source, headers={"x-shopify-topic": topic, **values.pop("headers", {})}, **values)


def states():
    return sorted(Inbound.objects.values_list("event_type", "state"))


def test_what_nobody_expects_is_kept_aside_and_taken_in_or_dropped(tenant):
    source = make_source(tenant, "shopify", intake="listed", expected=["orders/*"])
    for topic in ("orders/create", "refunds/create", "carts/update", "carts/update"):
        inbound(source, topic)

    drain(LANE)

    assert states() == [
        ("carts/update", "aside"),
        ("carts/update", "aside"),
        ("orders/create", "processed"),
        ("refunds/create", "aside"),
    ]
    assert Event.objects.count() == 1
    assert "nobody expects" in Inbound.objects.filter(state="aside")[0].explanation.what.lower()
    assert drop(Inbound.objects.filter(event_type="carts/update")) == 2
    assert release(Inbound.objects.all()).count == 1
    drain(LANE)
    assert states()[-1] == ("refunds/create", "processed")
    assert Event.objects.count() == 2
    assert [one.after for one in AuditEntry.objects.filter(action="inbound.dropped")] == [{"count": 2}]
    assert drop(Inbound.objects.all()) == release(Inbound.objects.all()).count == 0

    expect_events(source, {"refunds/create"})
    inbound(source, "refunds/create")
    drain(LANE)
    assert states()[-1] == ("refunds/create", "processed")


def test_a_source_learns_what_to_expect(tenant):
    source = make_source(tenant, "shopify", intake="learning", expected=["orders/*"])
    for topic in ("orders/create", "refunds/create", "carts/update", "refunds/create"):
        inbound(source, topic)

    drain(LANE)

    source.refresh_from_db()
    assert source.expected == ["orders/*", "carts/update", "refunds/create"]
    assert set(Inbound.objects.values_list("state", flat=True)) == {"processed"}


def test_a_range_is_processed_again_batch_after_batch(tenant, monkeypatch):
    monkeypatch.setattr("webhooks.actions.replay_range.BATCH", 2)
    source, other = make_source(tenant, "shopify"), make_source(tenant)
    rows = [inbound(source, "orders/create") for _number in range(5)]
    make_inbound(other)
    drain(LANE)

    run = begin_replay(tenant.pk, InboundFilter(source=source.pk, state="processed"))
    inbound(source, "orders/late")  # not in the range: it came after it was counted
    drain(LANE)
    assert (run.total, run.percent, Work.objects.filter(lane="webhooks.replay").count()) == (5, 0, 1)
    assert continue_replay(run.pk) is True
    run.refresh_from_db()
    assert (run.done, run.percent, run.last) == (2, 40, rows[1].pk)
    drain("webhooks.replay")
    drain(LANE)

    run.refresh_from_db()
    assert (run.state, run.done, run.percent, bool(run.finished_at)) == ("done", 5, 100, True)
    replays = Inbound.objects.order_by("id").values_list("source_id", "replays", "state")
    assert set(replays) == {
        (source.pk, 1, "processed"),
        (other.pk, 0, "processed"),
        (source.pk, 0, "processed"),
    }
    assert Event.objects.filter(data__replay=1).count() == 5
    assert not continue_replay(run.pk)


def test_a_range_is_cancelled(tenant):
    make_inbound(make_source(tenant))
    drain(LANE)
    run = begin_replay(tenant.pk, InboundFilter())

    assert (cancel_replay(run), cancel_replay(run)) == (True, False)

    drain("webhooks.replay")
    assert (InboundReplay.objects.get().state, Inbound.objects.get().replays) == ("cancelled", 0)
    with pytest.raises(ConfigError, match="nothing in this range"):
        begin_replay(tenant.pk, InboundFilter(since=timezone.now() + timedelta(hours=1)))


def test_requests_are_published_as_events_of_the_company(tenant, receiver):
    source = make_source(
        tenant,
        "shopify",
        name="Shop",
        relay="shop.*",
        relay_headers=["X-Shopify-Shop-Domain", "x-none"],
        relay_original=True,
    )
    inbound(source, "orders/create", headers={"x-shopify-shop-domain": "june.example.com", "x-other": "1"})
    drain(LANE)
    [event] = Event.objects.filter(type="shop.orders.create")
    # The type is in the catalogue from its first event on, so that endpoints can ask for it by name.
    make_endpoint(tenant, receiver.url(), events=["shop.orders.create"])
    make_endpoint(
        tenant,
        receiver.url(),
        events=["shop.*"],
        format="original",
        options={"keep_headers": "X-Shopify-Topic, x-shopify-shop-domain, host"},
    )
    Inbound.objects.update(state="received")
    process_inbound(
        list(Inbound.objects.values_list("id", flat=True))
    )  # as after a crash: nothing happens twice
    assert Event.objects.count() == 2

    drain("webhooks.fanout")
    deliver()

    assert OwnEventType.objects.get().title == "Shop: orders/create"
    assert event.key == f"relay:{Inbound.objects.get().pk}:0"
    told, original = sorted(receiver.requests, key=lambda one: one.body.startswith(b'{"type": "order.paid"'))
    assert json.loads(told.body)["data"]["headers"] == {"x-shopify-shop-domain": "june.example.com"}
    assert original.body == bytes(Inbound.objects.get().body)
    assert original.headers["x-shopify-shop-domain"] == "june.example.com"
    assert original.headers["content-type"] == "application/json"
    assert "x-shopify-topic" not in original.headers  # the source does not hand it on


def test_what_was_relayed_goes_round_no_more_than_three_times(tenant, receiver):
    source = make_source(tenant, "shopify", relay="shop.*")
    inbound(source, "orders/create", headers={"switchboard-hops": str(MOST - 1)})
    drain(LANE)
    make_endpoint(tenant, receiver.url(), events=["shop.*"])

    drain("webhooks.fanout")
    deliver()

    assert [one.headers["switchboard-hops"] for one in receiver.requests] == [str(MOST)]
    assert Delivery.objects.get().event.data["hops"] == MOST - 1


def test_secrets_in_bodies_reach_no_subscriber(tenant):
    body = b'{"secret": "the-secret-of-the-source", "type": "message_new", "group_id": 1}'
    source = make_source(
        tenant, "vk", secret="the-secret-of-the-source", relay="vk.news", relay_original=True
    )
    make_inbound(source, body)

    drain(LANE)

    assert {event.type for event in Event.objects.all()} == {"inbound.received", "vk.news"}
    assert "the-secret-of-the-source" not in json.dumps([event.data for event in Event.objects.all()])


def test_a_sender_cannot_fill_the_catalogue(tenant, monkeypatch):
    monkeypatch.setattr("webhooks.actions.relay_inbound.MOST_TYPES", 2)
    source = make_source(tenant, "shopify", relay="shop.*")
    for number in range(5):
        inbound(source, f"topic/{number}")
        drain(LANE)

    names = sorted(Event.objects.exclude(type="inbound.received").values_list("type", flat=True))
    assert names == ["shop.other"] * 3 + ["shop.topic.0", "shop.topic.1"]
    assert OwnEventType.objects.count() == 3
    assert MOST_TYPES == 200


@pytest.mark.parametrize(
    ("relay", "event", "name"),
    [
        ("shop.*", "orders/create", "shop.orders.create"),
        ("shop.*", "TYPE_NEW_POSTING", "shop.type_new_posting"),
        ("shop.*", "Push Hook", "shop.push.hook"),
        ("shop.*", "", "shop.unnamed"),
        ("shop.*", "заказ", "shop.unnamed"),
        ("shop.news", "orders/create", "shop.news"),
        ("shop.*", "x" * 300, "shop." + "x" * 95),
    ],
)
def test_names_of_relayed_events(relay, event, name):
    assert relayed_type(relay, event) == name


@pytest.mark.parametrize("relay", ["call.*", "Shop.*", "shop", "*", "inbound.received", "shop.*.x", "a b.c"])
def test_names_that_cannot_be_published(relay):
    with pytest.raises(BadOption):
        clean_relay(relay)


def test_expected_names():
    assert is_expected(["orders/*", "ping"], "orders/create")
    assert not is_expected(["orders/*", "ping"], "pings")
    assert not is_expected([], "")


@pytest.mark.parametrize(
    "values", [{"expected": "orders"}, {"expected": [""]}, {"relay_headers": ["a b"]}, {"relay": "call.*"}]
)
def test_bad_settings_are_named(tenant, values):
    with pytest.raises(ValidationError) as caught:
        make_source(tenant, **values)

    assert list(caught.value.message_dict) == list(values)


def test_five_secrets_live_beside_one_another_until_each_ends(tenant):
    source = make_source(tenant, "token", secret="secret-number-zero")
    for number in range(1, 6):
        change_source_secret(source, f"secret-number-{number}-of-five", timedelta(hours=number))
    now = timezone.now().timestamp()

    [known] = SourceTable().load().values()

    assert [secret[:15] for secret in known.secrets(now)] == [f"secret-number-{n}" for n in (5, 4, 3, 2, 1)]
    assert [secret[:15] for secret in known.secrets(now + 2.5 * 3600)] == [
        f"secret-number-{n}" for n in (5, 4, 3, 2)
    ]
    change_source_secret(source, "secret-after-a-theft", timedelta(0))
    [known] = SourceTable().load().values()
    assert known.secrets(now) == ["secret-after-a-theft"]


@pytest.fixture
def few(monkeypatch):
    """What is seen to at once is two."""
    monkeypatch.setattr("webhooks.actions.chosen_rows.AT_ONCE", 2)
    monkeypatch.setattr("webhooks.actions.replay_range.BATCH", 2)


def test_many_chosen_requests_go_on_in_the_background_and_nobody_elses(tenant, few):
    source = make_source(tenant, "shopify")
    rows = [inbound(source, "orders/create") for _number in range(5)]
    left = inbound(source, "orders/create")
    drain(LANE)
    client = signed_in(tenant)
    page = reverse("admin:webhooks_inbound_changelist")
    choice = {"action": "replay_chosen", "_selected_action": [str(row.pk) for row in rows]}

    asked = client.post(page, choice)
    assert "5 can be processed again" in asked.content.decode()
    assert InboundReplay.objects.count() == 0
    answer = client.post(page, choice | {"confirmed": "1"})

    run = InboundReplay.objects.get()
    assert answer.headers["Location"] == reverse("admin:webhooks_inboundreplay_change", args=[run.pk])
    assert (run.total, run.done, Inbound.objects.filter(replays=1).count()) == (5, 0, 0)
    assert continue_replay(run.pk) is True
    assert Inbound.objects.filter(replays=1).count() == 2
    drain("webhooks.replay")
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 5)
    assert set(Inbound.objects.filter(replays=1)) == set(rows)
    assert Inbound.objects.get(pk=left.pk).replays == 0


def test_few_chosen_requests_are_queued_at_once(tenant, few):
    rows = [make_inbound(make_source(tenant)) for _number in range(2)]
    drain(LANE)

    begun = replay_chosen(Inbound.objects.all())

    assert (begun.count, begun.run) == (len(rows), None)
    assert InboundReplay.objects.count() == 0


def test_no_more_are_chosen_than_can_be_remembered(tenant, few, monkeypatch):
    monkeypatch.setattr("webhooks.actions.chosen_rows.MOST", 3)
    source = make_source(tenant)
    for _number in range(4):
        make_inbound(source)
    drain(LANE)

    with tenant_scope(tenant), pytest.raises(ConfigError, match="more than 3 at a time"):
        replay_chosen(Inbound.objects.all())
    assert (InboundReplay.objects.count(), Inbound.objects.filter(replays=1).count()) == (0, 0)


def test_what_was_dropped_meanwhile_is_not_taken_in(tenant, few):
    source = make_source(tenant, "shopify", intake="listed", expected=["orders/create"])
    for _number in range(3):
        inbound(source, "orders/other")
    drain(LANE)
    with pytest.raises(ConfigError, match="Choose a company first"):
        release(Inbound.objects.all())
    with tenant_scope(tenant):
        assert release(Inbound.objects.all()).count == 3
    drop(Inbound.objects.all())

    drain("webhooks.replay")

    assert set(Inbound.objects.values_list("state", flat=True)) == {"dropped"}
