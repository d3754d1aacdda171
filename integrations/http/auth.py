"""How a connector proves who we are; each scheme takes the credentials by the names of the manifest's fields."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Auth(Protocol):
    """Adds what the outside system wants to see to the headers or the query."""

    def apply(
        self, credentials: Mapping[str, str], headers: dict[str, str], query: dict[str, str]
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class NoAuth:
    """The outside system wants nothing, or the client puts it into the body itself."""

    def apply(self, credentials: Mapping[str, str], headers: dict[str, str], query: dict[str, str]) -> None:
        return


@dataclass(frozen=True, slots=True)
class HeaderKey:
    """A key in a header of its own, optionally behind a word such as `Bearer`."""

    header: str
    field: str
    prefix: str = ""

    def apply(self, credentials: Mapping[str, str], headers: dict[str, str], query: dict[str, str]) -> None:
        headers[self.header] = f"{self.prefix}{credentials.get(self.field, '')}"


@dataclass(frozen=True, slots=True)
class QueryKey:
    """A key in the query, for systems that know no better: it ends up in their logs, ours are masked."""

    parameter: str
    field: str

    def apply(self, credentials: Mapping[str, str], headers: dict[str, str], query: dict[str, str]) -> None:
        query[self.parameter] = credentials.get(self.field, "")


@dataclass(frozen=True, slots=True)
class Basic:
    """HTTP Basic with a user name and a password."""

    username: str
    password: str

    def apply(self, credentials: Mapping[str, str], headers: dict[str, str], query: dict[str, str]) -> None:
        pair = f"{credentials.get(self.username, '')}:{credentials.get(self.password, '')}"
        headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()


class Grant(StrEnum):
    """How the first token is come by."""

    AUTHORIZATION_CODE = "authorization_code"
    CLIENT_CREDENTIALS = "client_credentials"


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """Access tokens. `{base}` in the addresses stands for the account's address.

    The credentials have the fields `client_id` and `client_secret`. `fixed_token` names a credentials field: a
    long-lived token in it is used as it is, instead of all this. `parameter` is where the system wants the token when
    not in `Authorization: Bearer`: a field of the query or of the body. `kept` names what else of the token's answer is
    kept for the connector; `base_url_from` is the one of them that is the address for all calls.
    """

    authorize_url: str = ""
    token_url: str = ""
    grant: Grant = Grant.AUTHORIZATION_CODE
    scopes: tuple[str, ...] = ()
    uses_pkce: bool = True
    is_token_asked_by_get: bool = False
    fixed_token: str = ""
    parameter: str = ""
    kept: tuple[str, ...] = ()
    base_url_from: str = ""

    def apply(self, credentials: Mapping[str, str], headers: dict[str, str], query: dict[str, str]) -> None:
        token = credentials.get(self.fixed_token, "") if self.fixed_token else ""
        headers["Authorization"] = f"Bearer {token}"
