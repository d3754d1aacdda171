"""Formats and signatures by the real path: what was stored is what is sent, whatever becomes of the endpoint meanwhile."""

import hmac
import json

import pytest

from tenants.errors import ConfigError
from tenants.models import Work
from tenants.work import drain
from webhooks.actions.create_endpoint import create_endpoint
from webhooks.actions.replay_deliveries import replay_deliveries, replay_delivery
from webhooks.actions.rotate_secret import rotate_secret
from webhooks.models import Attempt, Delivery, Endpoint, Payload
from webhooks.signing import new_secret
from webhooks.tests.factories import deliver, make_endpoint, make_event
from webhooks.tests.test_admin import FORM, page, signed_in
from webhooks.tests.test_api import client_of

TEMPLATE = '{"who": "{{ data.name }}"}'


def due_now():
    Work.objects.filter(lane="webhooks.deliver").update(due="2020-01-01T00:00:00Z")
    return drain("webhooks.deliver")


def test_every_try_sends_the_stored_bytes_even_after_the_template_was_changed(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url("/status/503"), format="json", template=TEMPLATE)
    make_event(tenant, name='Им"я')
    deliver()
    endpoint.template, endpoint.format = "", "standard"
    endpoint.save()
    due_now()
    make_event(tenant, name="next")
    deliver()

    first, second, third = receiver.requests
    assert json.loads(first.body) == {"who": 'Им"я'}
    assert second.body == first.body == bytes(Payload.objects.get(variant__startswith="json:").body)
    assert second.headers["webhook-id"] == first.headers["webhook-id"]
    assert json.loads(third.body)["data"]["name"] == "next"


def test_binary_cloud_events_keep_their_headers_at_every_try(tenant, receiver):
    make_endpoint(tenant, receiver.url("/status/500"), format="cloudevents_binary", headers={"X-Shop": "7"})
    event = make_event(tenant)
    deliver()
    due_now()

    first, second = receiver.requests
    for one in (first, second):
        assert one.headers["ce-id"] == str(event.id)
        assert one.headers["ce-type"] == "endpoint.disabled"
        assert one.headers["content-type"] == "application/json"
        assert one.headers["x-shop"] == "7"
    assert "ce-id" in Attempt.objects.first().request_headers


def test_forms_and_texts_say_what_they_are(tenant, receiver):
    make_endpoint(tenant, receiver.url("/ok/form"), format="form")
    make_endpoint(tenant, receiver.url("/ok/text"), format="text", template="{{ title }}")
    make_event(tenant)
    deliver()

    kinds = {one.path: one.headers["content-type"] for one in receiver.requests}
    assert kinds == {
        "/ok/form": "application/x-www-form-urlencoded",
        "/ok/text": "text/plain; charset=utf-8",
    }


def test_chats_share_one_body_and_are_not_signed(tenant, receiver):
    for name in "ab":
        make_endpoint(tenant, receiver.url(), format="slack", name=name)
    make_event(tenant)
    deliver()

    first, second = receiver.requests
    assert first.body == second.body
    assert Payload.objects.count() == 1
    assert "webhook-signature" not in first.headers
    assert json.loads(first.body)["blocks"]


def test_a_template_that_fails_parks_the_delivery_and_says_why(tenant, receiver):
    endpoint, _secret = make_endpoint(
        tenant, receiver.url(), format="json", template="{{ data.name }}", name="bad"
    )
    make_endpoint(tenant, receiver.url("/ok/other"), name="good")
    make_event(tenant)
    deliver()

    parked = Delivery.objects.get(endpoint=endpoint)
    assert (parked.state, parked.reason, parked.attempts) == ("parked", "template_failed", 0)
    assert "not JSON" in parked.detail
    assert "template" in parked.explanation.what
    assert [one.path for one in receiver.requests] == ["/ok/other"]
    with pytest.raises(ConfigError, match=r"still fails.*not JSON"):
        replay_delivery(parked)

    endpoint.template = '{"n": {{ data.name | json }}}'
    endpoint.save()
    assert replay_deliveries(Delivery.objects.all()) == 2
    deliver()

    parked.refresh_from_db()
    assert (parked.state, parked.reason) == ("done", "")
    assert json.loads(receiver.requests[-1].body) in ({"n": "Имя"}, json.loads(receiver.requests[0].body))
    assert {json.dumps(json.loads(one.body)) for one in receiver.requests} >= {json.dumps({"n": "Имя"})}


