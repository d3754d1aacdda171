"""One look at the installation: which alerts begin, which go on, which end.

A trouble is told when it has lasted for a minute, and ended when nobody has seen it for two: a restart tells nobody anything.
Several processes may look at the same time; each step is a conditional update, so that one of them tells.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tenants.installation.telling import tell_companies
from tenants.installation.troubles import Trouble
from tenants.models import SystemAlert

BEGINS_AFTER: Final = timedelta(minutes=1)
ENDS_AFTER: Final = timedelta(minutes=2)
KEPT: Final = timedelta(days=90)


def running() -> QuerySet[SystemAlert]:
    """Those that were told and last, the newest first."""
    return SystemAlert.objects.filter(ended_at=None, told_at__isnull=False).order_by("-since")


def known() -> frozenset[str]:
    return frozenset(SystemAlert.objects.filter(ended_at=None).values_list("code", flat=True))


def note(found: Iterable[Trouble], now: datetime | None = None) -> None:
    """What was seen now. Harmless when it is repeated."""
    now = now or timezone.now()
    for trouble in found:
        _see(trouble, now)
    with transaction.atomic():
        for alert in SystemAlert.objects.filter(
            ended_at=None, told_at=None, since__lte=now - BEGINS_AFTER, seen_at__gte=now - ENDS_AFTER
        ):
            if SystemAlert.objects.filter(pk=alert.pk, told_at=None).update(told_at=now):
                tell_companies(alert, is_over=False)
    with transaction.atomic():
        unseen = SystemAlert.objects.filter(ended_at=None, seen_at__lt=now - ENDS_AFTER)
        unseen.filter(told_at=None).delete()
        for alert in unseen:
            if SystemAlert.objects.filter(pk=alert.pk, ended_at=None).update(ended_at=now):
                alert.ended_at = now
                tell_companies(alert, is_over=True)


def _see(trouble: Trouble, now: datetime) -> None:
    values = {"severity": trouble.severity, "detail": trouble.detail}
    SystemAlert.objects.get_or_create(
        code=trouble.code, ended_at=None, defaults={**values, "since": now, "seen_at": now}
    )
    SystemAlert.objects.filter(code=trouble.code, ended_at=None, seen_at__lt=now).update(
        **values, seen_at=now
    )


def note_silence(trouble: Trouble, since: datetime, until: datetime, *, is_mailed: bool) -> None:
    """The database answers again: what could not be written of its silence is written, told, and ends by itself."""
    if until - since < BEGINS_AFTER:
        return
    _see(trouble, until)
    SystemAlert.objects.filter(code=trouble.code, ended_at=None, since__gt=since).update(
        since=since, letters=1 if is_mailed else 0
    )
    note((), until)


def forget() -> None:
    SystemAlert.objects.filter(ended_at__lt=timezone.now() - KEPT).delete()
