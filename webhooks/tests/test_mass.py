"""Sending again, sending what was never sent, taking back: counted first, in the background when it is much."""

from datetime import timedelta
from uuid import UUID

import orjson
import pytest
from django.urls import reverse
from django.utils import timezone

from tenants.errors import ConfigError
from tenants.models import Work
from tenants.work import drain
from webhooks.actions import mass
from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.actions.replay_deliveries import replay
from webhooks.models import Delivery, MassAction, MassKind
from webhooks.selectors import DeliveryFilter
from webhooks.tests.factories import deliver, make_endpoint, make_event
from webhooks.tests.test_admin import page, signed_in
from webhooks.tests.test_api import client_of

HOUR = timedelta(hours=1)


@pytest.fixture
def few(monkeypatch):
    """More than two go to the background, two at a time."""
    monkeypatch.setattr("webhooks.actions.mass.AT_ONCE", 2)
    monkeypatch.setattr("webhooks.actions.replay_deliveries.BATCH", 2)
    monkeypatch.setattr("webhooks.missing.BATCH", 2)


def around():
    now = timezone.now()
    return {"since": now - HOUR, "until": now + HOUR}


def failures(tenant, receiver, count):
    endpoint, _secret = make_endpoint(tenant, receiver.url("/status/400"), retries="none")
    for _ in range(count):
        make_event(tenant)
    deliver()
    endpoint.url = receiver.url()
    endpoint.save()
    return endpoint


def test_few_are_sent_again_at_once_and_many_in_the_background(tenant, receiver, few):
    endpoint = failures(tenant, receiver, 5)
    failed = DeliveryFilter(endpoint=endpoint.pk, state="failed", **around())
    assert mass.count(MassKind.REPLAY, failed) == 5

    begun = mass.begin(tenant, MassKind.REPLAY, failed)

    assert begun.count == 5
    assert begun.action is not None
    assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}
    drain("webhooks.mass")
    begun.action.refresh_from_db()
    assert (begun.action.state, begun.action.seen, begun.action.done, begun.action.percent) == (
        "done",
        5,
        5,
        100,
    )
    drain("webhooks.deliver")
    assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}
    assert len(receiver.requests) == 10
    assert mass.begin(tenant, MassKind.REPLAY, failed) == mass.Begun(0, None)


def test_it_goes_on_where_a_killed_worker_stopped(tenant, receiver, few, monkeypatch):
    endpoint = failures(tenant, receiver, 5)
    begun = mass.begin(tenant, MassKind.REPLAY, DeliveryFilter(endpoint=endpoint.pk, state="failed"))
    assert begun.action is not None
    calls: list[list[UUID]] = []

    def dies(ids):
        calls.append(list(ids))
        if len(calls) == 2:
            raise RuntimeError("killed")
        return replay(ids)

    monkeypatch.setattr("webhooks.lanes.mass.replay", dies)
    drain("webhooks.mass")
    begun.action.refresh_from_db()
    assert (begun.action.state, begun.action.seen) == ("running", 2)

    drain("webhooks.mass", now=timezone.now() + HOUR)

    begun.action.refresh_from_db()
    assert (begun.action.state, begun.action.seen, begun.action.done) == ("done", 5, 5)
    assert [len(ids) for ids in calls] == [2, 2, 2, 1]
    assert calls[1] == calls[2]


def test_what_happened_before_the_endpoint_was_there_is_counted_and_sent(tenant, receiver, few):
    for number in range(5):
        make_event(tenant, key=f"before-{number}", name=str(number))
    drain("webhooks.fanout")
    endpoint, _secret = make_endpoint(tenant, receiver.url(), filter={"data.name": {"ne": "3"}})
    make_event(tenant, name="after")
    deliver()
    make_event(tenant, type="endpoint.enabled", name="x")
    deliver()
    when = around()

    begun = mass.begin_missing(endpoint, when["since"], when["until"])
    assert begun.count == 4
    assert begun.action is not None
    drain("webhooks.mass")
    drain("webhooks.deliver")

    sent = [orjson.loads(request.body)["data"]["name"] for request in receiver.requests[2:]]
    assert sorted(sent) == ["0", "1", "2", "4"]
    begun.action.refresh_from_db()
    assert (begun.action.state, begun.action.done) == ("done", 4)
    # Done twice it changes nothing.
    assert mass.begin_missing(endpoint, when["since"], when["until"]) == mass.Begun(0, None)
    assert Delivery.objects.filter(endpoint=endpoint).count() == 6


def test_a_disabled_endpoint_gets_nothing(tenant):
    endpoint, _secret = make_endpoint(tenant)
    disable_endpoint(endpoint)
    when = around()

    with pytest.raises(ConfigError, match="disabled"):
        mass.begin_missing(endpoint, when["since"], when["until"])
    assert not MassAction.objects.exists()


