"""What amoCRM is, and what has to be entered to connect it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Account, CallerLookup, CallFollowUps, CallNotifications, Records
from integrations.fields import Field, FieldType, account_address
from integrations.hooks import WebhookRegistration
from integrations.http.auth import OAuth2
from integrations.manifest import Category, Manifest, RateLimit
from tenants.errors import ConfigError

TO_UNSORTED, LEFT_OUT = "unsorted", "left_out"


def whole_number(text: str) -> str:
    """Ids of amoCRM are digits."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValidationError(_("This is a number, as it stands in the address of the pipeline's page."))
    return text


def field_number(text: str) -> str:
    """The number of an own field."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text)):
        raise ValidationError(_("This is a number: the field's settings in amoCRM show it as its ID."))
    return text


def of_that_account(told: Mapping[str, str], settings: Mapping[str, Any]) -> Mapping[str, str]:
    """`referer` of the callback is the host of the account in which access was allowed; nothing of it is kept."""
    host = told.get("referer", "").removeprefix("https://").strip("/").lower()
    entered = urlsplit(str(settings.get("url", ""))).netloc.lower()
    if host and host != entered:
        raise ConfigError(
            _("Access was allowed in %(other)s, but the address entered here is %(entered)s.")
            % {"other": host[:200], "entered": entered},
            detail="another account",
        )
    return {}


manifest = Manifest(
    code="amocrm",
    name="amoCRM",
    category=Category.CRM,
    summary=_(
        "A notification while the phone rings, every call in the customer's card, unknown callers among the incoming"
        " leads; contacts, companies and deals in both directions. Kommo, too."
    ),
    docs_url="https://www.amocrm.ru/developers/",
    capabilities=(Account, CallNotifications, CallFollowUps, CallerLookup, Records, WebhookRegistration),
    base_url_setting="url",
    expires_setting="token_ends",
    settings=(
        Field(
            "url",
            _("Account address"),
            FieldType.URL,
            help=_(
                "As your browser shows it, for example https://example.amocrm.ru or https://example.kommo.com"
            ),
            placeholder="https://example.amocrm.ru",
            validator=account_address,
        ),
        Field(
            "unknown_callers",
            _("Calls of unknown numbers"),
            FieldType.CHOICE,
            default=TO_UNSORTED,
            choices=(
                (TO_UNSORTED, _("Put incoming ones among the incoming leads")),
                (LEFT_OUT, _("Leave them out")),
            ),
            help=_("amoCRM keeps a call only with a contact or a company that has its number."),
        ),
        Field(
            "pipeline",
            _("Pipeline of incoming leads"),
            required=False,
            help=_("The number in the address of the pipeline's page; empty: the main pipeline."),
            validator=whole_number,
        ),
        Field(
            "shows_to_everyone",
            _("Show calls to everyone when no user is assigned to the extension"),
            FieldType.BOOL,
            default=False,
        ),
        Field(
            "task_minutes",
            _("Minutes to call back a missed call"),
            FieldType.NUMBER,
            required=False,
            default=0,
            help=_("A task for the responsible user, in the card of whoever called. 0: no tasks."),
        ),
        Field(
            "source_name",
            _("Name of the telephony"),
            default="Switchboard",
            help=_("Stands in amoCRM beside every call."),
        ),
        *(
            Field(
                f"{kind}_key_field",
                title,
                required=False,
                help=_(
                    "The ID of an own field of the type “text”. What is made from here has our key in it, so that after a lost "
                    "answer it is found there and not made twice. Empty: a person decides then."
                ),
                validator=field_number,
            )
            for kind, title in (
                ("contact", _("Field of contacts for our key")),
                ("company", _("Field of companies for our key")),
                ("deal", _("Field of leads for our key")),
            )
        ),
        Field(
            "token_ends",
            _("Last day of the long-lived token"),
            FieldType.DATE,
            required=False,
            help=_("As chosen when the token was made: you are reminded before it. Not needed with Connect."),
        ),
    ),
    credentials=(
        Field(
            "access_token",
            _("Long-lived token"),
            FieldType.SECRET,
            required=False,
            help=_(
                "Of a private integration: its page, Keys and scopes. Then the two fields below stay empty."
            ),
        ),
        Field(
            "client_id",
            _("Integration ID"),
            FieldType.SECRET,
            required=False,
            help=_("On the integration's page, Keys and scopes."),
        ),
        Field(
            "client_secret",
            _("Secret key"),
            FieldType.SECRET,
            required=False,
            help=_("On the same page."),
        ),
    ),
    # 7 requests a second are allowed, and who goes on in spite of refusals is locked out.
    rate_limits=(RateLimit("default", per_second=6, burst=1),),
    auth=OAuth2(
        authorize_url="{www}/oauth",
        token_url="{base}/oauth2/access_token",  # noqa: S106 (an address)
        uses_pkce=False,
        is_token_asked_in_json=True,
        fixed_token="access_token",  # noqa: S106 (the name of a field)
        read_callback=of_that_account,
        refresh_days=90,
    ),
)
