"""The installation's own probes: room on the disks, the broker, workers that went, work that nobody takes."""

from datetime import timedelta
from pathlib import Path
from shutil import disk_usage
from typing import Final

from celery import current_app
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.env import DATA_DIR
from tenants.heartbeats import FORGOTTEN, STALE
from tenants.installation.troubles import Trouble, probe
from tenants.models import Heartbeat, Work
from tenants.models.installation import Severity
from tenants.work.lanes import Lane, lanes
from tenants.work.wake import BROKER_ERRORS

# A tenth of a small disk, never more than a large one can spare.
SCARCE_SHARE: Final = 0.1
SCARCE_BYTES: Final = 2 * 1024**3
# A quarter more has to be free before it is told as ended: a file that comes and goes must not ring twice an hour.
RELIEF: Final = 1.25
BROKER_SECONDS: Final = 3
GIGABYTE: Final = 1024**3


@probe("disk.data", _("The disk of DATA_DIR is nearly full"))
def data_disk(is_known: bool) -> Trouble | None:
    return _disk("disk.data", "DATA_DIR", DATA_DIR, is_known)


@probe("disk.exports", _("The disk of EXPORT_DIR is nearly full"))
def exports_disk(is_known: bool) -> Trouble | None:
    """Silent where both lie on one disk: that is told once."""
    place = Path(settings.EXPORT_DIR)
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    if existing.stat().st_dev == DATA_DIR.stat().st_dev:
        return None
    return _disk("disk.exports", "EXPORT_DIR", existing, is_known)


def _disk(code: str, name: str, folder: Path, is_known: bool) -> Trouble | None:
    usage = disk_usage(folder)
    least = min(usage.total * SCARCE_SHARE, SCARCE_BYTES) * (RELIEF if is_known else 1)
    if usage.free >= least:
        return None
    text = f"{usage.free / GIGABYTE:.1f} of {usage.total / GIGABYTE:.1f} GB are free in {name} ({folder})"
    return Trouble(code, Severity.WARNING, text)


@probe("broker", _("The broker does not answer"))
def broker(is_known: bool) -> Trouble | None:
    """Work is found without it, later; what beat starts is not."""
    try:
        with current_app.connection_for_write(connect_timeout=BROKER_SECONDS) as line:
            line.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)
    except BROKER_ERRORS as error:
        return Trouble("broker", Severity.CRITICAL, type(error).__name__)
    return None


@probe("worker.gone", _("A worker is gone"))
def gone(is_known: bool) -> Trouble | None:
    """One of several: the queues are still taken. Whoever took it away on purpose hears that it ended within the hour."""
    now = timezone.now()
    lost = Heartbeat.objects.filter(
        kind__startswith="worker:", seen_at__lt=now - 2 * STALE, seen_at__gte=now - FORGOTTEN
    )
    names = sorted(lost.values_list("name", flat=True)[:20])
    if not names:
        return None
    return Trouble("worker.gone", Severity.WARNING, f"no sign of life of {', '.join(names)}")


@probe("queue.late", _("Work waits for too long"))
def late(is_known: bool) -> Trouble | None:
    """The oldest row that some worker ought to have taken. Ends when it is half as old as where it begins."""
    found = [text for lane in lanes() if (text := _late_in(lane, 0.5 if is_known else 1.0))]
    return Trouble("queue.late", Severity.WARNING, "; ".join(found)) if found else None


def _late_in(lane: Lane, share: float) -> str:
    now = timezone.now()
    due = _waiting(lane).filter(due__lt=now - timedelta(seconds=lane.late_after * share))
    oldest = due.order_by("due").values_list("due", flat=True).first()
    if oldest is None:
        return ""
    return f"the oldest of {lane.name} has been due for {int((now - oldest).total_seconds() // 60)} minutes"


def _waiting(lane: Lane) -> QuerySet[Work]:
    """Without groups that wait on purpose, and those that have their share under way: theirs is a queue of its own."""
    rows = Work.objects.filter(lane=lane.name)
    now = timezone.now()
    leased = rows.filter(
        lease__isnull=False, due__gt=now, due__lte=now + timedelta(seconds=lane.lease_seconds)
    )
    at_work = set() if lane.per_group is None else set(leased.values_list("group", flat=True))
    return rows.exclude(group__in=at_work | set(lane.waiting_on_purpose()))