def test_what_waits_is_taken_back_in_the_background_and_it_can_be_stopped(tenant, few):
    endpoint, _secret = make_endpoint(tenant)
    for _ in range(5):
        make_event(tenant)
    drain("webhooks.fanout")
    waiting = DeliveryFilter(endpoint=endpoint.pk)

    first = mass.begin(tenant, MassKind.CANCEL, waiting).action
    assert first is not None
    assert mass.stop(first) is True
    assert mass.stop(first) is False
    drain("webhooks.mass")
    assert set(Delivery.objects.values_list("state", flat=True)) == {"pending"}

    second = mass.begin(tenant, MassKind.CANCEL, waiting).action
    drain("webhooks.mass")
    assert second is not None
    second.refresh_from_db()
    assert (second.state, second.done) == ("done", 5)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}
    assert not Work.objects.exists()


def test_the_api_counts_first_and_says_where_it_goes_on(tenant, other_tenant, receiver, few):
    endpoint = failures(tenant, receiver, 3)
    client, stranger = client_of(tenant), client_of(other_tenant)
    wanted = {"endpoint": str(endpoint.pk)}

    assert client.post("/api/v1/deliveries/replay", wanted, format="json").data["count"] == 3
    assert stranger.post("/api/v1/deliveries/replay", wanted, format="json").data["count"] == 0
    begun = client.post("/api/v1/deliveries/replay", {**wanted, "dry_run": False}, format="json")
    assert (begun.status_code, begun.data["count"]) == (202, 3)
    path = f"/api/v1/mass-actions/{begun.data['mass_action']}"
    assert stranger.get(path).status_code == 404
    assert stranger.post(f"{path}/cancel").status_code == 404
    assert client.get(path).data["state"] == "pending"
    drain("webhooks.mass")
    done = client.get(path).data
    assert (done["state"], done["percent"], done["made_by"] != "") == ("done", 100, True)
    assert client.post(f"{path}/cancel").status_code == 409

    assert client.post("/api/v1/deliveries/cancel", wanted, format="json").data["count"] == 3
    assert client.post("/api/v1/deliveries/cancel", {"state": "done"}, format="json").status_code == 400
    late = around()
    swapped = {"since": late["until"], "until": late["since"]}
    refused = client.post(f"/api/v1/endpoints/{endpoint.pk}/send-missing", swapped, format="json")
    assert refused.status_code == 400
    assert "until" in str(refused.data)
    counted = client.post(f"/api/v1/endpoints/{endpoint.pk}/send-missing", late, format="json")
    assert (counted.data["count"], counted.data["is_all"], counted.data["dry_run"]) == (0, True, True)


def test_the_page_counts_before_it_does_anything(tenant, receiver, few):
    endpoint = failures(tenant, receiver, 3)
    client = signed_in(tenant)
    address = page("endpoint_recover", endpoint.pk)
    form = {"what": "failed", "since": "2020-01-01T00:00", "until": "2100-01-01T00:00"}

    counted = client.post(address, form).content.decode()
    assert "Found: 3" in counted
    assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}

    begun = client.post(address, form | {"confirmed": "1"})
    action = MassAction.objects.get()
    assert begun.headers["Location"] == page("massaction_change", action.pk)
    shown = client.get(begun.headers["Location"]).content.decode()
    assert 'data-unfinished="1"' in shown
    assert client.post(page("massaction_cancel", action.pk)).status_code == 302
    action.refresh_from_db()
    assert action.state == "cancelled"
    assert "cancelled" in client.get(page("massaction_changelist")).content.decode()


@pytest.mark.parametrize(
    ("action", "kind", "state"),
    [("replay_chosen", "replay", "pending"), ("cancel_chosen", "cancel", "cancelled")],
)
def test_many_chosen_on_the_list_go_on_in_the_background(tenant, monkeypatch, action, kind, state):
    monkeypatch.setattr("webhooks.actions.chosen_rows.AT_ONCE", 2)
    monkeypatch.setattr("webhooks.lanes.mass.BATCH", 2)
    make_endpoint(tenant)
    for _number in range(6):
        make_event(tenant)
    drain("webhooks.fanout")
    assert Delivery.objects.count() == 6
    if kind == "replay":
        Delivery.objects.update(state="failed")
        Work.objects.all().delete()
    ids = list(Delivery.objects.order_by("id").values_list("id", flat=True))
    client = signed_in(tenant)
    choice = {"action": action, "_selected_action": [str(id_) for id_ in ids[:5]], "confirmed": "1"}

    answer = client.post(reverse("admin:webhooks_delivery_changelist"), choice)

    made = MassAction.objects.get()
    assert answer.headers["Location"] == reverse("admin:webhooks_massaction_change", args=[made.pk])
    assert (made.kind, made.total, made.done) == (kind, 5, 0)
    drain("webhooks.mass")
    made.refresh_from_db()
    assert (made.state, made.seen, made.done) == ("done", 5, 5)
    assert Delivery.objects.filter(state=state, pk__in=ids[:5]).count() == 5
    assert Delivery.objects.get(pk=ids[5]).state != state
