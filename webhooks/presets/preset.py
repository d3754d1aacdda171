"""What a preset is: how its requests are proved, told apart, named and answered."""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as translated

from webhooks.headers import NAME
from webhooks.presets.arrival import Arrival, NotReadable
from webhooks.presets.keys import Reader
from webhooks.presets.schemes import Scheme, parsed_networks
from webhooks.signing import BadSecret, new_secret, signing_key

OptionValues = Mapping[str, str]
LONGEST_SECRET: Final = 500
PATH: Final = re.compile(r"[^\s.]{1,60}(\.[^\s.]{1,60}){0,5}")
TOKEN: Final = re.compile(r"[\x21-\x7e]+")
ENCODINGS: Final = ("hex", "base64")


class SecretFrom(Enum):
    """Who makes the secret."""

    SENDER = "sender"  # it is copied from there to here
    EITHER = "either"  # it is typed in there, so one can be made here


class BadOption(ValueError):
    """An option or a secret that this preset cannot use; `name` is the field, the text is for the person who typed it."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a request is genuine. `reason` is a code of `webhooks.reasons`, empty when it is."""

    reason: str = ""
    is_former_secret: bool = False

    @property
    def holds(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class Reply:
    """The body of a 200. A handshake is over with its answer: nothing is processed afterwards."""

    body: bytes = b"{}"
    content_type: str = "application/json"
    is_handshake: bool = False


TAKEN: Final = Reply()


@dataclass(frozen=True, slots=True)
class Preset:
    """A sender's way. `name` stands in the path; `hint` says what to do at the sender.

    `reply` is what a genuine request is answered with once it is stored. `refusal` makes the body of any other answer
    from its status and a text; without it, it is a problem in the form of RFC 9457.
    """

    name: str
    title: str | Promise
    hint: str | Promise
    scheme: Scheme
    key: Reader
    event: Reader
    secret_from: SecretFrom = SecretFrom.EITHER
    shortest_secret: int = 8
    is_standard_secret: bool = False
    is_token: bool = False
    has_timestamp: bool = False
    is_json: bool = True
    secret_headers: frozenset[str] = frozenset()
    options: tuple[str, ...] = ()
    reply: Callable[[Arrival], Reply] = field(default=lambda arrival: TAKEN)
    refusal: Callable[[int, str], bytes] | None = None

    def prove(self, arrival: Arrival, given: list[str], tolerance: float) -> Proof:
        """`given` are the live secrets, the current one first; without any, nothing is genuine."""
        reasons = [
            self.scheme(arrival, secret, tolerance) if secret else "source_secret_missing" for secret in given
        ]
        if "" in reasons:
            return Proof(is_former_secret=reasons[0] != "")
        # "Too old" is the more helpful of two reasons: that signature was right.
        return Proof(
            "timestamp_stale" if "timestamp_stale" in reasons else (reasons or ["source_secret_missing"])[0]
        )

    def is_readable(self, arrival: Arrival) -> bool:
        """Whether the body is what this sender sends."""
        try:
            return isinstance(arrival.data, dict | list) or not self.is_json
        except NotReadable:
            return not self.is_json

    def new_secret(self) -> str:
        """A secret that fits; BadOption where only the sender can make it."""
        if self.secret_from is SecretFrom.SENDER:
            raise BadOption("secret", translated("Copy the secret from the sender."))
        return new_secret() if self.is_standard_secret else secrets.token_urlsafe(32)

    def has_secret_in_url(self, options: OptionValues) -> bool:
        """Whether the sender proves itself by a parameter of the URL, `token`: one that can sign nothing."""
        return self.is_token and not self.secret_headers and not options.get("header")

    def clean_secret(self, secret: str) -> str:
        """The secret, or BadOption that says what is wrong with it."""
        secret = secret.strip()
        if self.is_standard_secret:
            try:
                signing_key(secret)
            except BadSecret as error:
                raise BadOption("secret", str(error)) from error
        if not self.shortest_secret <= len(secret) <= LONGEST_SECRET:
            text = translated("The secret must have %(least)d to %(most)d characters.")
            raise BadOption("secret", text % {"least": self.shortest_secret, "most": LONGEST_SECRET})
        if not TOKEN.fullmatch(secret) if self.is_token else not secret.isprintable():
            raise BadOption("secret", translated("The secret contains characters that cannot be sent."))
        return secret

    def clean_options(self, options: object) -> dict[str, str]:
        """The options that this preset has, without empty ones; BadOption names the one that is wrong."""
        if not isinstance(options, Mapping):
            raise BadOption("options", translated("Options are pairs of name and value."))
        cleaned: dict[str, str] = {}
        for name, value in options.items():
            if name not in self.options:
                known = ", ".join(self.options) or "–"
                text = translated("This preset has no option “%(name)s”; it has: %(known)s.")
                raise BadOption("options", text % {"name": str(name)[:50], "known": known})
            if not isinstance(value, str) or not _CHECKS[name](value.strip() if name != "prefix" else value):
                text = translated("“%(value)s” cannot be the value of “%(name)s”.")
                raise BadOption(name, text % {"name": name, "value": str(value)[:50]})
            if value.strip():
                cleaned[name] = value if name == "prefix" else value.strip()
        if "header" in self.options and not self.is_token and "header" not in cleaned:
            raise BadOption("header", translated("Name the header that carries the signature."))
        return cleaned


def _are_networks(text: str) -> bool:
    try:
        return len(text) <= 500 and bool(parsed_networks(text))
    except ValueError:
        return False


_CHECKS: Mapping[str, Callable[[str], object]] = {
    "header": lambda value: not value or NAME.fullmatch(value),
    "prefix": lambda value: len(value) <= 40 and value.isascii() and (not value or value.isprintable()),
    "encoding": lambda value: not value or value in ENCODINGS,
    "event_field": lambda value: not value or PATH.fullmatch(value),
    "networks": lambda value: not value or _are_networks(value),
    "id_field": lambda value: not value or PATH.fullmatch(value),
}
OPTIONS: Final = tuple(_CHECKS)
