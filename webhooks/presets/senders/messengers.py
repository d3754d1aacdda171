"""Messengers, telephony and conferences."""

import hmac
from typing import Final

import orjson
from django.utils.translation import gettext_lazy as _

from webhooks.presets import keys
from webhooks.presets.arrival import Arrival
from webhooks.presets.preset import EMPTY, OK, TAKEN, Kind, Preset, Reply, SecretFrom
from webhooks.presets.schemes.addressed import twilio
from webhooks.presets.schemes.comparing import raw, same
from webhooks.presets.schemes.signed import Signed
from webhooks.presets.schemes.tokens import token_in, token_in_form

LONGEST_CHALLENGE: Final = 1000


def _slack_reply(arrival: Arrival, secret: str) -> Reply:
    """Slack asks a new URL to repeat a word before it sends anything else."""
    if arrival.value("type") != "url_verification":
        return TAKEN
    return Reply(arrival.value("challenge").encode("utf-8", "replace"), "text/plain", is_handshake=True)


def _meta_greeting(arrival: Arrival) -> Reply | None:
    """The word is the identifier at the end of the URL, unless the source has another."""
    if arrival.method != "GET" or arrival.parameter("hub.mode") != "subscribe":
        return None
    expected = arrival.options.get("verify_token") or arrival.path.rpartition("/")[2]
    challenge = arrival.parameter("hub.challenge") or ""
    if not same(arrival.parameter("hub.verify_token") or "", expected) or len(challenge) > LONGEST_CHALLENGE:
        return None
    return Reply(raw(challenge), "text/plain", is_handshake=True)


def _vk_greeting(arrival: Arrival) -> Reply | None:
    """VK asks for a code that only who manages the community sees, at first without the secret."""
    code = arrival.options.get("confirmation", "")
    if arrival.method != "POST" or not code or arrival.value("type") != "confirmation":
        return None
    return Reply(code.encode(), "text/plain", is_handshake=True)


def _zoom_reply(arrival: Arrival, secret: str) -> Reply:
    """Asked for at first and every three days."""
    if arrival.value("event") != "endpoint.url_validation":
        return TAKEN
    word = arrival.value("payload.plainToken")
    answer = {"plainToken": word, "encryptedToken": hmac.digest(raw(secret), raw(word), "sha256").hex()}
    return Reply(orjson.dumps(answer) if word.isascii() else b"{}", is_handshake=True)


def _viber_reply(arrival: Arrival, secret: str) -> Reply:
    """An answer with a body would be a greeting to the person who opened the conversation."""
    is_check = arrival.value("event") == "webhook"
    return Reply(b"", "text/plain", is_handshake=True) if is_check else EMPTY


