"""What a diagnosis is made of: a step of the way, where it is mended, and the verdict of all steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext as _


class Fix(StrEnum):
    """Where it is mended; the page knows the address."""

    NONE = ""
    EXCHANGE = "exchange"
    EXCHANGES = "exchanges"
    EVENTS = "events"
    CALL = "call"
    INTEGRATION = "integration"
    INTEGRATIONS = "integrations"
    COMPANY = "company"
    LINE = "line"
    POPUPS = "popups"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `tone` is good, warn or bad, or empty for what only informs; `advice` says what to do."""

    code: str
    tone: str
    title: str
    text: str = ""
    advice: str = ""
    fix: Fix = Fix.NONE
    fix_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`verdict` sums up; `is_well` where every pop-up was shown in time."""

    verdict: str
    is_well: bool
    steps: Sequence[Step]


def summed(steps: Sequence[Step]) -> Diagnosis:
    """The first thing that is wrong is what matters; else the first remark."""
    for tone in ("bad", "warn"):
        found = next((step for step in steps if step.tone == tone), None)
        if found is not None:
            return Diagnosis(" ".join(text for text in (found.title, found.text) if text), False, steps)
    return Diagnosis(_("Every pop-up was shown in time."), True, steps)
