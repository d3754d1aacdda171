"""Notes on a stored request what the owner of its source found in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from webhooks.models import Handling, Inbound, InboundState
from webhooks.owners import Finding, Found

FAILED = "handling_failed"


@dataclass(frozen=True, slots=True)
class Handled:
    """What one request came to. `replay` is the one that was read: a later replay is not overwritten."""

    inbound_id: UUID
    replay: int
    handling: Handling
    found: tuple[Found, ...] = ()


def record_handling(handled: Handled) -> None:
    """A request in which something failed is a failed one, so that it is found among those and processed again."""
    values: dict[str, Any] = {
        "handling": handled.handling,
        "outcomes": [
            {"what": one.what, "finding": one.finding.value, "text": one.text} for one in handled.found
        ],
        "handled_at": None if handled.handling == Handling.WAITING else timezone.now(),
    }
    if handled.handling == Handling.FAILED:
        values |= {"state": InboundState.FAILED, "reason": FAILED}
    Inbound.objects.filter(pk=handled.inbound_id, replays=handled.replay).exclude(
        state=InboundState.RECEIVED
    ).update(**values)


def outcomes_of(row: Inbound) -> Sequence[Found]:
    """What was noted, for pages and for the next attempt."""
    return [Found(one["what"], Finding(one["finding"]), one["text"]) for one in row.outcomes or ()]
