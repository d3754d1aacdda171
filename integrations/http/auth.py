"""How a connector proves who we are; each scheme takes the credentials by the names of the manifest's fields."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from integrations.http.draft import Draft, Outgoing

Credentials = Mapping[str, Any]


class Auth:
    """A scheme. `apply` adds what the outside system wants to see; `sign` returns headers that depend on the bytes."""

    __slots__ = ()

    def apply(self, credentials: Credentials, draft: Draft) -> None:
        """Change the draft: headers, query, path or body."""

    def sign(self, credentials: Credentials, outgoing: Outgoing) -> Mapping[str, str]:
        """Headers to add to the finished request."""
        return {}


@dataclass(frozen=True, slots=True)
class NoAuth(Auth):
    """The outside system wants nothing, or the client puts it into the body itself."""


@dataclass(frozen=True, slots=True)
class HeaderKey(Auth):
    """A key in a header of its own, optionally behind a word such as `Bearer`."""

    header: str
    field: str
    prefix: str = ""

    def apply(self, credentials: Credentials, draft: Draft) -> None:
        draft.headers[self.header] = f"{self.prefix}{credentials.get(self.field, '')}"


@dataclass(frozen=True, slots=True)
class HeaderKeys(Auth):
    """Several headers, each with a credential: `HeaderKeys((("Client-Id", "client_id"), ("Api-Key", "api_key")))`."""

    headers: tuple[tuple[str, str], ...]

    def apply(self, credentials: Credentials, draft: Draft) -> None:
        draft.headers.update({header: str(credentials.get(name, "")) for header, name in self.headers})


@dataclass(frozen=True, slots=True)
class QueryKey(Auth):
    """A key in the query, for systems that know no better: it ends up in their logs, ours are masked."""

    parameter: str
    field: str

    def apply(self, credentials: Credentials, draft: Draft) -> None:
        draft.query.append((self.parameter, str(credentials.get(self.field, ""))))


@dataclass(frozen=True, slots=True)
class BodyKey(Auth):
    """A key as a field of the body, form or JSON; in the query of requests without a body."""

    parameter: str
    field: str

    def apply(self, credentials: Credentials, draft: Draft) -> None:
        draft.put_field(self.parameter, str(credentials.get(self.field, "")))


@dataclass(frozen=True, slots=True)
class PathKey(Auth):
    """A key in the path: `template` says where, such as `/bot{key}{path}`."""

    field: str
    template: str

    def apply(self, credentials: Credentials, draft: Draft) -> None:
        key = quote(str(credentials.get(self.field, "")), safe=":")
        draft.path = self.template.replace("{path}", draft.path).replace("{key}", key)


@dataclass(frozen=True, slots=True)
class Basic(Auth):
    """HTTP Basic with a user name and a password."""

    username: str
    password: str

    def apply(self, credentials: Credentials, draft: Draft) -> None:
        draft.headers["Authorization"] = basic(
            credentials.get(self.username, ""), credentials.get(self.password, "")
        )


def basic(username: object, password: object) -> str:
    """The value of the header `Authorization`."""
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


Signer = Callable[[Credentials, Outgoing], Mapping[str, str]]
"""Looks at the whole request and returns the headers that prove it (integrations/http/signing.py has the usual one)."""


@dataclass(frozen=True, slots=True)
class Signed(Auth):
    """Requests that are signed as a whole, beside what another scheme adds to them."""

    signer: Signer
    beside: Auth = NoAuth()

    def apply(self, credentials: Credentials, draft: Draft) -> None:
        self.beside.apply(credentials, draft)

    def sign(self, credentials: Credentials, outgoing: Outgoing) -> Mapping[str, str]:
        return self.signer(credentials, outgoing)


class Grant(StrEnum):
    """How the first token is come by."""

    AUTHORIZATION_CODE = "authorization_code"
    CLIENT_CREDENTIALS = "client_credentials"


ReadCallback = Callable[[Mapping[str, str], Mapping[str, Any]], Mapping[str, str]]
"""Gets what the outside system added to our callback's address, and the settings; returns what is kept beside the token.

It raises ConfigError when that is not the account of the settings. Whatever it returns is checked by nobody else: an
address among it (`base_url_from`) is where all calls and their tokens will go.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2(Auth):
    """Access tokens. `{base}` in the addresses stands for the account's address, `{www}` for the service's of its domain; in
    that of the token, a setting's name in braces for its value.

    The credentials have the fields `client_id` and `client_secret`. `fixed_token` names a credentials field: a
    long-lived token in it is used as it is, instead of all this. `parameter` is where the system wants the token when
    not in `Authorization: Bearer`: a field of the query or of the body. `kept` names what else of the token's answer is
    kept for the connector (`ApiClient.kept`); `base_url_from` is the one of them that is the address for all calls.

    `authorize_with` are further parameters of the address where people allow the access. `refresh_days` is how long a
    refresh token lives where the answer does not say it.
    """

    authorize_url: str = ""
    token_url: str = ""
    grant: Grant = Grant.AUTHORIZATION_CODE
    scopes: tuple[str, ...] = ()
    uses_pkce: bool = True
    is_token_asked_by_get: bool = False
    is_token_asked_in_json: bool = False
    is_client_in_header: bool = False
    fixed_token: str = ""
    parameter: str = ""
    kept: tuple[str, ...] = ()
    base_url_from: str = ""
    authorize_with: tuple[tuple[str, str], ...] = ()
    read_callback: ReadCallback | None = None
    refresh_days: float = 0.0

    def fixed(self, credentials: Credentials) -> str:
        """The long-lived token that was entered, if any."""
        return str(credentials.get(self.fixed_token) or "") if self.fixed_token else ""

    def apply(self, credentials: Credentials, draft: Draft) -> None:
        """A token that was entered; those that are asked for are placed by the ApiClient."""
        token = self.fixed(credentials)
        if token:
            self.place(token, draft)

    def place(self, token: str, draft: Draft) -> None:
        """The token where this system looks for it."""
        if self.parameter:
            draft.put_field(self.parameter, token)
        else:
            draft.headers["Authorization"] = f"Bearer {token}"
