"""What a preset is: how its requests are proved, told apart, named and answered."""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from webhooks.presets.arrival import Arrival, NotReadable
from webhooks.presets.keys import Reader
from webhooks.presets.options import BadOption, OptionValues, cleaned
from webhooks.presets.schemes import Scheme
from webhooks.presets.schemes.comparing import STALE, STRANGE
from webhooks.presets.schemes.networks import is_from
from webhooks.presets.schemes.standard import PUBLIC, public_key
from webhooks.signing import BadSecret, new_secret, signing_key

LONGEST_SECRET: Final = 500
LONGEST_KEY: Final = 16_000
TOKEN: Final = re.compile(r"[\x21-\x7e]+")


class SecretFrom(Enum):
    """Who makes the secret."""

    SENDER = "sender"  # it is copied from there to here
    EITHER = "either"  # it is typed in there, so one can be made here


class Kind(Enum):
    """Of senders, for people who look for theirs."""

    GENERAL = _("Any sender")
    SHOPS = _("Shops and marketplaces")
    PAYMENTS = _("Payments")
    CRM = _("CRM")
    MESSENGERS = _("Messengers and telephony")
    DEVELOPMENT = _("Development and documents")


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a request is genuine. `reason` is a code of `webhooks.reasons`, empty when it is; `secret` is what proved it."""

    reason: str = ""
    is_former_secret: bool = False
    secret: str = field(default="", repr=False)

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
OK: Final = Reply(b"ok", "text/plain")
EMPTY: Final = Reply(b"", "text/plain")


@dataclass(frozen=True, slots=True)
class Preset:
    """A sender's way. `name` stands in the path; `hint` says what to do at the sender.

    `greeting` answers what a sender asks of a new address before it signs anything; nothing is stored of that. `reply`
    is what a genuine request is answered with once it is stored; it is given the secret that proved it. `refusal` makes
    the body of any other answer from its status and a text; without it, it is a problem in the form of RFC 9457.
    `networks` are those that the sender publishes, and the option of that name stands in their place.
    `secret_fields` of the body carry the secret: subscribers must not see them. `certificate` is the address of what a
    request is signed with, where that is no secret. `key_set` gives the address of the keys and the name of the one that a
    request needs, where the secret is an address.
    """

    name: str
    title: str | Promise
    hint: str | Promise
    scheme: Scheme
    key: Reader
    event: Reader
    kind: Kind = Kind.GENERAL
    secret_from: SecretFrom = SecretFrom.EITHER
    shortest_secret: int = 8
    is_standard_secret: bool = False
    is_token: bool = False
    is_token_in_url: bool = True  # for tokens that no header carries
    is_key_text: bool = False  # a PEM or JSON of several lines
    has_timestamp: bool = False
    is_json: bool = True
    takes_get: bool = False  # the parameters of the URL are the body then
    secret_headers: frozenset[str] = frozenset()
    secret_fields: frozenset[str] = frozenset()
    networks: str = ""
    options: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    check_options: Callable[[OptionValues], None] | None = None
    check_secret: Callable[[str, OptionValues], None] | None = None
    greeting: Callable[[Arrival], Reply | None] | None = None
    reply: Callable[[Arrival, str], Reply] = field(default=lambda arrival, secret: TAKEN)
    refusal: Callable[[int, str], bytes] | None = None
    certificate: Callable[[Arrival], str] | None = None
    key_set: Callable[[Arrival, str], tuple[str, str]] | None = None

    def prove(self, arrival: Arrival, given: list[str], tolerance: float) -> Proof:
        """`given` are the live secrets, the current one first; without any, nothing is genuine."""
        reasons = [
            self.scheme(arrival, secret, tolerance) if secret else "source_secret_missing" for secret in given
        ]
        if "" in reasons:
            networks = arrival.options.get("networks") or self.networks
            if networks and not is_from(arrival.address, networks):
                return Proof(STRANGE)
            return Proof(is_former_secret=reasons[0] != "", secret=given[reasons.index("")])
        # "Too old" is the more helpful of two reasons: that signature was right.
        return Proof(STALE if STALE in reasons else (reasons or ["source_secret_missing"])[0])

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
        made = secrets.token_urlsafe(32)
        if self.is_standard_secret:
            return new_secret()
        return f"switchboard:{made}" if self.name == "basic" else made

    def has_secret_in_url(self, options: OptionValues) -> bool:
        """Whether the sender proves itself by a parameter of the URL, `token`: one that can sign nothing."""
        return (
            self.is_token and self.is_token_in_url and not self.secret_headers and not options.get("header")
        )

    def clean_secret(self, secret: str, options: OptionValues | None = None) -> str:
        """The secret, or BadOption that says what is wrong with it."""
        secret = secret.strip()
        if self.is_standard_secret:
            _check_standard(secret)
        longest = LONGEST_KEY if self.is_key_text else LONGEST_SECRET
        if not self.shortest_secret <= len(secret) <= longest:
            text = translated("The secret must have %(least)d to %(most)d characters.")
            raise BadOption("secret", text % {"least": self.shortest_secret, "most": longest})
        shown = secret.replace("\r\n", "\n").replace("\n", "") if self.is_key_text else secret
        if not TOKEN.fullmatch(secret) if self.is_token else not shown.isprintable():
            raise BadOption("secret", translated("The secret contains characters that cannot be sent."))
        if self.check_secret is not None and options is not None:
            self.check_secret(secret, options)
        return secret

    def clean_options(self, options: object) -> dict[str, str]:
        """The options that this preset has, without empty ones; BadOption names the one that is wrong."""
        found = cleaned(options, self.options, self.choices)
        if self.check_options is not None:
            self.check_options(found)
        return found


def _check_standard(secret: str) -> None:
    try:
        if secret.startswith(PUBLIC):
            public_key(secret)
        else:
            signing_key(secret)
    except BadSecret as error:
        raise BadOption("secret", str(error)) from error
    except ValueError as error:
        text = translated("A public key is “whpk_” followed by the base64 form of 32 bytes.")
        raise BadOption("secret", text) from error
