"""What Ozon Seller is, and what has to be entered to connect it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Account, Records
from integrations.fields import Field, FieldType, account_address
from integrations.hooks import WebhookRegistration
from integrations.http.auth import HeaderKey
from integrations.manifest import Category, Manifest, RateLimit

ADDRESS = "https://api-seller.ozon.ru"
STOCKS, WAREHOUSES, POSTING = "stocks", "warehouses", "posting"
DEFAULT_HISTORY_DAYS, DEFAULT_FBO_DAYS = 365, 30


def digits_only(value: str) -> str:
    """Ozon's identifiers are numbers."""
    if not (value.isascii() and value.isdecimal() and len(value) <= 19):
        raise ValidationError(_("Digits only, as Ozon shows it."))
    return value


def whole_days(value: Any) -> int:
    """A number of days that makes sense."""
    if not isinstance(value, int) or not 1 <= value <= 3650:
        raise ValidationError(_("A whole number of days, from 1 to 3650."))
    return value


manifest = Manifest(
    code="ozon",
    name="Ozon",
    category=Category.SHOP,
    summary=_("Orders by FBS and FBO, products, and stock by warehouse; stock and prices are written back."),
    docs_url="https://docs.ozon.ru/api/seller/",
    capabilities=(Account, Records, WebhookRegistration),
    base_url_setting="url",
    settings=(
        Field(
            "client_id",
            "Client-Id",
            help=_("The number shown above the keys: Settings → Seller API."),
            validator=digits_only,
            placeholder="123456",
        ),
        Field(
            "warehouse_id",
            _("Warehouse for stock that names none"),
            required=False,
            help=_(
                "The number of one of your warehouses. Only needed where stock is sent to Ozon without a warehouse."
            ),
            validator=digits_only,
        ),
        Field(
            "history_days",
            _("Days of orders in a full run"),
            FieldType.NUMBER,
            required=False,
            default=DEFAULT_HISTORY_DAYS,
            help=_("A full run reads postings that are no older than that."),
            validator=whole_days,
        ),
        Field(
            "fbo_days",
            _("Days of FBO orders read again"),
            FieldType.NUMBER,
            required=False,
            default=DEFAULT_FBO_DAYS,
            help=_(
                "Ozon does not tell which FBO postings changed, so those of the last days are read again each time."
            ),
            validator=whole_days,
        ),
        Field(
            "url",
            _("Address of the API"),
            FieldType.URL,
            required=False,
            default=ADDRESS,
            help=_("Leave it as it is, unless you try things out with a simulator."),
            validator=account_address,
        ),
    ),
    credentials=(
        Field(
            "api_key",
            "Api-Key",
            FieldType.SECRET,
            help=_("Settings → Seller API → Generate key. Ozon shows it only once."),
        ),
    ),
    # 50 requests a second for one Client-Id. A minute of `stocks` never sees more than 80, of `warehouses` no more than
    # one; two a second for `posting` is what one client library keeps to.
    rate_limits=(
        RateLimit("default", per_second=40, burst=10),
        RateLimit(STOCKS, per_second=1.2, burst=5),
        RateLimit(WAREHOUSES, per_second=1 / 60, burst=0),
        RateLimit(POSTING, per_second=1, burst=1),
    ),
    auth=HeaderKey("Api-Key", "api_key"),
)
