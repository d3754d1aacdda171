"""Payment systems. What they tell is a hint: the state of a payment is read from their API before anything is given."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from webhooks.presets import keys
from webhooks.presets.preset import Kind, Preset, SecretFrom
from webhooks.presets.schemes.certified import certificate_of, paypal
from webhooks.presets.schemes.signed import Signed
from webhooks.presets.schemes.tokens import token_in

# yookassa.ru/developers/using-api/webhooks, read 2026-11.
YOOKASSA_NETWORKS: Final = "185.71.76.0/27, 185.71.77.0/27, 77.75.153.0/25, 77.75.154.128/25, 77.75.156.11, 77.75.156.35, 2a02:5180::/32"

PRESETS: Final = (
    Preset(
        name="stripe",
        title="Stripe",
        hint=_(
            "In Stripe: Developers → Webhooks → Add endpoint. Paste the URL, then copy its signing secret (whsec_…) here."
        ),
        kind=Kind.PAYMENTS,
        # The secret is used as the text that it is, whsec_ and all.
        scheme=Signed("stripe-signature", "{timestamp}.{body}", pairs=("t", "v1")),
        key=keys.first(keys.field("id"), keys.body_digest),
        event=keys.field("type"),
        secret_from=SecretFrom.SENDER,
        has_timestamp=True,
        secret_headers=frozenset({"stripe-signature"}),
    ),
    Preset(
        name="yookassa",
        title=_("YooKassa"),
        hint=_(
            "In YooKassa: Integration → HTTP notifications. Paste the URL with ?token= and the secret, and choose the events."
            " Only YooKassa's own networks are let in; it signs nothing."
        ),
        kind=Kind.PAYMENTS,
        scheme=token_in(),
        networks=YOOKASSA_NETWORKS,
        key=keys.first(keys.joined("event", "object.id", "object.status"), keys.body_digest),
        event=keys.field("event"),
        shortest_secret=16,
        is_token=True,
        options=("networks",),
    ),
    Preset(
        name="paypal",
        title="PayPal",
        hint=_(
            "In PayPal: Developer dashboard → Apps & credentials → your app → Add webhook. Paste the URL, and copy the webhook"
            " ID that PayPal shows here: it is a part of what is signed. Only PayPal's own certificates are believed."
        ),
        kind=Kind.PAYMENTS,
        scheme=paypal,
        certificate=certificate_of,
        key=keys.first(keys.field("id"), keys.body_digest),
        event=keys.field("event_type"),
        secret_from=SecretFrom.SENDER,
        secret_headers=frozenset({"paypal-transmission-sig"}),
    ),
)
