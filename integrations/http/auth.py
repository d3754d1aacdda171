"""How a connector proves who we are; each scheme takes the credentials by the names of the manifest's fields."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
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
