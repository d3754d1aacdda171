"""One company's choices about calls. Pure: nothing here asks the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from telephony.lines import line_name
from telephony.models.policy import Attribution, PopupMode
from telephony.models.rule import Responsible, RuleClient, RuleDirection, RuleHours, RuleOutcome
from telephony.opening import Schedule


@dataclass(frozen=True, slots=True)
class HeardLine:
    """A line: who hears of it, when it answers, and whose its calls are. No `hearers`: everybody.

    `id` is its row's; None where it has none, or one that was only just made.
    """

    number: str
    name: str = ""
    is_enabled: bool = True
    hearers: frozenset[UUID] = frozenset()
    schedule: Schedule | None = None
    extension: str = ""
    id: UUID | None = None

    @property
    def title(self) -> str:
        return self.name or self.number

    def is_heard_by(self, integration_id: UUID) -> bool:
        return self.is_enabled and (not self.hearers or integration_id in self.hearers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A call rule as it is when a call ends."""

    id: UUID
    name: str
    integration_id: UUID | None = None
    direction: str = RuleDirection.IN.value
    outcome: str = RuleOutcome.MISSED.value
    client: str = RuleClient.ANY.value
    hours: str = RuleHours.ANY.value
    lines: frozenset[str] = frozenset()
    creates_contact: bool = False
    creates_lead: bool = False
    is_lead_single: bool = True
    creates_task: bool = False
    task_hours: int = 1
    responsible: str = Responsible.OWNER.value
    extension: str = ""
    name_template: str = "{name} {number}"


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that a company chose. Without any row of its own it is what everybody begins with."""

    region: str = ""
    attribution: str = Attribution.LAST.value
    popup_mode: str = PopupMode.RING.value
    popup_modes: Mapping[str, str] = field(default_factory=dict)
    recording_wait: int = 60
    lines: Mapping[str, HeardLine] = field(default_factory=dict)
    schedule: Schedule | None = None
    rules: tuple[Rule, ...] = ()

    def line(self, did: str, trunk: str = "") -> HeardLine:
        """The line of a call; one that nobody has entered is heard by all."""
        name = line_name(did, trunk, self.region)
        return self.lines.get(name) or HeardLine(name)

    def is_open(self, line: HeardLine, at: datetime) -> bool:
        """Whether somebody answers there then; always, where no hours were entered."""
        schedule = line.schedule or self.schedule
        return schedule is None or schedule.is_open(at)

    def popups_of(self, extension: str) -> str:
        """When that extension's manager wants to see a call."""
        return self.popup_modes.get(extension, self.popup_mode)
