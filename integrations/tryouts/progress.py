"""How far a simulation that somebody asked for has come: its simulator starts, then a worker tries the connection."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from django.utils.translation import gettext as _

from integrations.models import Tryout
from integrations.models.tryout import TryoutState

PATIENCE: Final = timedelta(seconds=20)
"""After that people are told what may be missing, and the page goes on waiting."""


class Stage(Enum):
    """What is being done, or how it ended."""

    STARTING = "starting"
    TRYING = "trying"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """For people: the stage in a word, and beside it what went wrong or may be missing."""

    stage: Stage
    label: str
    text: str = ""

    @property
    def is_over(self) -> bool:
        return self.stage in (Stage.READY, Stage.FAILED)


def progress_of(tryout: Tryout, now: datetime) -> Progress:
    """Read from the simulation and its integration; nothing is asked."""
    if tryout.state == TryoutState.FAILED:
        text = _("The simulator could not start: %(why)s. Remove the simulation and try again.")
        return _failed(text % {"why": tryout.error})
    is_late = now - tryout.changed_at > PATIENCE
    if tryout.state == TryoutState.WANTED:
        text = _("It takes longer than usual. The process “manage.py simulators” has to run on this machine.")
        return Progress(Stage.STARTING, _("The simulator is starting"), text if is_late else "")
    row = tryout.integration
    if row.last_success_at is not None:
        return Progress(Stage.READY, _("Ready"))
    if row.last_failure_at is not None:
        reason = row.health_reason or _("Test it on the integration's page: there it says what is wrong.")
        return _failed(_("The simulator runs, but the connection does not work: %(why)s") % {"why": reason})
    text = _("It takes longer than usual. A worker has to run that takes the queue “integrations”.")
    return Progress(Stage.TRYING, _("The connection is being tried"), text if is_late else "")


def _failed(text: str) -> Progress:
    return Progress(Stage.FAILED, _("It did not work"), text)
