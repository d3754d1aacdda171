"""How many calls by click there were lately, and whether one more is too many. Under the lock of the company's limits."""

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum
from django.utils import timezone

from config.ids import uuid7_at
from telephony.models import DialPolicy, OriginateRequest, OriginateState

REPEAT: Final = timedelta(seconds=10)
MINUTE: Final = timedelta(minutes=1)
RINGS: Final = (OriginateState.QUEUED, OriginateState.SENT, OriginateState.AGENT_RINGING)


def rate_objection(policy: DialPolicy, request: OriginateRequest, zone: ZoneInfo) -> str:
    """The first limit that one more would exceed, as a code; one query over today's requests."""
    now = timezone.now()
    seen = _seen(request, now, zone)
    if seen["repeats"]:
        return "repeated"
    if seen["ringing"]:
        return "already_calling"
    limits = (
        ("extension_minute", seen["extension_minute"], policy.extension_per_minute),
        ("tenant_minute", seen["minute"], policy.per_minute),
        ("extension_day", seen["extension_day"], policy.extension_per_day),
        ("tenant_day", seen["day"], policy.per_day),
        ("minutes_day", _begun_minutes(seen["seconds"]), policy.minutes_per_day),
    )
    return next((code for code, count, most in limits if most is not None and count >= most), "")


def _seen(request: OriginateRequest, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Ids are time-ordered: the day is a range of the index of recent ones."""
    midnight = timezone.localtime(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    since = min(midnight, now - MINUTE)
    mine, last_minute = Q(extension=request.extension), Q(created_at__gt=now - MINUTE)
    today = Q(created_at__gte=midnight)
    made = OriginateRequest.objects.filter(id__gte=uuid7_at(since)).exclude(state=OriginateState.REFUSED)
    return made.aggregate(
        repeats=Count("id", filter=mine & Q(phone=request.phone, created_at__gt=now - REPEAT)),
        ringing=Count("id", filter=mine & last_minute & Q(state__in=RINGS)),
        extension_minute=Count("id", filter=mine & last_minute),
        minute=Count("id", filter=last_minute),
        extension_day=Count("id", filter=mine & today),
        day=Count("id", filter=today),
        seconds=Sum("call__talk_seconds", filter=today),
    )


def _begun_minutes(seconds: int | None) -> int:
    return -(-(seconds or 0) // 60)
