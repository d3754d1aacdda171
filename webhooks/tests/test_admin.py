"""The pages as an administrator, a manager, a viewer and another company's people see them."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tenants.models import Role
from tenants.scoping import all_tenants
from tenants.tests.factories import make_member
from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.models import Delivery, Endpoint, EndpointSecret
from webhooks.signing import new_secret
from webhooks.tests.factories import deliver, make_endpoint, make_event

FORM = {
    "name": "CRM feed",
    "url": "https://hooks.example.com/in",
    "events": ["*", "endpoint.*"],
    "format": "standard",
    "description": "",
    "timeout": "",
    "filter": "",
    "headers": "X-Shop: 7\nX-Other: a: b",
    "secret": "",
}


def signed_in(tenant, role=Role.ADMIN):
    client = Client()
    client.force_login(make_member(tenant, role).user)
    return client


@pytest.fixture
def client(tenant):
    return signed_in(tenant)


def page(name, *args):
    return reverse(f"admin:webhooks_{name}", args=args)


def test_creating_shows_the_secret_once_and_nowhere_else(client, tenant):
    form = client.get(page("endpoint_add"))
    made = client.post(page("endpoint_add"), FORM)

    assert 'value="endpoint.*"' in form.content.decode()
    endpoint = Endpoint.objects.get()
    secret = EndpointSecret.objects.get().secret
    assert made.status_code == 200
    assert secret in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert (endpoint.tenant_id, endpoint.events) == (tenant.pk, ["*", "endpoint.*"])
    assert endpoint.headers == {"X-Shop": "7", "X-Other": "a: b"}
    again = client.get(page("endpoint_change", endpoint.pk)).content.decode()
    assert secret not in again
    assert "X-Other: a: b" in again


def test_groups_of_events_fold_and_those_with_a_choice_are_open(client, tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url(), events=["endpoint.enabled"])

    shown = client.get(page("endpoint_change", endpoint.pk)).content.decode()

    opened = re.findall(r'<details class="wh-event-group" open>\s*<summary>(.+?) <span', shown)
    assert opened == ["Everything", "endpoint"]
    assert "1 of 5" in shown
    assert len(re.findall('<details class="wh-event-group">', shown)) > 5


WARNING = "This URL leads back to this installation."


@pytest.mark.parametrize(
    ("url", "is_warned"),
    [
        ("https://hub.example.com/webhook/shopify/abc", True),
        ("https://HUB.example.com.:443/anything", True),
        ("http://office.example.com/webhook/shopify/abc", True),  # the host under which the person is here
        ("https://hub.example.com:8443/in", False),
        ("https://hooks.example.com/webhook/shopify/abc", False),
        ("https://hub.example.com.other.example/in", False),
    ],
)
def test_a_url_that_leads_back_here_is_warned_of_and_saved(client, settings, url, is_warned):
    settings.PUBLIC_URL = "https://hub.example.com"
    client.defaults["HTTP_HOST"] = "office.example.com"

    made = client.post(page("endpoint_add"), FORM | {"url": url})
    changed = client.post(
        page("endpoint_change", Endpoint.objects.get().pk), FORM | {"url": url, "name": "B"}, follow=True
    )

    assert Endpoint.objects.get().name == "B"
    assert [WARNING in answer.content.decode() for answer in (made, changed)] == [is_warned] * 2


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"url": "http://10.0.0.1/"}, "private or local network"),
        ({"url": "example.com"}, "http://"),
        ({"events": []}, "required"),
        ({"events": ["no.such"]}, "no.such"),
        ({"headers": "nonsense"}, "Name: value"),
        ({"headers": "Host: evil"}, "Host"),
        ({"secret": "hunter2"}, "signing secret"),
        ({"timeout": "900"}, "less than or equal"),
    ],
)
def test_bad_input_is_named_and_nothing_is_stored(client, change, complaint):
    answer = client.post(page("endpoint_add"), FORM | change)

    assert answer.status_code == 200
    assert complaint in answer.content.decode()
    assert not Endpoint.objects.exists()


def test_a_name_that_is_taken(client, tenant):
    make_endpoint(tenant, name="CRM feed")

    answer = client.post(page("endpoint_add"), FORM)

    assert (answer.status_code, "already exists" in answer.content.decode()) == (200, True)
    assert Endpoint.objects.count() == 1


def test_an_own_secret_and_an_edit(client):
    secret = new_secret()
    client.post(page("endpoint_add"), FORM | {"secret": secret})
    endpoint = Endpoint.objects.get()

    edited = client.post(
        page("endpoint_change", endpoint.pk), FORM | {"events": ["endpoint.enabled"], "timeout": "9"}
    )

    assert edited.status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.events, endpoint.timeout) == (["endpoint.enabled"], 9)
    assert EndpointSecret.objects.get().secret == secret


def test_test_rotate_disable_enable_parked(client, tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url(), events=["endpoint.enabled"], name="Feed")

    for name in ("test", "rotate", "disable", "enable", "parked"):
        asked = client.get(page(f"endpoint_{name}", endpoint.pk))
        assert asked.status_code == 200
        assert "csrfmiddlewaretoken" in asked.content.decode()
    assert EndpointSecret.objects.count() == 1
    assert Endpoint.objects.get().is_enabled

    tested = client.post(page("endpoint_test", endpoint.pk), {"message": "hello"}, follow=True)
    deliver()
    assert "See how it went" in tested.content.decode()
    assert b'"hello"' in receiver.requests[0].body
    rotated = client.post(page("endpoint_rotate", endpoint.pk), {"overlap_hours": "1"})
    assert EndpointSecret.objects.order_by("-id").first().secret in rotated.content.decode()
    assert EndpointSecret.objects.exclude(expires_at=None).count() == 1
    client.post(page("endpoint_disable", endpoint.pk))
    make_event(tenant, "endpoint.enabled")
    deliver()
    enabled = client.post(page("endpoint_enable", endpoint.pk), follow=True)
    assert "parked for" in enabled.content.decode()
    client.post(page("endpoint_parked", endpoint.pk))
    deliver()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}


def test_a_delivery_shows_request_answer_and_body(client, tenant, receiver):
    make_endpoint(
        tenant, receiver.url("/status/404"), ["endpoint.*"], name="Feed", headers={"X-Api-Key": "k1k2k3"}
    )
    event = make_event(tenant, name="<script>")
    deliver()
    delivery = Delivery.objects.get()

    shown = client.get(page("delivery_change", delivery.pk)).content.decode()
    listed = client.get(page("delivery_changelist")).content.decode()

    assert f"webhook-id: {event.id}" in shown
    assert "the answer" in shown
    assert "does not exist there (404)" in shown
    assert "&lt;script&gt;" in shown
    assert "k1k2k3" not in shown
    assert "does not exist there (404)" in listed
    assert "Feed" in client.get(reverse("admin:tenants_event_change", args=[event.pk])).content.decode()
    assert client.get(reverse("admin:tenants_event_changelist")).status_code == 200


def test_replaying_alone_and_in_bulk_shows_the_count_first(client, tenant, receiver):
    good, _secret = make_endpoint(tenant, receiver.url(), name="good", events=["endpoint.enabled"])
    closed, _secret = make_endpoint(
        tenant, receiver.url("/ok?closed"), name="closed", events=["endpoint.enabled"]
    )
    for _ in range(3):
        make_event(tenant, "endpoint.enabled")
    deliver()
    disable_endpoint(closed)
    receiver.requests.clear()
    one = Delivery.objects.filter(endpoint=good).first()

    assert client.get(page("delivery_replay", one.pk)).status_code == 200
    assert receiver.requests == []
    client.post(page("delivery_replay", one.pk))
    deliver()
    assert len(receiver.requests) == 1

    everything = [
        str(pk) for pk in Delivery.objects.filter(event_type="endpoint.enabled").values_list("pk", flat=True)
    ]
    choice = {"action": "replay_chosen", "_selected_action": everything, "select_across": "0"}
    asked = client.post(page("delivery_changelist"), choice)
    assert "3 can be sent again" in asked.content.decode()
    assert Delivery.objects.filter(state="pending").count() == 0
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.content.decode())
    confirmed = {name: value for name, value in hidden if name != "csrfmiddlewaretoken"}
    assert confirmed["confirmed"] == "1"
    client.post(page("delivery_changelist"), choice | {"confirmed": "1"})
    assert Delivery.objects.filter(state="pending").count() == 3
    client.post(page("delivery_changelist"), choice | {"action": "cancel_chosen", "confirmed": "1"})
    assert Delivery.objects.filter(state="cancelled").count() == 3


def test_logs_cannot_be_changed(client, tenant, receiver):
    make_endpoint(tenant, receiver.url(), ["endpoint.*"])
    event = make_event(tenant)
    deliver()
    delivery = Delivery.objects.get()

    assert client.get(page("delivery_add")).status_code == 403
    assert client.post(page("delivery_change", delivery.pk), {"state": "done"}).status_code == 403
    assert client.post(page("delivery_delete", delivery.pk), {"post": "yes"}).status_code == 403
    assert (
        client.post(reverse("admin:tenants_event_delete", args=[event.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert Delivery.objects.count() == 1


def test_viewers_look_and_touch_nothing(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url())
    make_event(tenant)
    deliver()
    delivery = Delivery.objects.get()
    viewer, manager = signed_in(tenant, Role.VIEWER), signed_in(tenant, Role.MANAGER)

    assert viewer.get(page("endpoint_changelist")).status_code == 403
    for name in ("test", "rotate", "disable", "enable", "parked"):
        assert viewer.post(page(f"endpoint_{name}", endpoint.pk)).status_code == 404
        assert manager.post(page(f"endpoint_{name}", endpoint.pk)).status_code == 404
    assert viewer.get(page("delivery_changelist")).status_code == 403
    assert viewer.post(page("delivery_replay", delivery.pk)).status_code == 404
    assert manager.get(page("delivery_change", delivery.pk)).status_code == 200
    assert manager.post(page("delivery_replay", delivery.pk)).status_code == 302
    assert Endpoint.objects.get().is_enabled


def test_another_company_finds_nothing(tenant, other_tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url(), name="secret feed")
    event = make_event(tenant)
    deliver()
    delivery = Delivery.objects.get()
    stranger = signed_in(other_tenant, Role.OWNER)

    for name in ("test", "rotate", "disable", "enable", "parked"):
        assert stranger.get(page(f"endpoint_{name}", endpoint.pk)).status_code == 404
        assert stranger.post(page(f"endpoint_{name}", endpoint.pk)).status_code == 404
    assert stranger.get(page("delivery_replay", delivery.pk)).status_code == 404
    for url in (
        page("endpoint_change", endpoint.pk),
        page("delivery_change", delivery.pk),
        reverse("admin:tenants_event_change", args=[event.pk]),
    ):
        # Django sends people away from an object that is not there.
        assert stranger.get(url).status_code in (302, 404)
    assert b"secret feed" not in stranger.get(page("endpoint_changelist")).content
    assert b"secret feed" not in stranger.get(page("delivery_changelist")).content
    chosen = {"action": "replay_chosen", "_selected_action": [str(delivery.pk)], "confirmed": "1"}
    stranger.post(page("delivery_changelist"), chosen)
    with all_tenants():
        assert Delivery.objects.get().state == "done"
        assert len(receiver.requests) == 1


@pytest.mark.parametrize("name", ["endpoint_changelist", "delivery_changelist"])
def test_lists_take_the_same_queries_however_long(client, tenant, receiver, name):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page(name)).status_code == 200
        return len(captured)

    make_endpoint(tenant, receiver.url())
    make_event(tenant)
    deliver()
    queries()
    few = queries()
    for _ in range(5):
        make_endpoint(tenant, receiver.url())
        make_event(tenant)
    deliver()

    assert queries() <= few + 1
