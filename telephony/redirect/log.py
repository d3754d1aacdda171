"""Every decision is a row before the exchange has its answer: the log that people read, and the guard against loops."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from config.front.group_commit import GroupWriter
from telephony.models import RedirectDecision, RedirectMode, RedirectOutcome
from telephony.redirect.deciding import Decided
from telephony.redirect.words import Reason
from tenants import bulk
from tenants.scoping import all_tenants

UNLOGGED = frozenset((Reason.DISABLED,))
"""Whoever does not use it needs no row for each call."""


def row_of(decided: Decided) -> RedirectDecision:
    """The decision as it is kept; not saved yet."""
    row = RedirectDecision(
        tenant_id=decided.ask.tenant_id,
        pbx_id=decided.ask.pbx_id,
        mode=RedirectMode.PULL,
        unique_id=decided.ask.unique_id[:150],
        channel=decided.ask.channel[:200],
        phone=(decided.caller.number or decided.caller.raw)[:64],
        line=decided.ask.line[:64],
        settled_at=timezone.now(),
    )
    return describe(row, decided)


def describe(row: RedirectDecision, decided: Decided) -> RedirectDecision:
    """What was decided, written into the row."""
    choice = decided.choice
    chosen = choice.candidate
    row.outcome = RedirectOutcome.REDIRECTED if chosen else RedirectOutcome.NORMAL
    row.reason_code, row.ms = choice.reason, decided.ms
    row.extension = choice.extension[:10]
    row.source = chosen.source if chosen else ""
    row.integration_id = chosen.integration_id if chosen else None  # type: ignore[assignment]  # it may be None
    row.is_remembered = bool(chosen and chosen.is_remembered)
    row.steps = [
        {
            "extension": step.candidate.extension,
            "source": str(step.candidate.source),
            "name": step.candidate.name[:80],
            "verdict": step.verdict.value,
        }
        for step in choice.steps
    ]
    return row


def keep(rows: Sequence[RedirectDecision]) -> list[bool]:
    """Store them in one transaction. False where the call had been moved by somebody else a moment before: that is kept, too."""
    with transaction.atomic(), all_tenants():
        stored = bulk.create(rows)
        doubles = [row for row in rows if row.pk not in stored]
        for row in doubles:
            _refuse(row)
        bulk.create(doubles)
    return [row.pk in stored for row in rows]


def _refuse(row: RedirectDecision) -> None:
    row.outcome, row.reason_code, row.extension, row.source = (
        RedirectOutcome.NORMAL,
        Reason.AGAIN,
        "",
        "",
    )


def withdraw(row: RedirectDecision, reason: Reason) -> None:
    """The exchange did not get the answer in time, so the call went the usual way."""
    values: dict[str, Any] = {"outcome": RedirectOutcome.NORMAL, "reason_code": reason, "extension": ""}
    with all_tenants():
        RedirectDecision.objects.filter(pk=row.pk, outcome=RedirectOutcome.REDIRECTED).update(**values)


class DecisionWriter(GroupWriter[RedirectDecision, bool]):
    """The decisions of one web process; each waiting question is told whether its call may be moved."""

    name = "redirect decisions"
    max_waiting = 500

    def insert(self, items: Sequence[RedirectDecision]) -> Sequence[bool]:
        return keep(items)