PRESETS: Final = (
    Preset(
        name="telegram",
        title="Telegram",
        hint=_("Call setWebhook of your bot with this URL, and with the secret as secret_token."),
        kind=Kind.MESSENGERS,
        scheme=token_in("x-telegram-bot-api-secret-token"),
        key=keys.first(keys.field("update_id"), keys.each_its_own),
        event=keys.telegram_event,
        shortest_secret=16,
        is_token=True,
        secret_headers=frozenset({"x-telegram-bot-api-secret-token"}),
        # Telegram's list grows: it is not built in.
        options=("networks",),
    ),
    Preset(
        name="whatsapp",
        title="WhatsApp, Meta",
        hint=_(
            "In the app dashboard of Meta: Webhooks → Edit. Paste the URL, and as the verify token the identifier at its end."
            " Copy the app secret of Settings → Basic here; it is neither the verify token nor an access token."
        ),
        kind=Kind.MESSENGERS,
        scheme=Signed("x-hub-signature-256", prefix="sha256="),
        key=keys.first(keys.whatsapp_key, keys.body_digest),
        event=keys.whatsapp_event,
        secret_from=SecretFrom.SENDER,
        secret_headers=frozenset({"x-hub-signature-256", "x-hub-signature"}),
        options=("verify_token",),
        greeting=_meta_greeting,
        reply=lambda arrival, secret: EMPTY,
    ),
    Preset(
        name="vk",
        title=_("VK"),
        hint=_(
            "In the community: Manage → API usage → Callback API. Copy the string that the server must return to here, enter"
            " the secret there as the secret key, then paste the URL and press Confirm."
        ),
        kind=Kind.MESSENGERS,
        scheme=token_in_form("secret"),
        key=keys.first(keys.joined("event_id", "group_id"), keys.body_digest),
        event=keys.field("type"),
        shortest_secret=16,
        is_token=True,
        is_token_in_url=False,
        secret_fields=frozenset({"secret"}),
        options=("confirmation",),
        greeting=_vk_greeting,
        reply=lambda arrival, secret: OK,
    ),
    Preset(
        name="viber",
        title="Viber",
        hint=_(
            "Copy the token of your bot here; then call set_webhook with this URL. Viber checks it at once."
        ),
        kind=Kind.MESSENGERS,
        scheme=Signed("x-viber-content-signature"),
        key=keys.first(keys.joined("message_token", "event", "user_id"), keys.body_digest),
        event=keys.field("event"),
        secret_from=SecretFrom.SENDER,
        secret_headers=frozenset({"x-viber-content-signature"}),
        reply=_viber_reply,
    ),
    Preset(
        name="slack",
        title="Slack",
        hint=_(
            "In Slack's app settings: copy the signing secret of Basic Information here, then paste the URL under Event"
            " Subscriptions. Slack checks it at once."
        ),
        kind=Kind.MESSENGERS,
        scheme=Signed(
            "x-slack-signature", "v0:{timestamp}:{body}", prefix="v0=", timestamp="x-slack-request-timestamp"
        ),
        key=keys.first(keys.field("event_id"), keys.body_digest),
        event=keys.slack_event,
        secret_from=SecretFrom.SENDER,
        has_timestamp=True,
        secret_headers=frozenset({"x-slack-signature"}),
        reply=_slack_reply,
    ),
    Preset(
        name="zoom",
        title="Zoom",
        hint=_(
            "In Zoom's app: Feature → Event subscriptions. Copy the secret token here first, then paste the URL and press"
            " Validate."
        ),
        kind=Kind.MESSENGERS,
        scheme=Signed(
            "x-zm-signature", "v0:{timestamp}:{body}", prefix="v0=", timestamp="x-zm-request-timestamp"
        ),
        key=keys.body_digest,
        event=keys.field("event"),
        secret_from=SecretFrom.SENDER,
        has_timestamp=True,
        secret_headers=frozenset({"x-zm-signature"}),
        reply=_zoom_reply,
    ),
    Preset(
        name="twilio",
        title="Twilio",
        hint=_(
            "Paste the URL at Twilio as the webhook or the status callback, and copy the auth token of the account here. The"
            " URL is signed, too: it must be called exactly as it is shown."
        ),
        kind=Kind.MESSENGERS,
        scheme=twilio,
        key=keys.form_digest,
        event=keys.twilio_event,
        secret_from=SecretFrom.SENDER,
        is_json=False,
        secret_headers=frozenset({"x-twilio-signature"}),
        reply=lambda arrival, secret: EMPTY,
    ),
    Preset(
        name="smsc",
        title="SMSC",
        hint=_(
            "In SMSC's account settings: paste the URL with ?token= and the secret as the address for statuses."
        ),
        kind=Kind.MESSENGERS,
        scheme=token_in(),
        key=keys.first(keys.joined("id", "phone", "status", "time"), keys.form_digest),
        event=lambda arrival: f"status.{arrival.value('status')}" if arrival.value("status") else "",
        shortest_secret=16,
        is_token=True,
        is_json=False,
        takes_get=True,
    ),
)
