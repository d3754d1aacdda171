"""CRM systems."""

from typing import Final

import orjson
from django.utils.translation import gettext_lazy as _

from webhooks.presets import keys
from webhooks.presets.arrival import Arrival
from webhooks.presets.preset import TAKEN, Kind, Preset, Reply, SecretFrom
from webhooks.presets.schemes.addressed import hubspot
from webhooks.presets.schemes.signed import Signed
from webhooks.presets.schemes.tokens import token_in, token_in_form

# Requests that an administrator there describes by hand: identifiers only where the source's options name them.
_EACH: Final = keys.first(keys.option("id_field"), keys.header("idempotency-key"), keys.each_its_own)

# An application with a page of its own has to say in the browser that it is installed: until then nothing is sent to it.
_INSTALLED: Final = (
    b'<!doctype html><meta charset="utf-8"><title>Switchboard</title>'
    b'<script src="https://api.bitrix24.com/api/v1/"></script>'
    b"<script>BX24.init(function () { BX24.installFinish(); });</script>"
)


def _bitrix24_reply(arrival: Arrival, secret: str) -> Reply:
    """The page of an installation, which the portal shows in a frame; for all others an empty object."""
    return Reply(_INSTALLED, "text/html; charset=utf-8") if arrival.value("AUTH_ID") else TAKEN


_by_form, _by_address = token_in_form("token"), token_in()


def _planfix(arrival: Arrival, secret: str, tolerance: float) -> str:
    """Commands of its telephony carry the token in the form; a scenario's request has it where its author put it."""
    is_named = bool(arrival.options.get("header"))
    return (_by_address if is_named else _by_form)(arrival, secret, tolerance)


def _planfix_refusal(status: int, text: str) -> bytes:
    return orjson.dumps({"error": "Invalid token" if status == 401 else text})


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
        secret_fields=frozenset(
            {
                "auth[application_token]",
                "auth[access_token]",
                "auth[refresh_token]",
                "AUTH_ID",
                "REFRESH_ID",
                "APPLICATION_TOKEN",
            }
        ),
        reply=_bitrix24_reply,
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
            "For calls, in Planfix: Account → Integrations → Virtual PBX → Planfix API for telephony. Paste the URL as the address"
            " of the exchange, and the secret as its token. An automatic scenario with the operation “HTTP request” takes the"
            " URL with ?token= and the secret; write its body as JSON."
        ),
        kind=Kind.CRM,
        scheme=_planfix,
        # A second click on the same number is the same form, and has no mark by which it could be told from a repetition.
        key=_EACH,
        event=keys.first(keys.option("event_field"), keys.field("cmd"), keys.field("object")),
        shortest_secret=16,
        is_token=True,
        is_json=False,
        secret_fields=frozenset({"token", "planfix_token"}),
        options=("header", "prefix", "event_field", "id_field"),
        # All requests of an account wait for one another: whatever is proved is answered at once, and empty.
        reply=lambda arrival, secret: Reply(b""),
        refusal=_planfix_refusal,
    ),
)
