"""How a request logs in at its receiver: Basic, a bearer token, or a token that OAuth2 gives for a client's credentials."""

from base64 import b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from config.egress import UrlProblem, check_url
from config.masking import MASK

HEADER: Final = "Authorization"
LONGEST: Final = 4000


@dataclass(frozen=True, slots=True)
class Kind:
    """The keys of one way to log in; those of `secrets` are never shown again."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    secrets: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)


KINDS: Final[Mapping[str, Kind]] = {
    "basic": Kind(("username", "password"), secrets=frozenset({"password"})),
    "bearer": Kind(("token",), secrets=frozenset({"token"})),
    "oauth2": Kind(
        ("token_url", "client_id", "client_secret"),
        ("scope", "audience", "client_in"),
        frozenset({"client_secret"}),
    ),
}
CLIENT_IN: Final = ("header", "body")
"""Where OAuth2's client shows its credentials: by HTTP Basic, which RFC 6749 wants every server to know, or in the form."""


@dataclass(frozen=True, slots=True)
class Client:
    """What a token is asked with."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""
    audience: str = ""
    client_in: str = "header"


def clean_auth(auth: object, egress_allow: str = "") -> dict[str, str]:
    """The log-in as it is stored, empty for none; ValidationError names the key."""
    if not isinstance(auth, Mapping):
        raise ValidationError(_("A log-in is described by pairs of name and value."))
    found = {str(name): str(value) for name, value in auth.items() if value not in ("", None)}
    name = found.pop("kind", "")
    if not name and not found:
        return {}
    kind = KINDS.get(name)
    if kind is None:
        raise _wrong("kind", _("known are %(known)s") % {"known": ", ".join(KINDS)})
    for key, value in found.items():
        _check(key, value, kind.names)
    for key in kind.required:
        if key not in found:
            raise _wrong(key, _("this way to log in needs it"))
    if name == "basic" and ":" in found["username"]:
        raise _wrong("username", _("a colon cannot be sent"))
    if name == "oauth2":
        found["token_url"] = _address(found["token_url"], egress_allow)
        if found.get("client_in", CLIENT_IN[0]) not in CLIENT_IN:
            raise _wrong("client_in", _("known are %(known)s") % {"known": ", ".join(CLIENT_IN)})
    return {"kind": name, **found}


def with_stored(given: object, stored: Mapping[str, str]) -> Any:
    """What was typed, with the stored secrets where it leaves them out or repeats their mask.

    Not for another address of the token: who enters one has to know the secret that is sent there.
    """
    if not isinstance(given, Mapping) or given.get("kind") != stored.get("kind"):
        return given
    if "token_url" in stored and given.get("token_url") != stored["token_url"]:
        return {name: value for name, value in given.items() if value != MASK}
    kept = {name: stored[name] for name in secret_names(stored) if given.get(name) in (None, "", MASK)}
    return {**given, **kept}


def shown(auth: Mapping[str, str]) -> dict[str, str]:
    """For people's eyes: secrets are masks."""
    return {name: MASK if name in secret_names(auth) else value for name, value in auth.items()}


def secret_names(auth: Mapping[str, str]) -> Collection[str]:
    kind = KINDS.get(auth.get("kind", ""))
    return kind.secrets & auth.keys() if kind else ()


def fixed_line(auth: Mapping[str, str]) -> str:
    """The header line of a log-in that is the same for every request; empty for none, and for OAuth2."""
    if auth.get("kind") == "basic":
        pair = f"{auth['username']}:{auth['password']}".encode()
        return f"{HEADER}: Basic {b64encode(pair).decode()}"
    return f"{HEADER}: Bearer {auth['token']}" if auth.get("kind") == "bearer" else ""


def client_of(auth: Mapping[str, str]) -> Client | None:
    """Of a cleaned log-in; None when it needs no token."""
    if auth.get("kind") != "oauth2":
        return None
    return Client(**{name: value for name, value in auth.items() if name != "kind"})


def _check(key: str, value: str, known: Collection[str]) -> None:
    if key not in known:
        raise _wrong(key, _("this way to log in has no such key"))
    if len(value) > LONGEST or not value.isprintable():
        raise _wrong(key, _("a text without line breaks, at most 4,000 characters"))
    if key == "token" and not all("!" <= char <= "~" for char in value):
        raise _wrong(key, _("printable ASCII characters without spaces"))


def _address(url: str, egress_allow: str) -> str:
    try:
        return check_url(url, egress_allow)
    except UrlProblem as problem:
        raise _wrong("token_url", str(problem)) from problem


def _wrong(name: str, what: Any) -> ValidationError:
    return ValidationError(_("%(name)s: %(what)s."), params={"name": name[:50], "what": what}, code="auth")
