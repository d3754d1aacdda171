"""What a session notes while it works, to be written afterwards in one go (`actions.write_journals`)."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from integrations.capabilities import MappingIssue
from integrations.models import Exchange


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of health or of illness, from one call. `code` is empty when it went well."""

    integration_id: UUID
    tenant_id: int
    at: datetime
    code: str = ""
    reason: str = ""
    is_config: bool = False


@dataclass(frozen=True, slots=True)
class Noted:
    """A mapping issue seen, or evidence that one is over."""

    integration_id: UUID
    tenant_id: int
    issue: MappingIssue
    is_open: bool


@dataclass(slots=True)
class Journal:
    """Exchanges, signs of health and mapping issues of one piece of work. Not shared between threads."""

    exchanges: list[Exchange] = field(default_factory=list)
    signs: list[Sign] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)
