"""Shops and marketplaces."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from webhooks.presets import keys
from webhooks.presets.arrival import Arrival
from webhooks.presets.preset import Kind, Preset, SecretFrom
from webhooks.presets.schemes.signed import Signed
from webhooks.presets.senders import ozon

# The newer kind of webhooks has headers without "X-" (Shopify's library 13, 2026-10).
_OLDER: Final = Signed("x-shopify-hmac-sha256", encoding="base64")
_NEWER: Final = Signed("shopify-hmac-sha256", encoding="base64")


def _shopify(arrival: Arrival, secret: str, tolerance: float) -> str:
    scheme = _OLDER if _OLDER.header in arrival.headers else _NEWER
    return scheme(arrival, secret, tolerance)


_TOPIC: Final = keys.first(keys.header("x-shopify-topic"), keys.header("shopify-topic"))

PRESETS: Final = (
    Preset(
        name="shopify",
        title="Shopify",
        hint=_(
            "In Shopify: Settings → Notifications → Webhooks. Paste the URL, choose JSON, and copy the signing secret that"
            " Shopify shows below the list here. Webhooks of an app are signed with the app's client secret instead."
        ),
        kind=Kind.SHOPS,
        scheme=_shopify,
        key=keys.body_and(_TOPIC),
        event=_TOPIC,
        secret_from=SecretFrom.SENDER,
        secret_headers=frozenset({_OLDER.header, _NEWER.header}),
    ),
    ozon.PRESET,
)
