"""Health checks of workers, beat and the audit trail's seal; a warning of a database role that no policy binds."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections
from django.utils import timezone

from config.health import Finding, health_check
from config.ids import uuid7_at
from tenants.heartbeats import is_alive
from tenants.postgresql.row_security import is_bound, unprotected
from tenants.scoping import all_tenants
from tenants.trail.seal import SLACK, unsealed
from tenants.work import lanes

SEALED_WITHIN = timedelta(minutes=10)


@register(Tags.database)
def row_security(
    app_configs: object, databases: Sequence[str] | None = None, **kwargs: Any
) -> Sequence[CheckMessage]:
    """A role above the policies makes do with one wall between companies; `migrate` and `prepare` say so."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor != "postgresql":
            continue
        if tables := unprotected(connection):
            found.append(
                Warning(
                    f"Row-level security is not in force on {', '.join(tables)}.",
                    hint="Run manage.py migrate as the tables' owner.",
                    id="tenants.W002",
                )
            )
        if not is_bound(connection):
            found.append(
                Warning(
                    "The role in DATABASE_URL is a superuser or has BYPASSRLS, so row-level security does not bind it.",
                    hint="Give it an ordinary role that owns its database (docs/operations.md, PostgreSQL).",
                    id="tenants.W001",
                )
            )
    return found


@health_check("workers")
def workers() -> Finding:
    silent = sorted({lane.queue for lane in lanes() if not is_alive(f"worker:{lane.queue}")})
    return Finding(not silent, f"no worker takes the queues: {', '.join(silent)}" if silent else "")


@health_check("audit")
def audit_trail() -> Finding:
    """Entries are sealed within seconds; much later means that nobody does it, and none of them would be missed."""
    now = timezone.now()
    with all_tenants():
        late = unsealed().filter(id__gte=uuid7_at(now - SLACK), id__lt=uuid7_at(now - SEALED_WITHIN))
        is_late = late.exists()
    return Finding(not is_late, "entries of the audit trail wait to be sealed" if is_late else "")


@health_check("beat")
def beat() -> Finding:
    return Finding(True) if is_alive("beat") else Finding(False, "the scheduler gives no sign of life")
