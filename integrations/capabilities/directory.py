"""Telling a CRM which extension is whose, and registering our telephony module there."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from integrations.capabilities.base import Capability, MappingIssue


@dataclass(frozen=True, slots=True)
class AssignedExtension:
    """One number belongs to one outside user."""

    user_id: str
    extension: str


@dataclass(frozen=True, slots=True)
class DirectoryReceipt:
    """The outside system took the assignments; `issues` name the users or sites that it does not know."""

    issues: tuple[MappingIssue, ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleActivity:
    """What somebody did with our module in the outside system; `address` is the one that its account says it has now."""

    is_active: bool
    is_frozen: bool = False
    address: str = ""

    @property
    def is_working(self) -> bool:
        return self.is_active and not self.is_frozen


class ExtensionDirectory(Capability):
    """A system that keeps its users' extensions, and lets us set them."""

    code = "extension_directory"
    title = _("Extensions of users")

    @abstractmethod
    def push_extensions(self, assignments: Sequence[AssignedExtension]) -> DirectoryReceipt:
        """Make their table equal to this one: always the whole table, so a repetition is harmless.

        Never switches on a module that somebody switched off there.
        """

    @abstractmethod
    def read_extensions(self) -> tuple[AssignedExtension, ...] | None:
        """Their table as it is now, to show drift; None when it cannot be read or we are not registered."""


class ModuleRegistration(Capability):
    """A system in which our module has to be registered before it shows phones or sends clicks."""

    code = "module_registration"
    title = _("Registration of the telephony module")

    @abstractmethod
    def register(self, assignments: Sequence[AssignedExtension]) -> DirectoryReceipt:
        """Create or update the module and switch it on: always the whole block."""

    @abstractmethod
    def deactivate(self, assignments: Sequence[AssignedExtension]) -> DirectoryReceipt:
        """Switch the module off, leaving the rest of its block as it is."""
