"""What holds at the moment of a question: who is in a call, whose phone is there, whether the company works."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from config.ids import uuid7_at
from telephony.models import Call, CallParticipant, RedirectDecision, RedirectOutcome
from telephony.models.call import CallPhase

LONGEST_TALK: Final = timedelta(hours=6)
"""A call that has been open for longer lost its end: it keeps nobody busy."""
NAMELESS_SECONDS: Final = 15
"""Beside the ringing time: for so long a call that the exchange does not name is taken for the same one."""


def busy_among(extensions: Collection[str], now: datetime | None = None) -> frozenset[str]:
    """Those who talk, or dial out, at this moment by our own calls. Of the tenant in scope."""
    if not extensions:
        return frozenset()
    since = uuid7_at((now or timezone.now()) - LONGEST_TALK)
    parts = CallParticipant.objects.filter(extension__in=list(extensions), call_id__gte=since)
    open_parts = parts.filter(call__phase__in=[CallPhase.RINGING, CallPhase.TALKING])
    rows = open_parts.values_list("extension", "is_caller", "call__phase", "call__talks")
    return frozenset(
        extension
        for extension, is_caller, phase, talks in rows
        if (is_caller and phase == CallPhase.RINGING)
        or any(talk["extension"] == extension and talk["until"] is None for talk in talks)
    )


def has_moved(pbx_id: UUID, unique_id: str, number: str, ring_seconds: int) -> bool:
    """Whether this call went to its manager before, or is about to. Of the tenant in scope."""
    return moved(pbx_id, unique_id, number, ring_seconds).exists()


def moved(pbx_id: UUID, unique_id: str, number: str, ring_seconds: int) -> QuerySet[RedirectDecision]:
    """The decisions by which it did. An exchange that does not name its calls is believed to mean the same one for a while."""
    done = RedirectDecision.objects.filter(
        pbx_id=pbx_id, outcome__in=[RedirectOutcome.REDIRECTED, RedirectOutcome.PENDING]
    )
    if unique_id:
        return done.filter(unique_id=unique_id)
    since = uuid7_at(timezone.now() - timedelta(seconds=ring_seconds + NAMELESS_SECONDS))
    return done.filter(phone=number, id__gte=since)


def call_of(pbx_id: UUID, unique_id: str) -> Call | None:
    """The call that a channel belongs to, as far as its events have come. Of the tenant in scope."""
    if not unique_id:
        return None
    named = Q(aliases__pbx_id=pbx_id, aliases__channel=unique_id)
    return Call.objects.filter(named).order_by("-id").first()
