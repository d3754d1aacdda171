"""The pages of sources and inbound requests, as people of every role see them."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tenants.admin.navigation import sidebar
from tenants.models import AuditEntry, Event, Role
from tenants.scoping import all_tenants
from tenants.tests.factories import make_member, make_operator
from tenants.work import drain
from webhooks.models import Inbound, Source, SourceTally
from webhooks.presets import PRESETS
from webhooks.tests.factories import make_inbound, make_source

FORM = {
    "name": "Shop",
    "preset": "standard",
    "secret": "",
    "header": "",
    "prefix": "",
    "encoding": "hex",
    "event_field": "",
    "id_field": "",
    "description": "",
    "tolerance": "300",
    "is_enabled": "on",
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


def test_a_made_secret_is_shown_once_with_the_url(client, tenant):
    form = client.get(page("source_add")).content.decode()
    made = client.post(page("source_add"), FORM)

    source = Source.objects.get()
    shown = made.content.decode()
    assert all(f'value="{name}"' in form for name in PRESETS)
    assert (made.status_code, source.tenant_id) == (200, tenant.pk)
    assert source.secret in shown
    assert f"http://testserver/webhook/standard/{source.public_id}" in shown
    assert "no-store" in made["Cache-Control"]
    again = client.get(page("source_change", source.pk)).content.decode()
    assert source.secret not in again
    assert f"http://testserver{source.path}" in again
    assert AuditEntry.objects.filter(action="source.created").count() == 1


def test_the_senders_secret_is_never_shown(client):
    made = client.post(page("source_add"), FORM | {"preset": "shopify", "secret": "hunter2hunter2"})

    source = Source.objects.get()
    assert source.secret == "hunter2hunter2"
    assert "hunter2hunter2" not in made.content.decode()
    assert "Settings → Notifications" in made.content.decode()


def test_a_token_for_the_url_is_shown_in_it_once(client):
    made = client.post(page("source_add"), FORM | {"preset": "token"})

    source = Source.objects.get()
    assert f"{source.path}?token={source.secret}" in made.content.decode()
    again = client.get(page("source_change", source.pk)).content.decode()
    assert source.secret not in again
    assert "?token=" in again


def test_options_are_fields(client):
    client.post(
        page("source_add"),
        FORM
        | {"preset": "hmac", "header": "X-Sig", "prefix": "sha256=", "encoding": "base64", "id_field": "id"},
    )
    source = Source.objects.get()
    assert source.options == {"header": "X-Sig", "prefix": "sha256=", "encoding": "base64", "id_field": "id"}

    edited = client.post(
        page("source_change", source.pk), FORM | {"preset": "token", "header": "X-Other", "name": "Other"}
    )

    source.refresh_from_db()
    assert edited.status_code == 302
    assert (source.preset, source.name) == ("hmac", "Other")
    assert source.options == {"header": "X-Other", "encoding": "hex"}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"name": ""}, "required"),
        ({"preset": "none"}, "valid choice"),
        ({"preset": "shopify"}, "from the sender"),
        ({"preset": "shopify", "secret": "…"}, "8 to 500"),
        ({"secret": "hunter2hunter2"}, "whsec_"),
        ({"preset": "hmac"}, "Name the header"),
        ({"preset": "hmac", "header": "a b"}, "cannot be the value"),
        ({"tolerance": "1"}, "greater than or equal to 10"),
    ],
)
def test_bad_input_is_named_and_nothing_is_stored(client, change, complaint):
    answer = client.post(page("source_add"), FORM | change)

    assert answer.status_code == 200
    assert complaint in answer.content.decode()
    assert not Source.objects.exists()


def test_a_name_that_is_taken(client, tenant):
    make_source(tenant, name="Shop")

    answer = client.post(page("source_add"), FORM)

    assert (answer.status_code, "already exists" in answer.content.decode()) == (200, True)
    assert Source.objects.count() == 1


def test_changing_the_secret(client, tenant):
    source = make_source(tenant)
    former = source.secret

    assert client.get(page("source_secret", source.pk)).status_code == 200
    bad = client.post(page("source_secret", source.pk), {"secret": "…", "overlap_hours": "24"})
    assert "whsec_" in bad.content.decode()
    made = client.post(page("source_secret", source.pk), {"secret": "", "overlap_hours": "1"})

    source.refresh_from_db()
    assert source.secret in made.content.decode()
    assert (source.previous_secret, source.secret != former) == (former, True)
    assert "former secret is accepted until" in client.get(page("source_change", source.pk)).content.decode()
    shop = make_source(tenant, "shopify")
    refused = client.post(page("source_secret", shop.pk), {"secret": "", "overlap_hours": "1"})
    assert "from the sender" in refused.content.decode()
    taken = client.post(page("source_secret", shop.pk), {"secret": "a fresh secret", "overlap_hours": "0"})
    shop.refresh_from_db()
    assert (taken.status_code, shop.secret, shop.previous_secret) == (302, "a fresh secret", None)


def test_the_sources_page_tells_how_it_goes(client, tenant):
    source = make_source(tenant, name="Shop")
    make_inbound(source)
    make_inbound(source, b"<xml/>")
    SourceTally.objects.create(
        tenant=tenant,
        source=source,
        rejected=7,
        rejected_at=timezone.now(),
        rejected_reason="signature_wrong",
    )
    drain("webhooks.inbound")

    shown = client.get(page("source_change", source.pk)).content.decode()
    first = client.get(reverse("admin:index")).content.decode()

    assert "Requests refused: 7" in shown
    assert "The signature does not match the secret." in shown
    assert "order.paid" in shown
    assert "Requests to “Shop” are refused" in first
    assert "1 inbound request could not be read today" in first


def test_a_request_is_shown_without_secrets_and_can_be_processed_again(client, tenant):
    row = make_inbound(
        make_source(tenant), b'{"type": "a.b", "name": "<script>"}', headers={"x-note": "<b>hello</b>"}
    )
    drain("webhooks.inbound")

    shown = client.get(page("inbound_change", row.pk)).content.decode()
    listed = client.get(page("inbound_changelist")).content.decode()

    assert "&lt;script&gt;" in shown
    assert "x-note: &lt;b&gt;hello" in shown
    assert (
        reverse("admin:tenants_event_change", args=[Event.objects.get(type="inbound.received").pk]) in shown
    )
    assert "a.b" in listed
    assert client.get(page("inbound_replay", row.pk)).status_code == 200
    assert Inbound.objects.get().replays == 0
    client.post(page("inbound_replay", row.pk))
    assert (Inbound.objects.get().replays, Inbound.objects.get().state) == (1, "received")
    again = client.post(page("inbound_replay", row.pk), follow=True).content.decode()
    assert "waits for its processing" in again


def test_many_are_processed_again_after_their_count_was_shown(client, tenant):
    source = make_source(tenant)
    for _ in range(3):
        make_inbound(source)
    drain("webhooks.inbound")
    everything = [str(pk) for pk in Inbound.objects.values_list("pk", flat=True)]
    choice = {"action": "replay_chosen", "_selected_action": everything, "select_across": "0"}

    asked = client.post(page("inbound_changelist"), choice).content.decode()
    assert "3 can be processed again" in asked
    assert not Inbound.objects.exclude(replays=0).exists()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked))
    assert hidden["confirmed"] == "1"
    client.post(page("inbound_changelist"), choice | {"confirmed": "1"})
    assert set(Inbound.objects.values_list("replays", flat=True)) == {1}


@pytest.mark.parametrize("query", ["", "?state__exact=failed", "?source__id__exact={source}", "?q=order"])
def test_the_log_can_be_filtered(client, tenant, query):
    source = make_source(tenant)
    make_inbound(source)
    drain("webhooks.inbound")

    answer = client.get(page("inbound_changelist") + query.format(source=source.pk))

    assert answer.status_code == 200
    assert ("order.paid" in answer.content.decode()) == (query != "?state__exact=failed")


def test_the_log_cannot_be_changed(client, tenant):
    row = make_inbound(make_source(tenant))

    assert client.get(page("inbound_add")).status_code == 403
    assert client.post(page("inbound_change", row.pk), {"state": "failed"}).status_code == 403
    assert client.post(page("inbound_delete", row.pk), {"post": "yes"}).status_code == 403
    assert Inbound.objects.count() == 1


def test_viewers_and_managers_touch_nothing_that_is_not_theirs(tenant):
    source = make_source(tenant)
    row = make_inbound(source)
    viewer, manager = signed_in(tenant, Role.VIEWER), signed_in(tenant, Role.MANAGER)

    assert viewer.get(page("source_changelist")).status_code == 403
    assert viewer.get(page("source_change", source.pk)).status_code == 403
    for person in (viewer, manager):
        assert person.post(page("source_secret", source.pk), {"overlap_hours": "0"}).status_code == 404
        assert person.get(page("source_add")).status_code == 403
        assert person.post(page("source_change", source.pk), FORM).status_code == 403
    assert viewer.get(page("inbound_changelist")).status_code == 403
    assert viewer.get(page("inbound_change", row.pk)).status_code == 403
    assert viewer.post(page("inbound_replay", row.pk)).status_code == 404
    assert manager.get(page("inbound_change", row.pk)).status_code == 200
    assert (Source.objects.get().secret, Inbound.objects.get().replays) == (source.secret, 0)


def test_another_company_finds_nothing(tenant, other_tenant):
    source = make_source(tenant, name="secret shop")
    row = make_inbound(source)
    drain("webhooks.inbound")
    stranger = signed_in(other_tenant, Role.OWNER)

    for name, pk in (("source_secret", source.pk), ("inbound_replay", row.pk)):
        assert stranger.get(page(name, pk)).status_code == 404
        assert stranger.post(page(name, pk), {"overlap_hours": "0"}).status_code == 404
    for url in (page("source_change", source.pk), page("inbound_change", row.pk)):
        # Django sends people away from an object that is not there.
        assert stranger.get(url).status_code in (302, 404)
    for name in ("source_changelist", "inbound_changelist"):
        assert b"secret shop" not in stranger.get(page(name)).content
    chosen = {"action": "replay_chosen", "_selected_action": [str(row.pk)], "confirmed": "1"}
    stranger.post(page("inbound_changelist"), chosen)
    with all_tenants():
        assert Inbound.objects.get().replays == 0
        assert b"refused" not in stranger.get(reverse("admin:index")).content


def test_old_refusals_need_no_attention(client, tenant):
    source = make_source(tenant, name="Shop")
    SourceTally.objects.create(
        tenant=tenant,
        source=source,
        rejected=1,
        rejected_at=timezone.now() - timedelta(days=2),
        rejected_reason="signature_wrong",
    )

    assert "Requests to “Shop”" not in client.get(reverse("admin:index")).content.decode()


def test_a_refusal_before_a_genuine_request_needs_no_attention(client, tenant):
    source = make_source(tenant, name="Shop")
    moment = timezone.now()
    SourceTally.objects.create(
        tenant=tenant, source=source, rejected=1, rejected_at=moment, rejected_reason="signature_wrong"
    )
    before = client.get(reverse("admin:index")).content.decode()
    make_inbound(source)

    after = client.get(reverse("admin:index")).content.decode()

    assert ("Requests to “Shop”" in before, "Requests to “Shop”" in after) == (True, False)


@pytest.mark.parametrize("name", ["source_changelist", "inbound_changelist"])
def test_lists_take_the_same_queries_however_long(client, tenant, name):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page(name)).status_code == 200
        return len(captured)

    make_inbound(make_source(tenant))
    queries()
    few = queries()
    for _ in range(5):
        make_inbound(make_source(tenant))

    assert queries() <= few + 1


def test_all_pages_of_this_room_stand_together_above_the_companies(db):
    request = RequestFactory().get("/admin/")
    request.user = make_operator()

    groups = {str(group.get("title", "")): group["items"] for group in sidebar(request)}
    titles = list(groups)

    assert [item["link"] for item in groups["Webhooks"]] == [
        page("endpoint_changelist"),
        page("delivery_changelist"),
        page("massaction_changelist"),
        page("source_changelist"),
        page("capture_changelist"),
        page("inbound_changelist"),
        reverse("admin:tenants_event_changelist"),
        page("owneventtype_changelist"),
        page("report_changelist"),
    ]
    assert titles.index("Webhooks") < titles.index("Companies and access")
    links = [item["link"] for items in groups.values() for item in items]
    assert len(links) == len(set(links))
