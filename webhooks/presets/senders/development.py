"""Hosts of code and documents."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from webhooks.presets import keys
from webhooks.presets.preset import Kind, Preset
from webhooks.presets.schemes.signed import Signed
from webhooks.presets.schemes.standard import standard
from webhooks.presets.schemes.tokens import token_in

_GITLAB_EVENT: Final = keys.first(keys.field("object_kind"), keys.header("x-gitlab-event"))

PRESETS: Final = (
    Preset(
        name="github",
        title="GitHub",
        hint=_("In GitHub: Settings → Webhooks → Add webhook. Paste the URL and the secret, choose JSON."),
        kind=Kind.DEVELOPMENT,
        scheme=Signed("x-hub-signature-256", prefix="sha256="),
        key=keys.body_and(keys.header("x-github-event")),
        event=keys.header("x-github-event"),
        # The older SHA-1 signature comes along; it is neither trusted nor kept.
        secret_headers=frozenset({"x-hub-signature-256", "x-hub-signature"}),
    ),
    Preset(
        name="gitlab",
        title="GitLab",
        hint=_("In GitLab: Settings → Webhooks. Paste the URL, and the secret as the secret token."),
        kind=Kind.DEVELOPMENT,
        scheme=token_in("x-gitlab-token"),
        key=keys.first(keys.header("idempotency-key"), keys.header("x-gitlab-event-uuid"), keys.each_its_own),
        event=_GITLAB_EVENT,
        shortest_secret=16,
        is_token=True,
        secret_headers=frozenset({"x-gitlab-token"}),
    ),
    Preset(
        name="gitlab_signed",
        title=_("GitLab, signed"),
        hint=_(
            "In GitLab: Settings → Webhooks. Paste the URL, and the secret (whsec_…) as the signing token: newer versions sign"
            " with it."
        ),
        kind=Kind.DEVELOPMENT,
        scheme=standard("webhook"),
        key=keys.header("webhook-id"),
        event=keys.field("object_kind"),
        is_standard_secret=True,
        has_timestamp=True,
        secret_headers=frozenset({"webhook-signature", "x-gitlab-token"}),
    ),
    Preset(
        name="confluence",
        title="Confluence Data Center",
        hint=_("In Confluence: Administration → Webhooks. Paste the URL and the secret."),
        kind=Kind.DEVELOPMENT,
        scheme=Signed("x-hub-signature", prefix="sha256="),
        key=keys.body_digest,
        event=keys.first(keys.field("event"), keys.field("webhookEvent"), keys.header("x-event-key")),
        secret_headers=frozenset({"x-hub-signature"}),
    ),
)
