"""Asking a system for what happened, where it cannot reach us: in place of webhooks."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from integrations.capabilities.base import Capability


@dataclass(frozen=True, slots=True)
class Polled:
    """What came, each as the body that a webhook would have, and where to go on once all of it is stored."""

    bodies: tuple[bytes, ...]
    position: str


class Updates(Capability):
    """A system that can be asked for what it would otherwise send to our source."""

    code = "updates"
    title = _("Asking for what is new")

    pause: ClassVar[float] = 0.0
    """Seconds until the next question when there was nothing new, for systems that answer at once."""
    position_life: timedelta | None = None
    """After so long without news a position means nothing there any more."""

    @classmethod
    @abstractmethod
    def is_polled(cls, values: Mapping[str, Any]) -> bool:
        """Whether an integration with these settings is to be asked."""

    @abstractmethod
    def poll(self, position: str, seconds: float) -> Polled:
        """What is new after `position` (empty: from the beginning), waiting up to `seconds` for something.

        What came before the position is forgotten there: it must have been stored. HubError as for any call.
        """
