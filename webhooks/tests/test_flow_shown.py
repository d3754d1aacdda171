"""Limits, order, batches and the breaker, as people and machines set and see them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from webhooks.models import Endpoint, EndpointFlow
from webhooks.tests.factories import make_endpoint
from webhooks.tests.test_admin import FORM, page, signed_in
from webhooks.tests.test_api import NEW, client_of

pytestmark = pytest.mark.django_db
FLOW = {
    "rate_limit": 30,
    "rate_period": "minute",
    "concurrency": 4,
    "ordering_mode": "key",
    "ordering_key": "data.order_id",
    "on_failure": "block",
    "batch_size": 1,
}


def test_by_the_api(tenant):
    client = client_of(tenant)

    made = client.post("/api/v1/endpoints", NEW | FLOW, format="json")
    changed = client.patch(
        f"/api/v1/endpoints/{made.data['id']}", {"rate_limit": None, "concurrency": 2}, format="json"
    )

    assert made.status_code == 201, made.data
    assert {name: made.data[name] for name in FLOW} == FLOW
    assert made.data["flow"] == {
        "state": "closed", "since": None, "next_probe": None, "reason": "", "last_seq": 0
    }  # fmt: skip
    assert (changed.data["rate_limit"], changed.data["concurrency"]) == (None, 2)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rate_limit": 0}, "rate_limit"),
        ({"rate_period": "week"}, "rate_period"),
        ({"concurrency": "many"}, "concurrency"),
        ({"ordering_mode": "sorted"}, "ordering_mode"),
        ({"ordering_key": ""}, "ordering_key"),
        ({"batch_size": 3}, "batch_size"),
        ({"on_failure": "cry"}, "on_failure"),
    ],
)
def test_mistakes_name_their_field_and_nothing_is_stored(tenant, change, field):
    refused = client_of(tenant).post("/api/v1/endpoints", NEW | FLOW | change, format="json")

    assert refused.status_code == 400
    assert field in str(refused.data)
    assert not Endpoint.objects.exists()


def open_circuit(tenant):
    endpoint, _secret = make_endpoint(
        tenant, rate_limit=30, concurrency=4, batch_size=5, ordering_mode="strict"
    )
    now = timezone.now()
    EndpointFlow.objects.create(
        endpoint=endpoint,
        tenant=tenant,
        breaker="open",
        reason="timeout",
        opened_at=now,
        probe_at=now + timedelta(seconds=30),
        last_seq=7,
    )
    return endpoint


def test_the_breaker_by_the_api(tenant):
    endpoint = open_circuit(tenant)
    client = client_of(tenant)

    shown = client.get(f"/api/v1/endpoints/{endpoint.pk}").data["flow"]
    disabled = client.post(f"/api/v1/endpoints/{endpoint.pk}/disable")
    enabled = client.post(f"/api/v1/endpoints/{endpoint.pk}/enable")

    assert (shown["state"], shown["reason"], shown["last_seq"]) == ("open", "timeout", 7)
    assert shown["since"] < shown["next_probe"]
    assert disabled.status_code == 200
    assert enabled.data["flow"]["state"] == "closed"


def test_the_breaker_on_its_page_and_in_the_list(tenant):
    endpoint = open_circuit(tenant)
    client = signed_in(tenant)

    shown = client.get(page("endpoint_change", endpoint.pk)).content.decode()
    listed = client.get(page("endpoint_changelist")).content.decode()

    assert "left alone" in shown
    assert "next probe at" in shown
    assert "No complete answer arrived in time." in shown
    for words in (
        "at most 30 a second",
        "at most 4 at a time",
        "up to 5 events in a request",
        "last number 7",
    ):
        assert words in shown
    assert "left alone" in listed


def test_by_the_form(tenant):
    client = signed_in(tenant)
    wanted = FORM | FLOW | {"batch_size": "1"}

    made = client.post(page("endpoint_add"), wanted)
    refused = client.post(page("endpoint_add"), wanted | {"name": "Other", "ordering_key": "order"})

    assert made.status_code == 200
    endpoint = Endpoint.objects.get()
    assert {name: getattr(endpoint, name) for name in FLOW} == FLOW
    assert "not a path into the body" in refused.content.decode()
