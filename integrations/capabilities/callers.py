"""Who is calling, and whose client that is."""

from abc import abstractmethod
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from integrations.capabilities.base import Capability


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What the system knows of a number. `extension` is what that system says of the responsible user."""

    name: str = ""
    url: str = ""
    contact_id: str = ""
    responsible_id: str = ""
    extension: str = ""
    is_available: bool | None = None


class CallerLookup(Capability):
    """A system that can be asked about a number while the phone rings; callers give it a few hundred milliseconds."""

    code = "caller_lookup"
    title = _("Who is calling")

    @abstractmethod
    def find_caller(self, phone: str) -> Caller | None:
        """By a number in E.164; None when nobody has it. One or two requests, never more."""
