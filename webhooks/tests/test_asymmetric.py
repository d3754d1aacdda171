"""Signatures with a private key (Standard Webhooks v1a): the published vector, receivers with the public key, rotation."""

import json
from base64 import b64decode, b64encode
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from tenants.configuration.applying import apply_text
from tenants.models import AuditEntry, StoredAnswer
from webhooks.actions.portal_links import make_link
from webhooks.actions.rotate_secret import rotate_secret
from webhooks.asymmetric import BadPrivateKey, new_private_key, private_key, public_key, signature
from webhooks.models import Attempt, Endpoint, EndpointSecret
from webhooks.presets import Arrival, preset
from webhooks.schemes import check_new_secret, clean_signing
from webhooks.signing import BadSecret, new_secret, signing_key
from webhooks.tests.factories import deliver, make_endpoint, make_event
from webhooks.tests.test_admin import page, signed_in
from webhooks.tests.test_api import NEW, client_of

# github.com/svix/svix-webhooks, whose people wrote the specification: server/svix-server/src/core/cryptography.rs
PRIVATE = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
SIGNED = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
SIGNATURE = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
SHARED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ASYMMETRIC = {"scheme": "ed25519"}


def entries(request):
    return request.headers["webhook-signature"].split(" ")


def verify(request, key):
    """As a receiver does that knows the specification and nothing of us; which entries hold."""
    signed = b".".join(
        (request.headers["webhook-id"].encode(), request.headers["webhook-timestamp"].encode(), request.body)
    )
    opened = Ed25519PublicKey.from_public_bytes(b64decode(key.removeprefix("whpk_")))
    held = []
    for number, entry in enumerate(entries(request)):
        version, _comma, value = entry.partition(",")
        try:
            if version == "v1a":
                opened.verify(b64decode(value), signed)
                held.append(number)
        except InvalidSignature:
            continue
    return held


def test_the_published_vector():
    assert public_key(PRIVATE) == PUBLIC
    assert signature(private_key(PRIVATE), SIGNED) == SIGNATURE
    seed = PRIVATE.removeprefix("whsk_")
    assert private_key("whsk_" + b64encode(b64decode(seed)[:32]).decode()) == private_key(PRIVATE)


@pytest.mark.parametrize(
    "text",
    ["", "whsk_", "whsk_!", "whsk_AAAA", PUBLIC, SHARED, PRIVATE[:-8] + "AAAAAA==", "whsk_" + "A" * 88],
)
def test_what_is_no_private_key(text):
    with pytest.raises(BadPrivateKey):
        private_key(text)
    with pytest.raises(BadSecret):
        check_new_secret(ASYMMETRIC, text)


def test_each_scheme_takes_its_own_kind():
    check_new_secret(ASYMMETRIC, PRIVATE)
    for signing in ({}, {"scheme": "github"}, {"scheme": "token"}, {"scheme": "custom", "key": "base64"}):
        with pytest.raises(BadSecret):
            check_new_secret(clean_signing(signing), PRIVATE)
    with pytest.raises(ValidationError):
        clean_signing(ASYMMETRIC | {"header": "X-Other"})


def test_a_delivery_is_verified_with_the_public_key_alone(tenant, receiver):
    _endpoint, secret = make_endpoint(tenant, receiver.url(), signing=ASYMMETRIC)
    make_event(tenant)

    deliver()

    [request] = receiver.requests
    assert verify(request, public_key(secret)) == [0]
    assert verify(request, PUBLIC) == []
    headers = {name.lower(): value for name, value in request.headers.items()}
    arrival = Arrival(headers, "", request.body, timezone.now().timestamp(), {})
    assert preset("standard").prove(arrival, [public_key(secret)], 300).reason == ""
    assert secret not in str(Attempt.objects.values_list("request_headers", flat=True))


def test_rotation_overlaps_and_one_comes_over_from_a_shared_secret(tenant, receiver):
    endpoint, shared = make_endpoint(tenant, receiver.url())
    endpoint.signing = ASYMMETRIC
    endpoint.full_clean()
    endpoint.save()
    first = rotate_secret(endpoint)
    make_event(tenant)
    deliver()
    second = rotate_secret(endpoint)
    make_event(tenant)
    deliver()
    third = rotate_secret(endpoint, overlap=timedelta(0))
    make_event(tenant)
    deliver()

    one, two, three = receiver.requests
    assert [entry.partition(",")[0] for entry in entries(one)] == ["v1a", "v1"]
    assert verify(one, public_key(first)) == [0]
    only_v1 = one.headers | {"webhook-signature": entries(one)[1]}
    Webhook(shared).verify(one.body, only_v1)
    Webhook(shared).verify(one.body, one.headers)  # passes over the entry that it does not know
    assert [verify(two, public_key(key)) for key in (second, first)] == [[0], [1]]
    assert [verify(three, public_key(key)) for key in (third, second)] == [[0], []]
    assert len(entries(three)) == 1


