"""What a connector says of itself: everything that the catalogue, the forms and the ApiClient need to know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Capability
from integrations.capabilities.base import Text
from integrations.fields import Field, clean_values
from integrations.http.auth import Auth, NoAuth


class Category(StrEnum):
    """The catalogue's shelves."""

    CRM = "crm"
    ERP = "erp"
    SHOP = "shop"
    MESSENGER = "messenger"
    PAYMENT = "payment"
    ANALYTICS = "analytics"
    DOCUMENTS = "documents"
    DATABASE = "database"
    AI = "ai"

    @property
    def label(self) -> Promise:
        return _CATEGORIES[self]


_CATEGORIES: dict[Category, Promise] = {
    Category.CRM: _("CRM"),
    Category.ERP: _("ERP"),
    Category.SHOP: _("Shops"),
    Category.MESSENGER: _("Messengers"),
    Category.PAYMENT: _("Payments"),
    Category.ANALYTICS: _("Analytics"),
    Category.DOCUMENTS: _("Documents"),
    Category.DATABASE: _("Databases"),
    Category.AI: _("AI"),
}


class Scope(StrEnum):
    """Whose calls an outside system counts together."""

    INTEGRATION = "integration"
    """Those with one key, or of one account."""
    HOST = "host"
    """All that we send to one of its hosts, from whichever company."""
    INSTALLATION = "installation"
    """All that come from our address."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A token bucket. The most that can leave within any one second is `per_second + burst`.

    A call of this bucket also takes its turn in the one that `within` names. `per_day` is the number for a day (of
    `day_zone`), or the settings field `per_day_setting` says it; 0 means any number.
    """

    name: str
    per_second: float
    burst: float
    scope: Scope = Scope.INTEGRATION
    within: str = ""
    per_day: int = 0
    per_day_setting: str = ""
    day_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description of one outside system.

    `base_url_setting` names the settings field that holds the account's address, or is empty when `base_url` is fixed.
    The first of `rate_limits` is the one for calls that name none. `expires_setting` names a settings field of the type
    date: the last day on which the credentials are valid. `concurrency` is how many calls of one integration may
    be under way at a time, 0 for any number. `idempotency_header` is where the system takes a request's key.
    Where the settings choose how to prove who we are, `choose_auth` makes the scheme of them; `secret_urls` names the
    settings fields beside the account's address where credentials are sent.
    """

    code: str
    name: str
    category: Category
    summary: Text
    docs_url: str
    capabilities: tuple[type[Capability], ...]
    settings: tuple[Field, ...] = ()
    credentials: tuple[Field, ...] = ()
    rate_limits: tuple[RateLimit, ...] = ()
    auth: Auth = field(default_factory=NoAuth)
    choose_auth: Callable[[Mapping[str, Any]], Auth] | None = None
    secret_urls: tuple[str, ...] = ()
    base_url: str = ""
    base_url_setting: str = ""
    expires_setting: str = ""
    logo: str = "logo.svg"
    concurrency: int = 0
    idempotency_header: str = ""

    def auth_for(self, settings: Mapping[str, Any]) -> Auth:
        """The scheme of an integration with these settings."""
        return self.choose_auth(settings) if self.choose_auth else self.auth

    def clean_settings(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Checked settings with defaults; ValidationError keyed by field name."""
        return clean_values(self.settings, values)

    def clean_credentials(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Checked credentials; ValidationError keyed by field name."""
        return clean_values(self.credentials, values)

    def expiry(self, settings: Mapping[str, Any], zone: tzinfo) -> datetime | None:
        """When the credentials end: at the end of the day that the settings name; None when they name none."""
        day = settings.get(self.expires_setting) if self.expires_setting else None
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), zone) if day else None
