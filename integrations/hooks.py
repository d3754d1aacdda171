"""What a connector says of the requests that its system sends to us.

Every integration whose connector has `Hooks` owns a source (webhooks) at a URL of its own. The source stores, verifies
and answers; afterwards the connector parses the request into happenings, and the hub acts on them. What a system does
not sign is only a hint: such hooks name objects (`Changed`), which are read again through the API.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

from django.utils.translation import gettext_lazy as _

from integrations.capabilities.base import Capability, Text
from integrations.records import Json, Record, RecordKind
from webhooks.presets import Arrival

FAREWELL: Final = "farewell"
"""The name under which a stored farewell stands, of which `Hooks.is_farewell` had the proof."""


@dataclass(frozen=True, slots=True)
class Changed:
    """An object was created or changed: it is read again (`Records.fetch`)."""

    kind: RecordKind
    outside_id: str


@dataclass(frozen=True, slots=True)
class Removed:
    """An object is no longer there."""

    kind: RecordKind
    outside_id: str


@dataclass(frozen=True, slots=True)
class Told:
    """The whole object as the system tells it; only from hooks that are proved, such as a messenger's messages."""

    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked:
    """A user there wants to call a number; telephony acts on it.

    `clicked_at` is for systems that say when it was: a telephone that rings a minute later only puzzles people.
    """

    phone: str
    user_id: str = ""
    extension: str = ""
    clicked_at: datetime | None = None
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Revoked:
    """We were disconnected there: nothing works until somebody connects it again."""

    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """Tokens of OAuth2 that came by themselves, with what the connector wants beside them (`ApiClient.kept`)."""

    access: str = field(repr=False)
    refresh: str = field(repr=False, default="")
    seconds: float | None = None
    kept: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """We were let in there, and are handed what it takes, instead of somebody copying it.

    `account` is the address that it says it is: nothing is taken from another one than was entered here. `settings` and
    `credentials` are fields of the manifest; those that are not named stay as they are.
    """

    account: str
    settings: Json = field(default_factory=dict)
    credentials: Json = field(repr=False, default_factory=dict)
    granted: Granted | None = None


@dataclass(frozen=True, slots=True)
class Noticed:
    """Anything else, as an event of one of the declared types. `key` tells repetitions apart."""

    event_type: str
    data: Mapping[str, Any]
    key: str


Happening = Changed | Removed | Told | Clicked | Revoked | Admitted | Noticed


class Hooks(ABC):
    """Stateless. `preset` names the sender in webhooks.presets: how its requests are proved, told apart and answered.

    `options` are those of the preset, such as the header with the signature for `hmac`: a system that nobody knows by
    name needs no preset of its own.
    """

    preset: ClassVar[str]
    options: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def parse(self, arrival: Arrival, settings: Mapping[str, Any]) -> tuple[Happening, ...]:
        """What the request says; empty for what is of no use. `NotReadable` when it is not what that system sends."""

    def is_genuine(self, arrival: Arrival, kept: Mapping[str, str]) -> bool:
        """A second proof, for systems that repeat what they told us at the installation and we kept beside the token."""
        return True

    has_farewell: ClassVar[bool] = False
    """The system opens an address of ours when somebody disconnects us there: the integration's page shows it."""

    def is_farewell(self, query: Mapping[str, str], credentials: Mapping[str, Any]) -> bool:
        """Whether a GET proves, by what stands in its address, that somebody disconnected us there."""
        return False


class WebhookRegistration(Capability):
    """A system at which the URL of our source is entered through its API."""

    code = "webhook_registration"
    title = _("Webhooks to us")

    @abstractmethod
    def subscribe(self, url: str, secret: str) -> None:
        """Have requests sent to that URL; harmless when it is so already."""

    @abstractmethod
    def is_subscribed(self, url: str) -> bool:
        """Whether it is so now: systems switch off hooks that failed for a while."""

    @abstractmethod
    def unsubscribe(self, url: str) -> None:
        """Stop it; harmless when it is stopped already."""
