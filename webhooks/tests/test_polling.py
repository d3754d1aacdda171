"""A subscriber that fetches its events, and that no event is stepped over."""

import json
import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.models import Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain, horizon
from webhooks.models import Payload
from webhooks.tests.factories import deliver, make_endpoint, make_event
from webhooks.tests.test_api import client_of


@pytest.fixture
def client(tenant):
    return client_of(tenant)


@pytest.fixture
def _at_once(monkeypatch):
    """Tests that are not about the margin do not wait for it."""
    monkeypatch.setattr(horizon, "MARGIN", -timedelta(seconds=5))


def fetch(client, endpoint, **parameters):
    answer = client.get(f"/api/v1/endpoints/{endpoint.pk}/events", parameters)
    assert answer.status_code == 200, answer.data
    return answer.json()


@pytest.mark.usefixtures("_at_once")
def test_events_come_in_their_order_page_by_page_to_the_end(client, tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url())
    sent = [make_event(tenant, name=f"number {number}") for number in range(5)]
    deliver()

    first = fetch(client, endpoint, limit=3)
    second = fetch(client, endpoint, limit=3, after=first["cursor"])
    third = fetch(client, endpoint, after=second["cursor"])

    assert (first["has_more"], second["has_more"], third["has_more"]) == (True, False, False)
    got = first["events"] + second["events"]
    assert {one["id"] for one in got} == {str(event.id) for event in sent}
    moments = [UUID(one["id"]).int >> 80 for one in got]
    assert moments == sorted(moments)
    assert {one["state"] for one in got} == {"done"}
    sent_bodies = {request.headers["webhook-id"]: request.body for request in receiver.requests}
    assert {one["id"]: one["body"].encode() for one in got} == sent_bodies
    assert (third["events"], third["cursor"]) == ([], second["cursor"])


@pytest.mark.usefixtures("_at_once")
def test_a_disabled_endpoint_collects_and_a_filter_holds(client, tenant):
    endpoint, _secret = make_endpoint(tenant, filter={"data.name": "wanted"})
    type(endpoint).objects.filter(pk=endpoint.pk).update(state="disabled")
    make_event(tenant, name="other")
    wanted = make_event(tenant, name="wanted")
    drain("webhooks.fanout")

    (one,) = fetch(client, endpoint)["events"]

    assert (one["id"], one["state"]) == (str(wanted.id), "parked")


@pytest.mark.usefixtures("_at_once")
def test_since_is_where_the_first_request_may_begin(client, tenant):
    endpoint, _secret = make_endpoint(tenant)
    make_event(tenant)
    drain("webhooks.fanout")

    assert fetch(client, endpoint, since=(timezone.now() + timedelta(minutes=1)).isoformat())["events"] == []
    assert (
        len(fetch(client, endpoint, since=(timezone.now() - timedelta(minutes=1)).isoformat())["events"]) == 1
    )


@pytest.mark.usefixtures("_at_once")
def test_a_body_that_is_no_longer_kept_is_null(client, tenant):
    endpoint, _secret = make_endpoint(tenant)
    make_event(tenant)
    drain("webhooks.fanout")
    Payload.objects.all().delete()

    (one,) = fetch(client, endpoint)["events"]

    assert (one["body"], one["content_type"]) == (None, "")


@pytest.mark.usefixtures("_at_once")
def test_what_waits_to_be_fanned_out_holds_back_what_is_younger(client, tenant):
    endpoint, _secret = make_endpoint(tenant)
    late = make_event(tenant, name="late")
    row = Work.objects.get(subject=late.pk)
    Work.objects.filter(pk=row.pk).delete()
    young = make_event(tenant, name="young")
    drain("webhooks.fanout")
    row.pk = None
    row.save()

    assert fetch(client, endpoint)["events"] == []

    drain("webhooks.fanout")
    assert {one["id"] for one in fetch(client, endpoint)["events"]} == {str(late.id), str(young.id)}


def test_the_newest_are_shown_after_the_margin(client, tenant):
    endpoint, _secret = make_endpoint(tenant)
    make_event(tenant)
    drain("webhooks.fanout")

    assert fetch(client, endpoint)["events"] == []


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"after": "nonsense"}, "after"),
        ({"limit": "0"}, "limit"),
        ({"limit": "251"}, "limit"),
        ({"since": "yesterday"}, "since"),
        ({"curser": "1"}, "curser"),
    ],
)
def test_what_cannot_be_is_refused_by_name(client, tenant, parameters, field):
    endpoint, _secret = make_endpoint(tenant)

    answer = client.get(f"/api/v1/endpoints/{endpoint.pk}/events", parameters)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_nobody_elses_endpoint(client, tenant):
    other = make_tenant()
    theirs, _secret = make_endpoint(other)

    assert client.get(f"/api/v1/endpoints/{theirs.pk}/events").status_code == 404
    assert client.get(f"/api/v1/endpoints/{uuid4()}/events").status_code == 404


def test_a_page_costs_a_constant_number_of_queries(client, tenant, monkeypatch):
    monkeypatch.setattr(horizon, "MARGIN", -timedelta(seconds=5))
    endpoint, _secret = make_endpoint(tenant)
    fetch(client, endpoint)  # the first request notes that the key is used
    counts = []
    for _round in range(2):
        for _number in range(10):
            make_event(tenant)
        drain("webhooks.fanout")
        with CaptureQueriesContext(connection) as queries:
            fetch(client, endpoint)
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_no_younger_event_is_shown_while_an_older_one_is_being_written(monkeypatch):
    """The classic gap: a long transaction makes its event first and commits it last."""
    monkeypatch.setattr(horizon, "MARGIN", timedelta(seconds=0))
    with all_tenants():
        tenant = make_tenant()
        endpoint, _secret = make_endpoint(tenant)
        client = client_of(tenant)
        begun, may_end = threading.Event(), threading.Event()
        old: list[UUID] = []

        def write_slowly() -> None:
            with all_tenants(), transaction.atomic():
                old.append(make_event(tenant, name="old").id)
                begun.set()
                may_end.wait(60)
            connection.close()

        writer = threading.Thread(target=write_slowly)
        writer.start()
        assert begun.wait(60)
        if connection.vendor == "postgresql":
            # There others go on writing meanwhile; on SQLite they wait for their turn.
            make_event(tenant, name="young")
            drain("webhooks.fanout")
            assert fetch(client, endpoint)["events"] == []
        may_end.set()
        writer.join(60)
        drain("webhooks.fanout")
        if connection.vendor != "postgresql":
            make_event(tenant, name="young")
            drain("webhooks.fanout")
        monkeypatch.setattr(horizon, "MARGIN", -timedelta(seconds=5))

        names = [json.loads(one["body"])["data"]["name"] for one in fetch(client, endpoint)["events"]]

    assert names == ["old", "young"]
