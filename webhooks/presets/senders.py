"""Every sender that is known by name, and the two general ways for all others."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from webhooks.presets import keys, ozon, schemes
from webhooks.presets.arrival import Arrival
from webhooks.presets.preset import TAKEN, Preset, Reply, SecretFrom


class UnknownPreset(LookupError):
    """There is no preset of that name."""


def _slack_reply(arrival: Arrival) -> Reply:
    """Slack asks a new URL to repeat a word before it sends anything else."""
    if arrival.value("type") != "url_verification":
        return TAKEN
    return Reply(arrival.value("challenge").encode("utf-8", "replace"), "text/plain", is_handshake=True)


_STANDARD_HINT = _(
    "Paste the URL at the sender and copy its signing secret (whsec_…) here, or have one made and paste it there."
)

_all: Final = (
    Preset(
        name="standard",
        title=_("Standard Webhooks"),
        hint=_STANDARD_HINT,
        scheme=schemes.standard("webhook"),
        key=keys.header("webhook-id"),
        event=keys.field("type"),
        is_standard_secret=True,
        has_timestamp=True,
        secret_headers=frozenset({"webhook-signature"}),
    ),
    Preset(
        name="svix",
        title="Svix",
        hint=_STANDARD_HINT,
        scheme=schemes.standard("svix"),
        key=keys.header("svix-id"),
        event=keys.field("type"),
        is_standard_secret=True,
        has_timestamp=True,
        secret_headers=frozenset({"svix-signature"}),
    ),
    Preset(
        name="shopify",
        title="Shopify",
        hint=_(
            "In Shopify: Settings → Notifications → Webhooks. Paste the URL, choose JSON, and copy the signing secret that"
            " Shopify shows below the list here."
        ),
        scheme=schemes.hmac_of_body("x-shopify-hmac-sha256", encoding="base64"),
        key=keys.body_and(keys.header("x-shopify-topic")),
        event=keys.header("x-shopify-topic"),
        secret_from=SecretFrom.SENDER,
        secret_headers=frozenset({"x-shopify-hmac-sha256"}),
    ),
    Preset(
        name="github",
        title="GitHub",
        hint=_("In GitHub: Settings → Webhooks → Add webhook. Paste the URL and the secret, choose JSON."),
        scheme=schemes.hmac_of_body("x-hub-signature-256", prefix="sha256="),
        key=keys.body_and(keys.header("x-github-event")),
        event=keys.header("x-github-event"),
        # The older SHA-1 signature comes along; it is neither trusted nor kept.
        secret_headers=frozenset({"x-hub-signature-256", "x-hub-signature"}),
    ),
    Preset(
        name="stripe",
        title="Stripe",
        hint=_(
            "In Stripe: Developers → Webhooks → Add endpoint. Paste the URL, then copy its signing secret (whsec_…) here."
        ),
        scheme=schemes.stripe,
        key=keys.first(keys.field("id"), keys.body_digest),
        event=keys.field("type"),
        secret_from=SecretFrom.SENDER,
        has_timestamp=True,
        secret_headers=frozenset({"stripe-signature"}),
    ),
    Preset(
        name="gitlab",
        title="GitLab",
        hint=_("In GitLab: Settings → Webhooks. Paste the URL, and the secret as the secret token."),
        scheme=schemes.token_in("x-gitlab-token"),
        key=keys.first(keys.header("idempotency-key"), keys.header("x-gitlab-event-uuid"), keys.each_its_own),
        event=keys.first(keys.field("object_kind"), keys.header("x-gitlab-event")),
        shortest_secret=16,
        is_token=True,
        secret_headers=frozenset({"x-gitlab-token"}),
    ),
    Preset(
        name="slack",
        title="Slack",
        hint=_(
            "In Slack's app settings: copy the signing secret of Basic Information here, then paste the URL under Event"
            " Subscriptions. Slack checks it at once."
        ),
        scheme=schemes.slack,
        key=keys.first(keys.field("event_id"), keys.body_digest),
        event=keys.slack_event,
        secret_from=SecretFrom.SENDER,
        has_timestamp=True,
        secret_headers=frozenset({"x-slack-signature"}),
        reply=_slack_reply,
    ),
    Preset(
        name="telegram",
        title="Telegram",
        hint=_("Call setWebhook of your bot with this URL, and with the secret as secret_token."),
        scheme=schemes.token_in("x-telegram-bot-api-secret-token"),
        key=keys.first(keys.field("update_id"), keys.each_its_own),
        event=keys.telegram_event,
        shortest_secret=16,
        is_token=True,
        secret_headers=frozenset({"x-telegram-bot-api-secret-token"}),
    ),
    ozon.PRESET,
    Preset(
        name="amocrm",
        title="amoCRM",
        hint=_(
            "In amoCRM: Settings → Integrations → Webhooks. Paste the URL; the secret in it is the only proof."
        ),
        scheme=schemes.token_in(),
        # Every object comes with the second of its change, so that the same bytes are the same news.
        key=keys.body_digest,
        event=keys.amocrm_event,
        shortest_secret=16,
        is_token=True,
    ),
    Preset(
        name="bitrix24",
        title="Bitrix24",
        hint=_(
            "In Bitrix24: Developer resources → Other → Outgoing webhook. Paste the URL, and copy the application token that"
            " is shown there here."
        ),
        scheme=schemes.token_in_form("auth[application_token]"),
        # An event names an object and a second, so that the same bytes are the same event.
        key=keys.body_digest,
        event=keys.field("event"),
        shortest_secret=16,
        is_token=True,
        is_json=False,
    ),
    Preset(
        name="hmac",
        title=_("HMAC-SHA256 in a header"),
        hint=_("For any sender that signs the raw body with HMAC-SHA256 and puts the result into a header."),
        scheme=schemes.hmac_of_body(),
        key=keys.first(keys.option("id_field"), keys.body_digest),
        event=keys.option("event_field"),
        is_json=False,
        options=("header", "prefix", "encoding", "event_field", "id_field"),
    ),
    Preset(
        name="token",
        title=_("Token in a header or in the URL"),
        hint=_("For senders that cannot sign. Prefer the header: URLs are written into the logs of others."),
        scheme=schemes.token_in(),
        key=keys.first(
            keys.option("id_field"),
            keys.header("webhook-id"),
            keys.header("idempotency-key"),
            keys.each_its_own,
        ),
        event=keys.option("event_field"),
        shortest_secret=16,
        is_token=True,
        is_json=False,
        options=("header", "prefix", "event_field", "id_field"),
    ),
)
PRESETS: Final = {one.name: one for one in _all}


def preset(name: str) -> Preset:
    try:
        return PRESETS[name]
    except KeyError as error:
        raise UnknownPreset(name) from error
