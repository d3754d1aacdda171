"""The requests for tokens, as the manifest says that this system wants them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from integrations.http.auth import OAuth2, basic
from integrations.http.draft import Draft, Outgoing
from tenants.errors import ConfigError

Form = dict[str, str]


def callback_url() -> str:
    """The one address for all systems, to be entered in the settings of the outside application."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("integration-oauth-callback")


def with_base(url: str, base: str, chosen: Mapping[str, Any] = MappingProxyType({})) -> str:
    """The address with the account's address in it, or that of the whole service, and what was chosen among the settings.

    Secrets go there: a manifest names settings only that are a choice between known addresses.
    """
    for name, value in chosen.items():
        url = url.replace(f"{{{name}}}", str(value))
    return url.replace("{base}", base.rstrip("/")).replace("{www}", _service(base))


def _service(base: str) -> str:
    """`https://example.amocrm.ru` -> `https://www.amocrm.ru`; an address without a domain stays as it is."""
    parts = urlsplit(base)
    domain = parts.netloc.partition(".")[2]
    if "." not in domain or parts.netloc.replace(".", "").partition(":")[0].isdigit():
        return base.rstrip("/")
    return f"{parts.scheme}://www.{domain}"


def authorize_url(auth: OAuth2, base: str, credentials: Mapping[str, Any], state: str, challenge: str) -> str:
    """Where a person allows us in."""
    fields = {
        "response_type": "code",
        "client_id": _entered(credentials, "client_id"),
        "redirect_uri": callback_url(),
        "state": state,
    }
    if auth.scopes:
        fields["scope"] = " ".join(auth.scopes)
    if auth.uses_pkce:
        fields |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    address = with_base(auth.authorize_url, base)
    mark = "&" if urlsplit(address).query else "?"
    return f"{address}{mark}{urlencode([*fields.items(), *auth.authorize_with])}"


def for_code(code: str, verifier: str) -> Form:
    """The code that the callback brought; the verifier only where PKCE is used."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback_url()}
    return {**fields, "code_verifier": verifier} if verifier else fields


def for_refresh(refresh_token: str) -> Form:
    # amoCRM wants the address of the callback here, too; everybody else has to ignore what it does not know (RFC 6749, 3.2).
    return {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "redirect_uri": callback_url(),
    }


def for_client(auth: OAuth2) -> Form:
    scope = {"scope": " ".join(auth.scopes)} if auth.scopes else {}
    return {"grant_type": "client_credentials", **scope}


def outgoing(
    auth: OAuth2, base: str, credentials: Mapping[str, Any], form: Form, chosen: Mapping[str, Any] = MappingProxyType({})
) -> Outgoing:  # fmt: skip
    """The whole request to the token's address; `chosen` are the settings."""
    client = {
        "client_id": _entered(credentials, "client_id"),
        "client_secret": _entered(credentials, "client_secret"),
    }
    draft = Draft("POST", "", {"Accept": "application/json", "User-Agent": "Switchboard/1.0"})
    if auth.is_client_in_header:
        draft.headers["Authorization"] = basic(client["client_id"], client["client_secret"])
        fields = form
    else:
        fields = {**client, **form}
    if auth.is_token_asked_by_get:
        draft.method, draft.query = "GET", list(fields.items())
    elif auth.is_token_asked_in_json:
        draft.json = fields
    else:
        draft.form = fields
    return draft.outgoing(with_base(auth.token_url, base, chosen))


def _entered(credentials: Mapping[str, Any], name: str) -> str:
    found = str(credentials.get(name) or "")
    if not found:
        raise ConfigError(
            _("Enter the client id and the client secret of the application first."), detail=f"no {name}"
        )
    return found
