"""A connector describes one outside system; a session works for one integration with it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import TypeVar

from django.utils.translation import gettext as _

from integrations.capabilities import Account, CallReceipt, Capability
from integrations.hooks import Hooks
from integrations.http.client import ApiClient
from integrations.http.journal import Noted
from integrations.live import Live
from integrations.manifest import Manifest
from tenants.errors import Unsupported

CapabilityT = TypeVar("CapabilityT", bound=Capability)


class Session:
    """Works for one integration, for the length of one piece of work; inherits the capabilities that its system has."""

    def __init__(self, live: Live, http: ApiClient) -> None:
        self.live = live
        self.http = http

    def require(self, capability: type[CapabilityT]) -> CapabilityT:
        """This session as that capability; `Unsupported` when the system does not have it."""
        found: object = self
        if not isinstance(found, capability):
            raise Unsupported(
                _("%(name)s cannot do this: %(capability)s.")
                % {"name": self.live.name, "capability": capability.title}
            )
        return found

    def noted(self, receipt: CallReceipt) -> CallReceipt:
        """The same receipt; which of our names the outside system knew, and which not, is put into the journal."""
        journal = self.http.journal
        for issues, is_open in ((receipt.issues, True), (receipt.confirmed, False)):
            journal.noted += [Noted(self.live.id, self.live.tenant_id, issue, is_open) for issue in issues]
        return receipt


@dataclass(frozen=True)
class Connector:
    """What a connector's folder hands on: its manifest, how a session is made, and what its system sends to us."""

    manifest: Manifest
    session_class: type[Session]
    hooks: Hooks | None = None

    @property
    def code(self) -> str:
        return self.manifest.code

    @property
    def open(self) -> Callable[[Live, ApiClient], Session]:
        return self.session_class

    def can(self, capability: type[Capability]) -> bool:
        """Whether sessions of this connector have that capability."""
        return issubclass(self.session_class, capability)

    @property
    def has_users(self) -> bool:
        """Whether there are users there to load."""
        return issubclass(self.session_class, Account) and self.session_class.has_users

    @cached_property
    def logo_svg(self) -> str:
        """The logo's drawing."""
        return self._text(self.manifest.logo)

    def readme(self, language: str) -> str:
        """How to connect it, in Markdown. README.md is the English one."""
        return self._text("README.md" if language == "en" else f"README.{language}.md")

    def _text(self, name: str) -> str:
        return resources.files(f"integrations.connectors.{self.code}").joinpath(name).read_text("utf-8")