def test_repeating_the_fan_out_of_a_failing_template_changes_nothing(tenant):
    make_endpoint(tenant, format="json", template="x")
    event = make_event(tenant)
    drain("webhooks.fanout")
    from tenants.work import enqueue

    enqueue("webhooks.fanout", [(event.id, tenant.pk, "", None)])
    drain("webhooks.fanout")

    assert Delivery.objects.get().reason == "template_failed"
    assert not Work.objects.filter(lane="webhooks.deliver").exists()


def test_a_github_like_signature_with_a_secret_of_ones_own(tenant, receiver):
    endpoint = Endpoint(
        tenant=tenant, name="a", url=receiver.url(), events=["*"], signing={"scheme": "github"}
    )
    create_endpoint(endpoint, "my-own-secret")
    make_event(tenant)
    deliver()

    (request,) = receiver.requests
    digest = hmac.new(b"my-own-secret", request.body, "sha256").hexdigest()
    assert request.headers["x-hub-signature-256"] == f"sha256={digest}"
    assert "webhook-signature" not in request.headers


def test_a_token_goes_out_and_stays_out_of_the_log(tenant, receiver):
    endpoint = Endpoint(
        tenant=tenant,
        name="a",
        url=receiver.url(),
        events=["*"],
        signing={"scheme": "token", "header": "X-Odd-Name", "value": "Key {secret}"},
    )
    create_endpoint(endpoint, "token-of-ours")
    make_event(tenant)
    deliver()
    rotate_secret(endpoint, "second-token")
    make_event(tenant)
    deliver()

    assert [one.headers["x-odd-name"] for one in receiver.requests] == [
        "Key token-of-ours",
        "Key second-token",
    ]
    for attempt in Attempt.objects.all():
        assert "X-Odd-Name: •••" in attempt.request_headers
        assert "token" not in attempt.request_headers


def test_a_chat_that_is_gone_is_disabled(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url("/status/404"), format="slack")
    make_event(tenant)
    deliver()

    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.disabled_reason) == ("disabled", "gone")


NEW = {"name": "a", "url": "https://example.com/in", "events": ["*"]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"format": "json"}, "template"),
        ({"format": "json", "template": "{% set a = 1 %}"}, "template"),
        ({"template": "x"}, "template"),
        ({"format": "telegram"}, "options"),
        ({"options": {"chat_id": "1"}}, "options"),
        ({"format": "teams", "url": "https://a.webhook.office.com/b"}, "url"),
        ({"signing": {"scheme": "rsa"}}, "signing"),
        ({"signing": {"scheme": "github"}, "secret": "short"}, "secret"),
        ({"secret": "my-own-secret"}, "secret"),
    ],
)  # fmt: skip
def test_the_api_names_the_field(tenant, change, field):
    answer = client_of(tenant).post("/api/v1/endpoints", NEW | change)

    errors = {error["field"] for error in answer.json()["errors"]}
    assert (answer.status_code, field in errors) == (400, True), answer.json()
    assert not Endpoint.objects.exists()


def test_the_scheme_is_changed_only_to_one_that_can_use_the_secret(tenant):
    client = client_of(tenant)
    made = client.post(
        "/api/v1/endpoints", NEW | {"signing": {"scheme": "github"}, "secret": "my-own-secret"}
    )
    address = f"/api/v1/endpoints/{made.data['id']}"

    refused = client.patch(address, {"signing": {}})
    bad = client.post(f"{address}/rotate-secret", {"secret": "no"})
    rotated = client.post(f"{address}/rotate-secret", {"secret": new_secret(), "overlap_hours": 0})
    changed = client.patch(address, {"signing": {}})

    assert [error["field"] for error in refused.json()["errors"]] == ["signing"]
    assert [error["field"] for error in bad.json()["errors"]] == ["secret"]
    assert (made.status_code, refused.status_code, bad.status_code, rotated.status_code) == (
        201,
        400,
        400,
        200,
    )
    assert (changed.status_code, changed.data["signing"]) == (200, {})


