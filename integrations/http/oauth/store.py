"""The rows of tokens: who renews them, and what became of it. Each change is one statement, committed when it returns."""

import logging
import time
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.db.models import F, Q
from django.utils import timezone

from integrations.http.oauth.answers import Granted
from integrations.models import Integration, OAuthToken
from tenants.scoping import all_tenants

log = logging.getLogger(__name__)

# Longer than a request for a token can last (tokens.ASKING_SECONDS), and what it takes to write its answer.
LEASE = timedelta(seconds=60)
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
WRITE_AGAIN_AFTER = (0.2, 1.0, 3.0, 6.0)


def read(integration_id: uuid.UUID) -> OAuthToken | None:
    """The row as it is now."""
    with all_tenants():
        return OAuthToken.objects.filter(integration_id=integration_id).first()


def begin(integration_id: uuid.UUID, tenant_id: int) -> None:
    """An empty row, for grants that need no person; harmless when there is one."""
    with all_tenants():
        row = OAuthToken(integration_id=integration_id, tenant_id=tenant_id)
        OAuthToken.objects.bulk_create([row], ignore_conflicts=True)


def claim(row: OAuthToken, *, despite_pause: bool) -> uuid.UUID | None:
    """The lease under which the caller renews that version; None while another has it, or there is a newer one."""
    now, lease = timezone.now(), uuid.uuid4()
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    if despite_pause:
        free |= Q(lease__isnull=True)
    # Durable: within a transaction of the caller's, neither this nor the new tokens would be committed before they are used.
    with all_tenants(), transaction.atomic(durable=True):
        rows = OAuthToken.objects.filter(free, pk=row.pk, version=row.version)
        return lease if rows.update(lease=lease, lease_until=now + LEASE) else None


def put(row: OAuthToken, new: Granted) -> bool:
    """Keep what was granted instead of that version; False when it is gone, or replaced already.

    By version and not by lease: these tokens are the newest that the outside system gave, and the former are worth
    nothing now, even if we were so slow that somebody else began to renew them, too.
    """
    now = timezone.now()
    values = {
        "access_token": new.access,
        "refresh_token": new.refresh or row.refresh_token,
        "can_refresh": bool(new.refresh or row.refresh_token),
        "extras": {**row.extras, **new.extras},
        "version": row.version + 1,
        "obtained_at": row.obtained_at or now,
        "renewed_at": now,
        "expires_at": new.expires_at,
        "refresh_expires_at": new.refresh_expires_at or row.refresh_expires_at,
        "lease": None,
        "lease_until": None,
        "failures": 0,
        "refusal": "",
        "doubted_at": None,
    }
    for pause in (*WRITE_AGAIN_AFTER, None):
        try:
            return _write(row, values)
        except (OperationalError, InterfaceError):
            # A refresh token that works once was just used up: without the new one a person has to connect it again.
            if pause is None:
                raise
            log.warning("the new token of integration %s could not be written yet", row.integration_id)
            close_old_connections()
            time.sleep(pause)
    return False


def _write(row: OAuthToken, values: dict[str, Any]) -> bool:
    with all_tenants(), transaction.atomic(durable=True):
        is_kept = bool(OAuthToken.objects.filter(pk=row.pk, version=row.version).update(**values))
        if is_kept and values["can_refresh"]:
            Integration.objects.filter(pk=row.integration_id).update(
                credentials_expire_at=values["refresh_expires_at"]
            )
        return is_kept


def refuse(row: OAuthToken, lease: uuid.UUID, reason: str) -> None:
    """The outside system will not renew this version."""
    with all_tenants():
        OAuthToken.objects.filter(pk=row.pk, version=row.version, lease=lease).update(
            refusal=reason, lease=None, lease_until=None
        )


def hold(row: OAuthToken, lease: uuid.UUID) -> None:
    """It did not work this time: nobody tries again for a while, longer each time."""
    pause = min(FIRST_PAUSE * 2 ** min(row.failures, 10), LONGEST_PAUSE)
    with all_tenants():
        OAuthToken.objects.filter(pk=row.pk, lease=lease).update(
            lease=None, lease_until=timezone.now() + timedelta(seconds=pause), failures=F("failures") + 1
        )


def doubt(integration_id: uuid.UUID, version: int, now: datetime) -> None:
    """That version was refused although it was new."""
    with all_tenants():
        OAuthToken.objects.filter(integration_id=integration_id, version=version).update(doubted_at=now)
