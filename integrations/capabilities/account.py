"""The account at the outside system: does the connection work, and who are its users."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from integrations.capabilities.base import Capability, Text
from tenants.errors import Unsupported


class CheckState(StrEnum):
    """How one check of a connection test ended."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a diagnosis: what was looked at, how it is, and what to do about it."""

    title: Text
    state: CheckState
    text: Text = ""
    advice: Text = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of a connection test, in plain words."""

    summary: Text
    checks: tuple[Check, ...]

    @property
    def works(self) -> bool:
        """True when nothing failed; warnings do not stop an integration."""
        return all(check.state is not CheckState.FAILED for check in self.checks)


class Availability(StrEnum):
    """Whether somebody takes calls."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class AgentState:
    """How a user is said to be; `word` is that system's own word for it."""

    availability: Availability
    word: str = ""


@dataclass(frozen=True, slots=True)
class OutsideUser:
    """A user of the outside system. `extension` and `status` are what that system says, empty when it does not keep one."""

    id: str
    name: str
    email: str = ""
    extension: str = ""
    active: bool = True
    status: "AgentState | None" = None


class Account(Capability):
    """Every connector that needs credentials has this. `has_users` is False where an account is nobody in particular."""

    code = "account"
    title = _("Account and users")

    has_users: ClassVar[bool] = True

    @abstractmethod
    def test_connection(self) -> Diagnosis:
        """Try the settings and credentials; never raises for what a person can mend, but says it."""

    def ping(self) -> None:
        """The cheapest call that shows whether the connection works; HubError when it does not. Made every now and then."""
        self.test_connection()

    def list_users(self) -> Iterator[OutsideUser]:
        """All users, page by page to the end."""
        raise Unsupported(_("This system keeps no users that could be loaded."))
