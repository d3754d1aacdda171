"""What Skeleton is, and what has to be entered to connect it."""

from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Account, Records
from integrations.fields import Field, FieldType, account_address
from integrations.hooks import WebhookRegistration
from integrations.http.auth import HeaderKey
from integrations.manifest import Category, Manifest, RateLimit

manifest = Manifest(
    code="_skeleton",
    name="Skeleton",
    category=Category.CRM,
    summary=_("Contacts, both ways; what changes there is known at once."),
    docs_url="https://example.com/",
    capabilities=(Account, Records, WebhookRegistration),
    base_url_setting="url",
    settings=(
        Field(
            "url",
            _("Address of the account"),
            FieldType.URL,
            help=_("As your browser shows it."),
            placeholder="https://company.example.com",
            validator=account_address,
        ),
    ),
    credentials=(Field("api_key", _("Key of the API"), FieldType.SECRET),),
    # Fewer than the ten a second that its documentation allows: others use the same account.
    rate_limits=(RateLimit("default", per_second=5, burst=5),),
    auth=HeaderKey("X-Api-Key", "api_key"),
    idempotency_header="Idempotency-Key",
)
