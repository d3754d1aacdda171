"""What became of one try with a notification."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.capabilities import CallReceipt
from integrations.http.journal import Journal
from telephony.models import CallNotification, NotificationState


@dataclass(frozen=True, slots=True)
class Told:
    """`retry_in` None: settled. `is_attempt` False: nothing was sent, only waited."""

    notification: CallNotification | None
    state: NotificationState
    reason_code: str = ""
    reason: str = ""
    retry_in: float | None = None
    is_attempt: bool = True
    attempted_at: datetime | None = None
    receipt: CallReceipt = field(default_factory=CallReceipt)
    details: Mapping[str, Any] | None = None
    """What has to be remembered of what was said or learned; None leaves what is known."""
    journal: Journal = field(default_factory=Journal)
    is_gone: bool = False
    """There is nothing to be written."""