def test_back_to_a_shared_secret_only_where_it_can_sign(tenant):
    endpoint, _secret = make_endpoint(tenant, signing=ASYMMETRIC)

    for signing in ({"scheme": "token"}, {"scheme": "github"}):
        endpoint.signing = signing
        with pytest.raises(ValidationError, match="make a new one first"):
            endpoint.full_clean()
    endpoint.signing = {}
    endpoint.full_clean()
    endpoint.save()
    signing_key(rotate_secret(endpoint))


def test_the_api_shows_the_public_key_and_never_the_private_one(tenant):
    client = client_of(tenant)

    made = client.post(
        "/api/v1/endpoints", NEW | {"signing": ASYMMETRIC}, format="json", HTTP_IDEMPOTENCY_KEY="once"
    )

    assert made.status_code == 201, made.data
    kept = EndpointSecret.objects.get().secret
    assert (made.data["secret"], made.data["public_keys"]) == (None, [public_key(kept)])
    path = f"/api/v1/endpoints/{made.data['id']}"
    rotated = client.post(f"{path}/rotate-secret", {"overlap_hours": 1}).data
    newest = EndpointSecret.objects.order_by("-id").first().secret
    assert rotated == {"secret": None, "public_key": public_key(newest)}
    keys = [public_key(newest), public_key(kept)]
    assert client.get(path).data["public_keys"] == keys
    assert client.get("/api/v1/endpoints").data["results"][0]["public_keys"] == keys
    own = client.post(f"{path}/rotate-secret", {"secret": PRIVATE, "overlap_hours": 0})
    assert own.data == {"secret": None, "public_key": PUBLIC}
    assert client.get(path).data["public_keys"] == [PUBLIC]
    refused = client.post(f"{path}/rotate-secret", {"secret": new_secret()})
    assert (refused.status_code, refused.data["errors"][0]["field"]) == (400, "secret")
    told = client.get(f"{path}/snippet")
    assert PUBLIC in str(told.data)
    stored = str(list(StoredAnswer.objects.values_list("body", flat=True)))
    assert "whsk_" not in stored + str(list(AuditEntry.objects.values_list("before", "after")))


def test_shared_secrets_are_no_public_keys(tenant):
    endpoint, _secret = make_endpoint(tenant)

    assert client_of(tenant).get(f"/api/v1/endpoints/{endpoint.pk}").data["public_keys"] == []


def test_the_pages_show_the_public_key(tenant):
    endpoint, secret = make_endpoint(tenant, signing=ASYMMETRIC)
    client = signed_in(tenant)
    _link, address = make_link(endpoint, "Shop's developers", timezone.now() + timedelta(days=1))
    portal = "/" + address.split("/", 3)[3]

    verifying = client.get(page("endpoint_verify", endpoint.pk)).content.decode()
    theirs = Client().get(f"{portal}/verify").content.decode()
    rotated = client.post(page("endpoint_rotate", endpoint.pk), {"overlap_hours": "24"}).content.decode()
    by_link = Client().post(f"{portal}/secret", {"overlap_hours": "24"}).content.decode()

    third, second, first = EndpointSecret.objects.filter(endpoint=endpoint).order_by("-id")
    assert first.secret == secret
    for text, key in ((verifying, first), (theirs, first), (rotated, second), (by_link, third)):
        assert public_key(key.secret) in text
        assert "whsk_" not in text


def test_the_form_makes_such_an_endpoint(tenant):
    client = signed_in(tenant)
    form = {
        "name": "Bank",
        "url": "https://hooks.example.com/in",
        "events": ["*"],
        "format": "standard",
        "scheme": "ed25519",
        "filter": "{}",
    }

    shown = client.post(page("endpoint_add"), form).content.decode()

    endpoint = Endpoint.objects.get()
    assert endpoint.signing == ASYMMETRIC
    assert public_key(endpoint.secrets.get().secret) in shown
    assert "whsk_" not in shown


def test_the_configuration_file_makes_and_takes_keys(tenant):
    block = {
        "name": "Bank",
        "url": "https://hooks.example.com/in",
        "events": ["*"],
        "signing": ASYMMETRIC,
    }
    document = {"tenants": [{"number": tenant.number, "name": tenant.name, "endpoints": [block]}]}

    apply_text(json.dumps(document))
    public_key(EndpointSecret.objects.get().secret)
    block["secret"] = PRIVATE
    apply_text(json.dumps(document))

    assert EndpointSecret.objects.order_by("-id").first().secret == PRIVATE
    assert public_key(new_private_key()) != PUBLIC
