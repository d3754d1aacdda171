"""The public standard, and the ways of senders that nobody knows by name."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from webhooks.presets import keys
from webhooks.presets.options import check_login, check_signed, check_signing_key, check_web_key
from webhooks.presets.preset import Preset
from webhooks.presets.schemes import signed, tokens, web_token
from webhooks.presets.schemes.standard import standard

_HINT: Final = _(
    "Paste the URL at the sender and copy its signing secret (whsec_…) here, or have one made and paste it there. Where the"
    " sender signs with a private key, copy its public one (whpk_…)."
)

STANDARD: Final = (
    Preset(
        name="standard",
        title=_("Standard Webhooks"),
        hint=_HINT,
        scheme=standard("webhook"),
        key=keys.header("webhook-id"),
        event=keys.field("type"),
        is_standard_secret=True,
        has_timestamp=True,
        secret_headers=frozenset({"webhook-signature"}),
    ),
    Preset(
        name="svix",
        title="Svix",
        hint=_HINT,
        scheme=standard("svix"),
        key=keys.header("svix-id"),
        event=keys.field("type"),
        is_standard_secret=True,
        has_timestamp=True,
        secret_headers=frozenset({"svix-signature"}),
    ),
)

OWN: Final = (
    Preset(
        name="hmac",
        title=_("Own signature (HMAC)"),
        hint=_(
            "For any sender that signs with HMAC and puts the result into a header. Without more options it is HMAC-SHA256"
            " over the raw body."
        ),
        scheme=signed.custom,
        key=keys.first(keys.option("id_field"), keys.signed_header("id_header"), keys.body_digest),
        event=keys.option("event_field"),
        is_json=False,
        options=(
            "header",
            "prefix",
            "algorithm",
            "encoding",
            "key",
            "signed",
            "timestamp_header",
            "timestamp_unit",
            "id_header",
            "pairs",
            "event_field",
            "id_field",
            "networks",
        ),
        choices={"algorithm": signed.ALGORITHMS},
        check_options=check_signed,
        check_secret=check_signing_key,
    ),
    Preset(
        name="jwt",
        title=_("JSON Web Token in a header"),
        hint=_(
            "For senders that put a signed token into a header. The secret is what it is signed with: for HS… the shared"
            " secret, for RS…, ES… and EdDSA the sender's public key (PEM), its set of keys (JSON), or the address of that set"
            " (https://…, often called JWKS)."
        ),
        scheme=web_token.web_token,
        key=keys.first(keys.option("id_field"), web_token.token_id, keys.body_digest),
        key_set=web_token.key_set_of,
        event=keys.option("event_field"),
        shortest_secret=16,
        is_key_text=True,
        has_timestamp=True,
        is_json=False,
        secret_headers=frozenset({"authorization"}),
        options=(
            "header",
            "prefix",
            "algorithm",
            "issuer",
            "audience",
            "body_claim",
            "event_field",
            "id_field",
            "networks",
        ),
        choices={"algorithm": web_token.ALGORITHMS},
        check_secret=check_web_key,
    ),
    Preset(
        name="basic",
        title=_("Name and password (HTTP Basic)"),
        hint=_("For senders that can log in. The secret is the name, a colon and the password."),
        scheme=tokens.login,
        key=keys.first(
            keys.option("id_field"),
            keys.header("webhook-id"),
            keys.header("idempotency-key"),
            keys.each_its_own,
        ),
        event=keys.option("event_field"),
        shortest_secret=10,
        is_json=False,
        secret_headers=frozenset({"authorization"}),
        options=("event_field", "id_field", "networks"),
        check_secret=check_login,
    ),
    Preset(
        name="token",
        title=_("Token in a header or in the URL"),
        hint=_("For senders that cannot sign. Prefer the header: URLs are written into the logs of others."),
        scheme=tokens.token_in(),
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
        takes_get=True,
        options=("header", "prefix", "event_field", "id_field", "networks"),
    ),
)
