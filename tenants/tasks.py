"""Celery tasks of the lowest room: waking lanes, sweeping for what nobody woke, forgetting."""

import logging
from datetime import timedelta

from celery import shared_task
from django.db import connection
from django.utils import timezone

from tenants import audit
from tenants.heartbeats import forget as forget_heartbeats
from tenants.installation.watch import forget as forget_alerts
from tenants.models import SeenNonce, StoredAnswer
from tenants.oauth import forget_tokens
from tenants.scoping import all_tenants
from tenants.signatures import NONCES_KEPT
from tenants.signin.forgotten import forget_letters
from tenants.signin.sessions import SessionStore
from tenants.signin.throttle import forget_old as forget_failures
from tenants.trail.seal import seal_trails
from tenants.trail.stream import write_stream
from tenants.trail.verify import ANCHORED, anchors, verify_trails
from tenants.work import drain, lanes, wake
from tenants.work.store import has_due
from tenants.work.wake import runners

logger = logging.getLogger(__name__)

ANSWERS_KEPT = timedelta(hours=24)


@shared_task
def wake_lane(name: str) -> None:
    """There is something due in that lane."""
    if name in runners:
        runners[name].wake()
    else:  # a worker whose pool forks cannot reach its runner: do the work here
        drain(name)


@shared_task
def sweep() -> None:
    """Wake every lane that has due work, in case the message that said so was lost."""
    for lane in lanes():
        if has_due(lane.name):
            wake(lane.name)


@shared_task
def seal_audit() -> None:
    """Chain what was audited since the last time, and write its copy outside."""
    seal_trails()
    write_stream()


@shared_task
def verify_audit() -> None:
    """Check all chains once a day, and note where they stand."""
    seal_trails(everything=True)
    for damage in verify_trails():
        logger.critical("the audit trail was tampered with: %s", damage)
    with all_tenants():
        audit.record(ANCHORED, after=anchors())


@shared_task
def forget() -> None:
    """Remove what is kept only for a while."""
    with all_tenants():
        StoredAnswer.objects.filter(created_at__lt=timezone.now() - ANSWERS_KEPT).delete()
        SeenNonce.objects.filter(created_at__lt=timezone.now() - NONCES_KEPT).delete()
    forget_tokens()
    forget_heartbeats()
    forget_alerts()
    forget_failures()
    forget_letters()
    SessionStore.clear_expired()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA optimize")
