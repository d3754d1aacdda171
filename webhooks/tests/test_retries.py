"""An endpoint's own schedule of retries."""

import pytest
from django.core.exceptions import ValidationError

from tenants.models import Work
from tenants.work import drain
from webhooks.models import Delivery
from webhooks.retries import PRESETS, clean_retries, schedule_of
from webhooks.tests.factories import deliver, make_endpoint, make_event
from webhooks.tests.test_api import client_of


@pytest.mark.parametrize(
    ("written", "stored", "seconds"),
    [
        ("", "", None),
        ("Fast", "fast", PRESETS["fast"]),
        ("none", "none", ()),
        ("30S, 5m  2h", "30s 5m 2h", (30.0, 300.0, 7200.0)),
        ("1d", "1d", (86_400.0,)),
    ],
)
def test_what_can_be_written(written, stored, seconds):
    assert clean_retries(written) == stored
    assert schedule_of(stored) == seconds


@pytest.mark.parametrize(
    "written", ["soon", "5", "-5s", "0s", "8d", "7d 7d 7d", "1s " * 21, "5s none", "1.5h"]
)
def test_what_cannot(written):
    with pytest.raises(ValidationError):
        clean_retries(written)


def test_the_presets_are_as_long_as_they_say():
    assert sum(PRESETS["fast"]) < 3700
    assert 2.5 * 86_400 < sum(PRESETS["standard"]) < 3.5 * 86_400
    assert 7.5 * 86_400 < sum(PRESETS["long"]) < 8.5 * 86_400


def tries_of(tenant, receiver, retries):
    make_endpoint(tenant, receiver.url("/status/500"), retries=retries)
    make_event(tenant)
    deliver()
    for _time in range(5):
        Work.objects.filter(lane="webhooks.deliver").update(due="2020-01-01T00:00:00Z")
        drain("webhooks.deliver")
    delivery = Delivery.objects.get()
    return delivery.state, delivery.attempts


@pytest.mark.parametrize(("retries", "attempts"), [("none", 1), ("1s 2s", 3)])
def test_it_is_kept_to(tenant, receiver, retries, attempts):
    assert tries_of(tenant, receiver, retries) == ("failed", attempts)


def test_the_known_paths_are_the_same_endpoints(tenant):
    client = client_of(tenant)
    new = {"name": "a", "url": "https://example.com/", "events": ["*"], "retries": "5m, 1h"}

    made = client.post("/webhooks", new)
    refused = client.post("/webhooks", new | {"name": "b", "retries": "often"})
    address = f"/webhooks/{made.data['id']}"
    listed = client.get("/webhooks").data["results"]
    changed = client.patch(address, {"retries": "long"})
    tested = client.post(f"{address}/test", {})

    assert (made.status_code, made.data["retries"]) == (201, "5m 1h")
    assert [error["field"] for error in refused.json()["errors"]] == ["retries"]
    assert [one["id"] for one in listed] == [made.data["id"]]
    assert (
        changed.data["retries"]
        == client.get(f"/api/v1{address.replace('webhooks', 'endpoints')}").data["retries"]
    )
    assert tested.status_code == 202
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
