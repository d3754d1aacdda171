"""CRM systems."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from webhooks.presets import keys
from webhooks.presets.preset import Kind, Preset, SecretFrom
from webhooks.presets.schemes.addressed import hubspot
from webhooks.presets.schemes.signed import Signed
from webhooks.presets.schemes.tokens import token_in, token_in_form

# Requests that an administrator there describes by hand: identifiers only where the source's options name them.
_EACH: Final = keys.first(keys.option("id_field"), keys.header("idempotency-key"), keys.each_its_own)

PRESETS: Final = (
    Preset(
        name="amocrm",
        title="amoCRM",
        hint=_(
            "In amoCRM: Settings → Integrations → Webhooks. Paste the URL; the secret in it is the only proof."
        ),
        kind=Kind.CRM,
        scheme=token_in(),
        # Every object comes with the second of its change, so that the same bytes are the same news.
        key=keys.body_digest,
        event=keys.amocrm_event,
        shortest_secret=16,
        is_token=True,
    ),
    Preset(
        name="amocrm_chats",
        title=_("amoCRM, chats"),
        hint=_("Have the URL entered for your channel of chats, and copy the channel's secret key here."),
        kind=Kind.CRM,
        scheme=Signed("x-signature", algorithm="sha1"),
        # Sent once and never repeated: the same bytes again are somebody else's.
        key=keys.body_digest,
        event=keys.first(keys.field("message.message.type"), keys.field("event_type"), keys.field("action")),
        secret_from=SecretFrom.SENDER,
        secret_headers=frozenset({"x-signature"}),
    ),
    Preset(
        name="bitrix24",
        title="Bitrix24",
        hint=_(
            "In Bitrix24: Developer resources → Other → Outgoing webhook. Paste the URL, and copy the application token that"
            " is shown there here."
        ),
        kind=Kind.CRM,
        scheme=token_in_form("auth[application_token]"),
        # An event names an object and a second, so that the same bytes are the same event.
        key=keys.body_digest,
        event=keys.field("event"),
        shortest_secret=16,
        is_token=True,
        is_json=False,
        secret_fields=frozenset({"auth[application_token]", "auth[access_token]", "auth[refresh_token]"}),
    ),
    Preset(
        name="hubspot",
        title="HubSpot",
        hint=_(
            "In HubSpot: your app → Webhooks. Paste the URL as the target, and copy the app's client secret here. Leave the"
            " version at v3 unless your app signs in an older way."
        ),
        kind=Kind.CRM,
        scheme=hubspot,
        key=keys.first(keys.hubspot_key, keys.body_digest),
        event=keys.first_of_list("subscriptionType"),
        secret_from=SecretFrom.SENDER,
        has_timestamp=True,
        secret_headers=frozenset({"x-hubspot-signature-v3", "x-hubspot-signature"}),
        options=("version",),
        choices={"version": ("v3", "v2", "v1")},
    ),
    Preset(
        name="retailcrm",
        title="RetailCRM",
        hint=_(
            "In RetailCRM: Settings → Triggers, action “HTTP request”. Paste the URL with ?token= and the secret, and choose"
            " the fields that are sent."
        ),
        kind=Kind.CRM,
        scheme=token_in(),
        key=_EACH,
        event=keys.option("event_field"),
        shortest_secret=16,
        is_token=True,
        is_json=False,
        takes_get=True,
        options=("header", "prefix", "event_field", "id_field"),
    ),
    Preset(
        name="planfix",
        title=_("Planfix"),
        hint=_(
            "In Planfix: an automatic scenario with the operation “HTTP request”. Paste the URL with ?token= and the secret,"
            " and write the body as JSON."
        ),
        kind=Kind.CRM,
        scheme=token_in(),
        key=_EACH,
        event=keys.option("event_field"),
        shortest_secret=16,
        is_token=True,
        is_json=False,
        options=("header", "prefix", "event_field", "id_field"),
    ),
)
