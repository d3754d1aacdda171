"""Signs of life of workers and beat, read by /health."""

import os
import socket
from datetime import timedelta

from django.utils import timezone

from tenants.models import Heartbeat

STALE = timedelta(seconds=45)
FORGOTTEN = timedelta(hours=1)


def beat(kind: str, detail: str = "") -> None:
    """This process is alive. One row for each (kind, detail, host); no process id, so that a restart replaces it."""
    name = f"{kind}:{detail}@{socket.gethostname()}:{os.environ.get('PORT', '')}"[:100]
    Heartbeat.objects.update_or_create(name=name, defaults={"kind": kind, "seen_at": timezone.now()})


def is_alive(kind: str) -> bool:
    return Heartbeat.objects.filter(kind=kind, seen_at__gte=timezone.now() - STALE).exists()


def forget() -> None:
    Heartbeat.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN).delete()