def test_the_page_makes_a_telegram_endpoint(tenant):
    client = signed_in(tenant)
    values = FORM | {
        "format": "telegram",
        "url": "https://api.telegram.org/bot1:a/sendMessage",
        "chat_id": "-1001",
        "template": "<b>{{ title }}</b>",
        "scheme": "custom",
        "sign_signed": "whatever was typed before the format was chosen",
    }

    refused = client.post(page("endpoint_add"), values | {"chat_id": "x"})
    assert "chat_id" in refused.content.decode()
    assert not Endpoint.objects.exists()
    client.post(page("endpoint_add"), values)

    endpoint = Endpoint.objects.get()
    assert (endpoint.format, endpoint.options, endpoint.signing) == ("telegram", {"chat_id": "-1001"}, {})
    shown = client.get(page("endpoint_change", endpoint.pk)).content.decode()
    assert 'value="-1001"' in shown


def test_the_page_makes_a_signature_and_names_what_is_wrong_with_it(tenant):
    client = signed_in(tenant)
    values = FORM | {
        "scheme": "custom",
        "sign_header": "X-Sign",
        "sign_value": "{signature}",
        "sign_signed": "{body}",
    }
    values |= {
        "secret": "my-own-secret",
        "sign_algorithm": "sha1",
        "sign_encoding": "hex",
        "sign_key": "text",
    }

    wrong = client.post(page("endpoint_add"), values | {"sign_signed": "{nothing}"}).content.decode()
    client.post(page("endpoint_add"), values)
    endpoint = Endpoint.objects.get()
    changed = client.post(
        page("endpoint_change", endpoint.pk), FORM | {"scheme": "standard"}
    ).content.decode()

    assert "signed: a text with one of {body}, {id}, {timestamp}" in wrong
    assert endpoint.signing["header"] == "X-Sign"
    assert endpoint.signing["algorithm"] == "sha1"
    assert "cannot use the endpoint" in changed


def test_who_may_only_look_sees_the_page(tenant):
    endpoint, _secret = make_endpoint(tenant, format="slack", template="{{ title }}")

    answer = signed_in(tenant, "manager").get(page("endpoint_change", endpoint.pk))

    assert answer.status_code == 200
    assert "{{ title }}" in answer.content.decode()


def test_a_test_shows_what_one_chooses_by_the_real_path(tenant, receiver):
    endpoint, _secret = make_endpoint(
        tenant, receiver.url(), events=["order.paid"], format="slack", template="{{ title }} {{ data.id }}"
    )
    client = client_of(tenant)
    address = f"/api/v1/endpoints/{endpoint.pk}/test"

    by_example = client.post(address, {"type": "order.created"})
    with_data = client.post(address, {"type": "order.created", "data": {"id": "o-1", "odd": [None]}})
    unknown = client.post(address, {"type": "no.such"})
    alone = client.post(address, {"data": {}})
    deliver()

    assert [one.status_code for one in (by_example, with_data, unknown, alone)] == [202, 202, 400, 400]
    assert [one.json()["errors"][0]["field"] for one in (unknown, alone)] == ["type", "type"]
    texts = {json.loads(one.body)["text"] for one in receiver.requests}
    assert texts == {"Order created o-9", "Order created o-1"}
    tested = Delivery.objects.get(id=with_data.data["delivery"])
    assert (tested.state, tested.trigger, tested.event_type) == ("done", "test", "webhook.test")


def test_the_page_shows_the_body_before_it_sends_it(tenant, receiver):
    endpoint, _secret = make_endpoint(
        tenant, receiver.url(), format="text", template="{{ data.id }} {{ 1 / data.n }}"
    )
    client = signed_in(tenant)
    address = page("endpoint_test", endpoint.pk)
    asked = {"type": "order.created", "data": '{"id": "o-<7>", "n": 1}'}

    empty = client.get(address).content.decode()
    shown = client.post(address, asked | {"show": "1"}).content.decode()
    failing = client.post(address, asked | {"data": '{"n": 0}', "show": "1"}).content.decode()
    broken = client.post(address, asked | {"data": "[1]", "send": "1"})
    assert not Delivery.objects.exists()
    sent = client.post(address, asked | {"send": "1"})
    deliver()

    assert "order.created — " in empty
    assert "o-&lt;7&gt; 1.0" in shown
    assert "Line 1: " in failing
    assert "is an object" in broken.content.decode()
    assert sent.status_code == 302
    assert receiver.requests[0].body == b"o-<7> 1.0"
