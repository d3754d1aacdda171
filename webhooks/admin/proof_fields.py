"""How an endpoint logs in, its certificates and its proxy, as fields of a form; what is secret is only ever entered."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from tenants.intranet import exceptions_in_scope
from webhooks.models import Endpoint
from webhooks.proof import certificates, logins, proxies

AUTH, TLS = "auth_", "tls_"
STORED: Final = _("•••••• is stored; leave empty to keep it")
KIND_TITLES: Final[Mapping[str, str | Promise]] = {
    "": _("no log-in"),
    "basic": _("user name and password (Basic)"),
    "bearer": _("a fixed token (Bearer)"),
    "oauth2": _("OAuth2: a token for client id and secret"),
}
_IN_TITLES: Final[Mapping[str, str | Promise]] = {
    "header": _("by HTTP Basic, as usual"),
    "body": _("in the form"),
}


def _line(label: Any, help_text: Any = "") -> forms.CharField:
    attrs = {"autocomplete": "off", "spellcheck": "false"}
    return forms.CharField(
        label=label, required=False, widget=UnfoldAdminTextInputWidget(attrs=attrs), help_text=help_text
    )


def _secret(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )


def _pem(label: Any, help_text: Any) -> forms.CharField:
    attrs = {"rows": 4, "spellcheck": "false", "class": "wh-code", "placeholder": "-----BEGIN …"}
    return forms.CharField(
        label=label, required=False, widget=UnfoldAdminTextareaWidget(attrs=attrs), help_text=help_text
    )


class ProofFields(forms.Form):
    """Mixed into the endpoint's form; fills `auth`, `tls` and `proxy` of its row."""

    auth_kind = forms.ChoiceField(
        label=_("Log-in at the receiver"),
        required=False,
        choices=list(KIND_TITLES.items()),
        widget=UnfoldAdminSelectWidget,
        help_text=_("What the receiver demands beside the signature."),
    )
    auth_username = _line(_("User name"))
    auth_password = _secret(_("Password"))
    auth_token = _secret(_("Token"))
    auth_token_url = _line(
        _("Token URL"), _("Where tokens are asked for, such as https://login.example.com/oauth/token.")
    )
    auth_client_id = _line(_("Client id"))
    auth_client_secret = _secret(_("Client secret"))
    auth_scope = _line(_("Scope"), _("If it is wanted: names with spaces between them."))
    auth_audience = _line(_("Audience"), _("If it is wanted."))
    auth_client_in = forms.ChoiceField(
        label=_("The client shows its secret"),
        required=False,
        choices=list(_IN_TITLES.items()),
        widget=UnfoldAdminSelectWidget,
    )
    tls_certificate = _pem(
        _("Client certificate"), _("For receivers that want to see ours: PEM, with the whole chain.")
    )
    tls_key = _pem(_("Its private key"), _("PEM without a password; it is sealed and never shown again."))
    tls_ca = _pem(
        _("The receiver's authority"),
        _(
            "PEM, if the receiver's certificate is not from a public authority; then only this one is trusted."
        ),
    )
    proxy = _line(
        _("Proxy"),
        _("http://host:port or socks5h://host:port; empty for the installation's, if there is one."),
    )

    def show_proof(self, endpoint: Endpoint) -> None:
        hidden = logins.secret_names(endpoint.auth)
        self.initial[f"{AUTH}kind"] = endpoint.auth.get("kind", "")
        for name, value in endpoint.auth.items():
            if name not in hidden:
                self.initial[AUTH + name] = value
        for name in ("certificate", "ca"):
            self.initial[TLS + name] = endpoint.tls.get(name, "")
        self.initial["proxy"] = proxies.shown(endpoint.proxy)
        stored = [AUTH + name for name in hidden] + ([f"{TLS}key"] if endpoint.tls.get("key") else [])
        for name in stored:
            if name in self.fields:
                self.fields[name].widget.attrs["placeholder"] = STORED

    def take_proof(self, cleaned: Mapping[str, Any], endpoint: Endpoint) -> None:
        """Complaints go to the fields."""
        kind = logins.KINDS.get(cleaned.get(f"{AUTH}kind", ""))
        given = {name: cleaned.get(AUTH + name, "") for name in kind.names} if kind else {}
        auth = {"kind": cleaned[f"{AUTH}kind"], **given} if kind else {}
        allowed = exceptions_in_scope()
        endpoint.auth = self._cleaned(
            AUTH, lambda: logins.clean_auth(logins.with_stored(auth, endpoint.auth), allowed), endpoint.auth
        )
        tls = {name: cleaned.get(TLS + name, "") for name in certificates.KEYS}
        endpoint.tls = self._cleaned(
            TLS, lambda: certificates.clean_tls(certificates.with_stored(tls, endpoint.tls)), endpoint.tls
        )

    def proof_proxy(self, cleaned: Mapping[str, Any], endpoint: Endpoint) -> str:
        return proxies.with_stored(cleaned.get("proxy", ""), endpoint.proxy)

    def _cleaned(self, prefix: str, clean: Any, before: dict[str, str]) -> dict[str, str]:
        try:
            found: dict[str, str] = clean()
        except ValidationError as error:
            name = prefix + str((error.params or {}).get("name", ""))
            self.add_error(name if name in self.fields else f"{prefix}kind", error.messages[0])
            return before
        return found


NAMES: Final = tuple(name for name in ProofFields.base_fields if name.startswith((AUTH, TLS)))


def proof_shown_when() -> dict[str, str]:
    """For each field of a log-in, the condition under which it is shown."""
    return {
        AUTH + name: " || ".join(
            f"auth_kind == '{kind}'" for kind, one in logins.KINDS.items() if name in one.names
        )
        for name in dict.fromkeys(name for kind in logins.KINDS.values() for name in kind.names)
    }
