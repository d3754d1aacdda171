"""/api/v1/portal-links: made, listed, taken back; the address is shown once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from tenants.models import AuditEntry, StoredAnswer
from webhooks.actions.portal_links import MOST_OPEN
from webhooks.models import PortalLink
from webhooks.tests.factories import make_endpoint
from webhooks.tests.test_api import client_of

PATH = "/api/v1/portal-links"


@pytest.fixture
def client(tenant):
    return client_of(tenant)


def new_link(endpoint, **values):
    until = timezone.now() + timedelta(days=7)
    link = {"endpoint": str(endpoint.pk), "name": "Shop's developers", "expires_at": until.isoformat()}
    return link | values


def test_a_link_is_made_opens_its_page_and_is_taken_back(client, tenant):
    endpoint, _secret = make_endpoint(tenant)
    other, _secret = make_endpoint(tenant)

    made = client.post(PATH, new_link(endpoint, may_change=False))

    assert made.status_code == 201
    address = "/" + made.data["url"].split("/", 3)[3]
    assert Client().get(address).status_code == 200
    one = f"{PATH}/{made.data['id']}"
    shown = client.get(one).data
    assert "url" not in shown
    assert (shown["is_open"], shown["may_change"], shown["endpoint"]) == (True, False, endpoint.pk)
    assert shown["last_used_at"] is not None
    client.post(PATH, new_link(other))
    listed = client.get(f"{PATH}?endpoint={endpoint.pk}").data["results"]
    assert [link["id"] for link in listed] == [made.data["id"]]
    assert len(client.get(PATH).data["results"]) == 2

    taken = client.post(f"{one}/revoke")
    assert (taken.status_code, taken.data["is_open"]) == (200, False)
    assert taken.data["revoked_at"] is not None
    assert Client().get(address).status_code == 404
    assert client.post(f"{one}/revoke").status_code == 409
    assert client.delete(one).status_code == 405
    actions = AuditEntry.objects.values_list("action", flat=True)
    assert {"endpoint.link_made", "endpoint.link_taken_back"} <= set(actions)


def test_the_address_is_in_no_kept_answer(client, tenant):
    wanted = new_link(make_endpoint(tenant)[0])

    first = client.post(PATH, wanted, HTTP_IDEMPOTENCY_KEY="once")
    second = client.post(PATH, wanted, HTTP_IDEMPOTENCY_KEY="once")

    token = first.data["url"].rsplit("/", 1)[1]
    assert (second.json()["id"], second.json()["url"]) == (first.data["id"], None)
    assert token not in str(StoredAnswer.objects.get().body)
    assert token not in str(list(AuditEntry.objects.values_list("before", "after")))
    assert PortalLink.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"endpoint": "x"}, "endpoint"),
        ({"endpoint": str(uuid4())}, "endpoint"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "9999-01-01T00:00:00Z"}, "expires_at"),
        ({"may_change": "perhaps"}, "may_change"),
        ({"digest": "x"}, "digest"),
    ],
)
def test_bad_input_is_named(client, tenant, change, field):
    refused = client.post(PATH, new_link(make_endpoint(tenant)[0]) | change)

    assert refused.status_code == 400
    assert [one["field"] for one in refused.data["errors"]] == [field]
    assert PortalLink.objects.count() == 0


def test_no_more_than_twenty_are_open(client, tenant):
    endpoint, _secret = make_endpoint(tenant)
    until = timezone.now() + timedelta(days=1)
    PortalLink.objects.bulk_create(
        PortalLink(tenant=tenant, endpoint=endpoint, name="x", digest=str(n), expires_at=until)
        for n in range(MOST_OPEN)
    )

    assert client.post(PATH, new_link(endpoint)).status_code == 422


def test_scopes_and_strangers(tenant, other_tenant):
    endpoint, _secret = make_endpoint(tenant)
    made = client_of(tenant).post(PATH, new_link(endpoint)).data["id"]
    reader, stranger = client_of(tenant, "portal-links:read"), client_of(other_tenant)

    assert reader.get(f"{PATH}/{made}").status_code == 200
    assert reader.post(PATH, new_link(endpoint)).status_code == 403
    assert reader.post(f"{PATH}/{made}/revoke").status_code == 403
    assert client_of(tenant, "endpoints:*").get(PATH).status_code == 403
    assert stranger.post(PATH, new_link(endpoint)).status_code == 400
    assert stranger.get(f"{PATH}/{made}").status_code == 404
    assert stranger.post(f"{PATH}/{made}/revoke").status_code == 404
    assert stranger.get(f"{PATH}?endpoint={endpoint.pk}").data["results"] == []
    assert PortalLink.objects.get().is_open
