"""Ozon's notifications: unsigned, from known networks, and strict about what they are answered with.

Whatever has another shape counts as a failure there, and too many failures pause all notifications
(docs.ozon.ru, push_start and service_response, read 2026-10-01).
"""

from datetime import UTC, datetime
from typing import Final

import orjson
from django.utils.translation import gettext_lazy as _

from webhooks.presets import keys
from webhooks.presets.arrival import Arrival
from webhooks.presets.preset import Kind, Preset, Reply
from webhooks.presets.schemes.tokens import token_in

NETWORKS: Final = "195.34.21.0/24, 185.73.192.0/22, 91.223.93.0/24"
DONE: Final = Reply(b'{"result":true}')


def _reply(arrival: Arrival, secret: str) -> Reply:
    """A ping, sent at the connection and now and then, wants to know who is there and what time it is."""
    if arrival.value("message_type") != "TYPE_PING":
        return DONE
    now = datetime.fromtimestamp(arrival.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"version": "1.0", "name": "Switchboard", "time": now}
    return Reply(orjson.dumps(body), is_handshake=True)


def _refusal(status: int, text: str) -> bytes:
    return orjson.dumps({"error": {"code": "ERROR_UNKNOWN", "message": text, "details": None}})


PRESET: Final = Preset(
    name="ozon",
    title="Ozon",
    hint=_(
        "In Ozon Seller: Settings → Seller API → Notifications. Paste the URL with ?token= and the secret, and choose the"
        " types. Only Ozon's own networks are let in."
    ),
    kind=Kind.SHOPS,
    scheme=token_in(),
    networks=NETWORKS,
    key=keys.canonical_digest,
    event=keys.field("message_type"),
    shortest_secret=16,
    is_token=True,
    options=("networks",),
    reply=_reply,
    refusal=_refusal,
)
