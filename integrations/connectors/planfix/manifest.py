"""What Planfix is, and what has to be entered to connect it."""

from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Account, CallNotifications
from integrations.fields import Field, FieldType, account_address
from integrations.manifest import Category, Manifest, RateLimit

TELEPHONY, REST = "telephony", "rest"

manifest = Manifest(
    code="planfix",
    name="Planfix",
    category=Category.CRM,
    summary=_("The contact's card while the phone rings, and every call as an entry of its own in Planfix."),
    docs_url="https://planfix.com/help/VoIP_API",
    capabilities=(Account, CallNotifications),
    base_url_setting="url",
    settings=(
        Field(
            "url",
            _("Account address"),
            FieldType.URL,
            help=_("As your browser shows it, for example https://example.planfix.ru"),
            placeholder="https://example.planfix.ru",
            validator=account_address,
        ),
    ),
    credentials=(
        Field(
            "planfix_token",
            _("Planfix token"),
            FieldType.SECRET,
            help=_("Account → Integrations → Virtual PBX → Planfix API for telephony."),
        ),
        Field(
            "rest_token",
            _("REST API token"),
            FieldType.SECRET,
            required=False,
            help=_(
                "Only needed to load employees: Account → API → REST. Calls are shown by extension without it."
            ),
        ),
    ),
    # REST allows one request a second and a number a day; the API for telephony names no limit.
    rate_limits=(
        RateLimit(TELEPHONY, per_second=16, burst=4),
        RateLimit(REST, per_second=0.9, burst=0),
    ),
)
