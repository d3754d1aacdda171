"""Keeps who is at their desk, as outside systems say it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.utils import timezone

from integrations.capabilities import AgentState
from integrations.models import AgentStatus, ExtensionAssignment, Integration, OutsideUser

LONGEST_ID: Final = 100
LONGEST_WORD: Final = 40


def set_presence(integration: Integration, states: Mapping[str, AgentState]) -> None:
    """By outside user id. What is as it was keeps the time since when it is so. Two statements, however many."""
    now = timezone.now()
    wanted = {user[:LONGEST_ID]: state for user, state in states.items() if user}
    former = {
        row.outside_user_id: row
        for row in AgentStatus.objects.filter(integration=integration, outside_user_id__in=list(wanted))
    }
    rows = [_row(integration, user, state, former.get(user), now) for user, state in wanted.items()]
    AgentStatus.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["integration", "outside_user_id"],
        update_fields=["presence", "word", "changed_at", "told_at"],
        batch_size=500,
    )


def tell_presence(integration: Integration, user: str, state: AgentState) -> bool:
    """Of one user. False, and nothing kept, for somebody of whom nothing is known here: anybody can make up numbers."""
    is_known = (
        OutsideUser.objects.filter(integration=integration, outside_id=user).exists()
        or ExtensionAssignment.objects.filter(
            integration=integration, outside_user_id=user, valid_to__isnull=True
        ).exists()
    )
    if is_known:
        set_presence(integration, {user: state})
    return is_known


def _row(
    integration: Integration, user: str, state: AgentState, former: AgentStatus | None, now: datetime
) -> AgentStatus:
    word = state.word[:LONGEST_WORD]
    is_same = former is not None and (former.presence, former.word) == (state.availability.value, word)
    return AgentStatus(
        tenant_id=integration.tenant_id,
        integration=integration,
        outside_user_id=user,
        presence=state.availability.value,
        word=word,
        changed_at=former.changed_at if is_same and former is not None else now,
        told_at=now,
    )
