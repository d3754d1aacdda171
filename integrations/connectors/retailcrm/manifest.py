"""What RetailCRM is, and what has to be entered to connect it."""

import zoneinfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from integrations.capabilities import (
    Account,
    CallerLookup,
    CallFollowUps,
    CallNotifications,
    ExtensionDirectory,
    ModuleRegistration,
    Records,
)
from integrations.fields import Field, FieldType, account_address
from integrations.http.auth import HeaderKey
from integrations.manifest import Category, Manifest, RateLimit
from integrations.phones import digits

TELEPHONY = "telephony"


def known_zone(name: str) -> str:
    """The zone's name, if there is such a zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("There is no such time zone; an example is Europe/Moscow."))
    return name


def dialable(number: str) -> str:
    """The number, if it has as many digits as one."""
    if not 3 <= len(digits(number)) <= 18:
        raise ValidationError(_("This is no telephone number."))
    return number


manifest = Manifest(
    code="retailcrm",
    name="RetailCRM",
    category=Category.CRM,
    summary=_(
        "Pop-ups with the customer's card while the phone rings, and every call in the customer's history."
    ),
    docs_url="https://docs.retailcrm.ru/Developers/API/APIVersions/APIv5",
    capabilities=(
        Account,
        CallNotifications,
        CallFollowUps,
        ExtensionDirectory,
        ModuleRegistration,
        Records,
        CallerLookup,
    ),
    base_url_setting="url",
    settings=(
        Field(
            "url",
            _("Account address"),
            FieldType.URL,
            help=_("As your browser shows it, for example https://example.retailcrm.ru"),
            placeholder="https://example.retailcrm.ru",
            validator=account_address,
        ),
        Field(
            "site",
            _("Shop code"),
            required=False,
            help=_("Only needed when the key belongs to several shops: Settings → Shops → symbolic code."),
        ),
        Field(
            "timezone",
            _("Time zone of the account"),
            required=False,
            help=_("Leave empty to take it from the account's settings."),
            placeholder="Europe/Moscow",
            validator=known_zone,
        ),
        Field(
            "phones",
            _("Our numbers"),
            FieldType.TABLE,
            required=False,
            help=_("Which number of ours belongs to which shop: RetailCRM offers them for calls by click."),
            columns=(
                Field("site", _("Shop code"), placeholder="main"),
                Field("phone", _("Our number"), placeholder="+7 800 555-35-35", validator=dialable),
            ),
        ),
    ),
    credentials=(
        Field(
            "api_key",
            _("API key"),
            FieldType.SECRET,
            help=_(
                "Settings → Integration → API keys. It must allow telephony, users and integration modules."
            ),
        ),
    ),
    # The official Go client keeps to 10 requests a second, and 40 below /telephony. The burst is taken off the rate,
    # so that no single second sees more than that.
    rate_limits=(RateLimit("default", per_second=8, burst=2), RateLimit(TELEPHONY, per_second=32, burst=8)),
    auth=HeaderKey("X-API-KEY", "api_key"),
)
