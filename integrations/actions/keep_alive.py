"""Keeps access to idle accounts: a refresh token ends when nobody used it for some months.

amoCRM's ends after three months, Bitrix24's after 180 days; neither wants to be asked without need.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from integrations.http.journal import Journal
from integrations.models import OAuthToken
from integrations.sessions import open_session
from tenants.errors import HubError
from tenants.work import enqueue

LANE: Final = "integrations.tokens"
IDLE: Final = timedelta(days=7)
MOST_AT_ONCE: Final = 500


def queue_idle(now: datetime) -> int:
    """Those that were not renewed for a week, of integrations that are switched on; how many were queued."""
    idle = OAuthToken.objects.filter(
        can_refresh=True, renewed_at__lt=now - IDLE, refusal="", integration__is_enabled=True
    )
    rows = list(idle.order_by("renewed_at").values_list("integration_id", "tenant_id")[:MOST_AT_ONCE])
    enqueue(LANE, [(pk, tenant_id, str(tenant_id), None) for pk, tenant_id in rows])
    return len(rows)


def renew_idle(integration_id: UUID) -> tuple[Journal, HubError | None]:
    """A new token for one of them, whatever the age of the former; no transaction is open."""
    journal = Journal()
    try:
        with open_session(integration_id, journal=journal) as session:
            session.http.keep_alive()
    except HubError as error:
        return journal, error
    return journal, None
