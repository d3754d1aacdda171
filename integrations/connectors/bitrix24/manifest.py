"""What Bitrix24 is, and what has to be entered to connect it."""

from django.utils.translation import gettext_lazy as _

from integrations.capabilities import (
    Account,
    CallerLookup,
    CallFollowUps,
    CallNotifications,
    Records,
    Updates,
)
from integrations.connectors.bitrix24.portal import PortalAccess, read_callback, webhook_address
from integrations.fields import Field, FieldType, account_address
from integrations.hooks import WebhookRegistration
from integrations.manifest import Category, Manifest, RateLimit, Scope

TELEPHONY, CRM, PORTAL = "telephony", "crm", "portal"
FETCHED, HANDED_OVER = "fetched", "handed_over"
SENT, ASKED = "sent", "asked"
AUTH_SERVERS = (
    ("https://oauth.bitrix.info", "oauth.bitrix.info"),
    ("https://oauth.bitrix24.tech", "oauth.bitrix24.tech"),
    ("{base}", _("The portal itself (simulator)")),
)
"""Secrets are sent there, so it is a choice and no address to be typed."""

manifest = Manifest(
    code="bitrix24",
    name="Bitrix24",
    category=Category.CRM,
    summary=_(
        "The client's card while the phone rings, every call in the history, and contacts, companies, leads and deals."
    ),
    docs_url="https://apidocs.bitrix24.com/",
    capabilities=(
        Account,
        CallNotifications,
        CallFollowUps,
        CallerLookup,
        Records,
        WebhookRegistration,
        Updates,
    ),
    base_url_setting="url",
    settings=(
        Field(
            "url",
            _("Portal address"),
            FieldType.URL,
            help=_("As your browser shows it, for example https://example.bitrix24.ru"),
            placeholder="https://example.bitrix24.ru",
            validator=account_address,
        ),
        Field(
            "auth_server",
            _("Authorization server"),
            FieldType.CHOICE,
            required=False,
            default=AUTH_SERVERS[0][0],
            choices=AUTH_SERVERS,
            help=_("Leave it as it is, unless Bitrix24 names another one for your country."),
        ),
        Field(
            "recordings",
            _("Recordings"),
            FieldType.CHOICE,
            required=False,
            default=FETCHED,
            choices=(
                (FETCHED, _("Bitrix24 fetches them from their address")),
                (HANDED_OVER, _("We hand them over")),
            ),
            help=_(
                "Hand them over where their address cannot be reached from the internet; up to 16 MB each."
            ),
        ),
        Field(
            "events",
            _("How we hear of changes and clicks"),
            FieldType.CHOICE,
            required=False,
            default=SENT,
            choices=(
                (SENT, _("The portal sends them to our address")),
                (ASKED, _("We ask for them every few seconds")),
            ),
            help=_(
                "Asking works without an address that can be reached from the internet, and nothing is lost while we are"
                " down. An administrator has to connect the application."
            ),
        ),
        Field(
            "creates_leads",
            _("Make a lead of an unknown caller"),
            FieldType.BOOL,
            required=False,
            default=False,
        ),
        Field(
            "line",
            _("External line"),
            required=False,
            help=_(
                "The number under which Bitrix24 lists our calls, and that users choose to call by a click."
            ),
            placeholder="+375 29 123-45-00",
        ),
        Field(
            "default_user",
            _("User for calls that reached nobody"),
            required=False,
            help=_("The id of a user there. Empty: whoever connected the portal."),
        ),
    ),
    credentials=(
        Field(
            "client_id",
            _("Application ID (client_id)"),
            required=False,
            help=_(
                "Developer resources → Other → Local application, of the kind “Server”: it is shown when it is saved."
            ),
        ),
        Field(
            "client_secret",
            _("Application key (client_secret)"),
            FieldType.SECRET,
            required=False,
        ),
        Field(
            "webhook_url",
            _("Address of the incoming webhook"),
            FieldType.SECRET,
            required=False,
            help=_(
                "Only instead of an application: Developer resources → Other → Incoming webhook. It reads and writes the"
                " CRM; Bitrix24 refuses it everything that has to do with calls."
            ),
            validator=webhook_address,
        ),
    ),
    # The portal's bucket holds 50 and loses 2 a second, whoever calls from our address. Calls and the CRM have parts of
    # their own, so that a long run over the CRM, or a pause that it was asked for, never holds a pop-up back.
    rate_limits=(
        RateLimit(CRM, per_second=1.5, burst=15, within=PORTAL),
        RateLimit(TELEPHONY, per_second=2, burst=25, within=PORTAL),
        RateLimit(PORTAL, per_second=1.9, burst=45, scope=Scope.HOST),
    ),
    auth=PortalAccess(
        authorize_url="{base}/oauth/authorize/",
        token_url="{auth_server}/oauth/token/",  # noqa: S106 (an address)
        uses_pkce=False,
        is_token_asked_by_get=True,
        parameter="auth",
        fixed_token="webhook_url",  # noqa: S106 (a field's name)
        kept=("client_endpoint", "member_id", "domain", "user_id"),
        read_callback=read_callback,
        refresh_days=180,
    ),
)
