"""The pages of captures, of ranges that are processed again, and of what is kept aside."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tenants.models import AuditEntry, Role
from tenants.tests.factories import make_member
from tenants.work import drain
from webhooks.models import Capture, CapturedRequest, Inbound, InboundReplay, Source
from webhooks.tests.factories import make_inbound, make_source
from webhooks.tests.senders import BODY, SECRET, signed


def signed_in(tenant, role=Role.ADMIN):
    client = Client()
    client.force_login(make_member(tenant, role).user)
    return client


@pytest.fixture
def client(tenant):
    return signed_in(tenant)


def page(name, *args):
    return reverse(f"admin:webhooks_{name}", args=args)


def recorded(capture, **headers):
    sent = {name.lower(): value for name, value in (signed("shopify", SECRET) | headers).items()}
    return CapturedRequest.objects.create(
        tenant=capture.tenant, capture=capture, method="POST", headers=sent, body=BODY, address="192.0.2.7"
    )


def test_from_a_url_that_records_to_a_source_in_two_clicks(client, tenant):
    made = client.post(page("capture_add"), {"name": "New shop"})
    capture = Capture.objects.get()
    recorded(capture, **{"X-Api-Token": "hunter2hunter2"})

    shown = client.get(made["Location"]).content.decode()
    found = client.post(page("capture_suggest", capture.pk), {"secret": SECRET}).content.decode()
    nothing = client.post(page("capture_suggest", capture.pk), {"secret": "another secret"}).content.decode()
    client.post(page("capture_suggest", capture.pk), {"secret": SECRET})
    gone = client.post(page("capture_use", capture.pk), {"guess": "shopify:7"}, follow=True)
    used = client.post(page("capture_use", capture.pk), {"guess": "shopify:0"}, follow=True)

    assert f"http://testserver{capture.path}" in shown
    assert "order.paid" in shown
    assert "hunter2hunter2" not in shown
    assert "proves 1 of 1" in found
    assert SECRET not in found
    assert "looks like it" in nothing
    assert "Settings → Notifications" in nothing
    assert "is gone" in gone.content.decode()
    source = Source.objects.get()
    assert (source.preset, source.name, source.secret) == ("shopify", "New shop", SECRET)
    assert source.public_id == capture.public_id
    assert "1 recorded request is processed" in used.content.decode()
    assert (Inbound.objects.count(), CapturedRequest.objects.count()) == (1, 0)
    capture.refresh_from_db()
    assert capture.secret is None
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"capture.created", "capture.used"}
    assert client.post(page("capture_use", capture.pk), {"guess": "shopify:0"}).status_code == 302
    assert Source.objects.count() == 1


def test_a_capture_is_seen_by_managers_and_used_by_administrators(tenant, other_tenant):
    capture = Capture.objects.create(tenant=tenant, name="New shop")
    manager, agent = signed_in(tenant, Role.MANAGER), signed_in(tenant, Role.AGENT)

    assert manager.get(page("capture_change", capture.pk)).status_code == 200
    assert manager.post(page("capture_suggest", capture.pk), {"secret": SECRET}).status_code == 404
    assert agent.get(page("capture_change", capture.pk)).status_code == 403
    assert signed_in(other_tenant).post(page("capture_use", capture.pk)).status_code == 404


def test_a_range_is_counted_confirmed_and_followed(client, tenant):
    source = make_source(tenant, "shopify")
    for _number in range(3):
        make_inbound(source)
    drain("webhooks.inbound")
    wanted = {"source": str(source.pk), "state": "processed", "event": ""}

    assert "Process a range again" in client.get(page("inbound_changelist")).content.decode()
    counted = client.post(page("inbound_range"), wanted).content.decode()
    wrong = client.post(
        page("inbound_range"),
        wanted | {"since_0": "2026-11-02", "since_1": "10:00", "until_0": "2026-11-01", "until_1": "10:00"},
    ).content.decode()
    mark = re.search('name="confirmed" value="([0-9a-f]+)"', counted)[1]
    changed = client.post(page("inbound_range"), wanted | {"state": "", "confirmed": mark})
    begun = client.post(page("inbound_range"), wanted | {"confirmed": mark})
    run = InboundReplay.objects.get()
    status = client.get(page("inboundreplay_status") + f"?ids={run.pk}").json()
    drain("webhooks.replay")

    assert "There are 3 requests in this range" in counted

    assert "must lie after the beginning" in wrong
    assert changed.status_code == 200  # another range than the one that was counted
    assert begun["Location"] == page("inboundreplay_change", run.pk)
    assert [(one["percent"], one["is_finished"], one["rows"]) for one in status["exports"]] == [
        (0, False, "0 of 3")
    ]
    assert "3 of 3" in client.get(page("inboundreplay_change", run.pk)).content.decode()
    assert client.post(page("inboundreplay_cancel", run.pk), follow=True).status_code == 200
    assert set(Inbound.objects.values_list("state", "replays")) == {("received", 1)}
    assert signed_in(tenant, Role.AGENT).post(page("inbound_range"), wanted).status_code == 404


def test_what_is_kept_aside_is_shown_and_decided_on(client, tenant):
    source = make_source(tenant, "shopify", intake="listed", expected=["orders/*"])
    rows = [make_inbound(source, headers={"x-shopify-topic": f"carts/{number}"}) for number in range(3)]
    drain("webhooks.inbound")
    chosen = {"_selected_action": [str(rows[0].pk), str(rows[1].pk)]}

    shown = client.get(page("source_change", source.pk)).content.decode()
    asked = client.post(page("inbound_changelist"), chosen | {"action": "drop_chosen"}).content.decode()
    client.post(page("inbound_changelist"), chosen | {"action": "drop_chosen", "confirmed": "1"})
    client.post(
        page("inbound_changelist"),
        {"_selected_action": [str(one.pk) for one in rows], "action": "release_chosen", "confirmed": "1"},
    )

    assert "3 requests with events that nobody expects are kept aside" in shown
    assert "Of the chosen requests, 2 are kept aside" in asked
    assert sorted(Inbound.objects.values_list("state", flat=True)) == ["dropped", "dropped", "received"]


def test_the_form_takes_what_a_sender_needs(client):
    form = {
        "name": "Acme",
        "preset": "hmac",
        "secret": "00112233445566778899aabbccddeeff",
        "header": "X-Sig",
        "algorithm": "sha512",
        "encoding": "base64",
        "key": "hex",
        "signed": "{timestamp}.{body}",
        "timestamp_header": "X-Time",
        "tolerance": "300",
        "is_enabled": "on",
        "intake": "listed",
        "expected": "orders/*\n\n ping ",
        "relay": "shop.*",
        "relay_headers": "X-Shop",
    }

    bad = client.post(page("source_add"), form | {"relay": "call.*", "timestamp_header": ""}).content.decode()
    made = client.post(page("source_add"), form)

    assert "Name the header that carries {timestamp}" in bad
    assert made.status_code == 200
    source = Source.objects.get()
    assert (source.expected, source.relay, source.relay_headers) == (
        ["orders/*", "ping"],
        "shop.*",
        ["x-shop"],
    )
    assert source.options["key"] == "hex"
    assert "{timestamp}.{body}" in client.get(page("source_change", source.pk)).content.decode()


def test_captures_end_and_are_few(client, tenant):
    for number in range(10):
        Capture.objects.create(tenant=tenant, name=f"Capture {number}")

    refused = client.post(page("capture_add"), {"name": "One more"}, follow=True).content.decode()
    Capture.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    client.post(page("capture_add"), {"name": "One more"})

    assert "Ten captures record already" in refused
    assert Capture.objects.filter(name="One more").count() == 1
