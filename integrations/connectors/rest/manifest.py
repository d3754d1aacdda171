"""What has to be entered to speak to a system that nobody wrote a connector for."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Account, Records
from integrations.connectors.rest.columns import COLUMNS
from integrations.connectors.rest.plan import MOST_KINDS, Scheme, check_kinds
from integrations.fields import Field, FieldType
from integrations.http.auth import Auth, Grant, NoAuth, OAuth2
from integrations.manifest import Category, Manifest, RateLimit


def api_address(url: str) -> str:
    """The part of the address that all calls share, without a slash at its end."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def header_or_parameter(name: str) -> str:
    """A name that can stand in a header and in a query, and that does not take the place of a header of ours."""
    if not all(char.isascii() and (char.isalnum() or char in "-_.") for char in name) or len(name) > 100:
        raise ValidationError(_("Only letters, digits, hyphens, points and underscores."))
    if name.lower() in (
        "host",
        "content-length",
        "content-type",
        "transfer-encoding",
        "connection",
        "cookie",
    ):
        raise ValidationError(_("This header cannot carry a key."))
    return name


def one_line(value: Any) -> Any:
    """What goes into a header must be ASCII: others are not sent, or arrive as something else."""
    if not str(value).isascii():
        raise ValidationError(_("Only Latin letters, digits and signs."))
    return value


def auth_of(settings: Mapping[str, Any]) -> Auth:
    """Tokens are the ApiClient's affair; keys are placed by the client, which takes them out of addresses, too."""
    if settings.get("scheme") != Scheme.OAUTH2.value:
        return NoAuth()
    return OAuth2(
        token_url=str(settings.get("token_url") or "{base}/oauth/token"),
        grant=Grant.CLIENT_CREDENTIALS,
        scopes=tuple(str(settings.get("scope") or "").split()),
        is_client_in_header=bool(settings.get("client_in_header")),
    )


manifest = Manifest(
    code="rest",
    name="REST API",
    category=Category.ERP,
    summary=_("Any CRM, ERP or other system with a REST API: described here, without programming."),
    docs_url="https://datatracker.ietf.org/doc/html/rfc9110",
    capabilities=(Account, Records),
    base_url_setting="url",
    settings=(
        Field(
            "url",
            _("address of the API"),
            FieldType.URL,
            help=_("What all calls begin with, for example https://erp.example.com/api/v2"),
            placeholder="https://erp.example.com/api/v2",
            validator=api_address,
        ),
        Field(
            "scheme",
            _("how the key is sent"),
            FieldType.CHOICE,
            default=Scheme.BEARER.value,
            choices=tuple((one.value, one.label) for one in Scheme),
        ),
        Field(
            "key_name",
            _("name of the header or parameter"),
            required=False,
            help=_("Only for a key in a header or in the query, for example X-API-Key"),
            validator=header_or_parameter,
        ),
        Field(
            "username",
            _("user name"),
            required=False,
            help=_("Only for a user name with a password."),
        ),
        Field(
            "token_url",
            _("address of the tokens"),
            FieldType.URL,
            required=False,
            help=_("Only for OAuth2. Empty: /oauth/token below the address of the API."),
            placeholder="https://login.example.com/oauth2/token",
        ),
        Field(
            "scope",
            _("scope of the token"),
            required=False,
            help=_("Only for OAuth2, as that system's documentation names it."),
            validator=one_line,
        ),
        Field(
            "client_in_header",
            _("client id and secret in the header (Basic)"),
            FieldType.BOOL,
            required=False,
            default=False,
            help=_("Only for OAuth2, where that system does not take them in the body."),
        ),
        Field(
            "idempotency_header",
            _("header for our key of a change"),
            required=False,
            help=_(
                "If that system recognises repetitions, for example Idempotency-Key. Else leave it empty."
            ),
            validator=header_or_parameter,
        ),
        Field(
            "kinds",
            _("what is read and written"),
            FieldType.TABLE,
            help=_(
                "One entry for each kind of objects. Which field means what is said on the page of its field mapping."
            ),
            columns=COLUMNS,
            most_rows=MOST_KINDS,
            validator=check_kinds,
        ),
    ),
    # Nothing is known of its limits: slower than most of them are.
    rate_limits=(RateLimit("default", per_second=5, burst=5),),
    credentials=(
        Field(
            "key",
            _("key, token or password"),
            FieldType.SECRET,
            required=False,
            help=_("Leave it empty for an API that is open."),
            validator=one_line,
        ),
        Field(
            "client_id",
            _("client id"),
            FieldType.SECRET,
            required=False,
            help=_("Only for OAuth2."),
            validator=one_line,
        ),
        Field(
            "client_secret",
            _("client secret"),
            FieldType.SECRET,
            required=False,
            help=_("Only for OAuth2."),
            validator=one_line,
        ),
    ),
    choose_auth=auth_of,
    secret_urls=("token_url",),
)
