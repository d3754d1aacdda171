"""Looks after integrations that nobody uses at the moment: does the connection still work, are we still subscribed there.

Paused ones are left in peace. What real traffic proved lately is not asked again.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from integrations.absent import AbsentConnector, explained
from integrations.actions.alert_members import TELLS_OF_EXPIRY, Alert
from integrations.actions.hook_source import hook_url
from integrations.capabilities import Account
from integrations.connector import Session
from integrations.connectors import connector_of
from integrations.hooks import WebhookRegistration
from integrations.http.journal import Journal, Sign
from integrations.models import AlertKind, Integration
from integrations.sessions import open_session
from tenants.errors import ConfigError, HubError
from tenants.work import enqueue

LANE: Final = "integrations.check"
PER_MINUTE: Final = 60
EVERY: Final = timedelta(minutes=15)
JITTER_SECONDS: Final = 300.0
SUBSCRIPTION_EVERY: Final = timedelta(hours=1)
SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. `subscription` holds columns of the integration, empty where it was not looked at."""

    integration_id: UUID
    journal: Journal
    subscription: dict[str, Any] = field(default_factory=dict)
    alert: Alert | None = None


@transaction.atomic
def queue_checks(now: datetime | None = None) -> int:
    """Those that are due, longest waiting first, at most `PER_MINUTE`; how many."""
    now = now or timezone.now()
    due = Integration.objects.filter(is_enabled=True, tenant__is_active=True, next_check_at__lte=now)
    rows = list(
        due.select_for_update(of=("self",), skip_locked=True)
        .order_by("next_check_at")
        .only("id", "tenant_id", "next_check_at")[:PER_MINUTE]
    )
    for row in rows:
        row.next_check_at = now + EVERY + timedelta(seconds=random.uniform(0, JITTER_SECONDS))  # noqa: S311 spreading load
    Integration.objects.bulk_update(rows, ["next_check_at"])
    enqueue(LANE, [(row.pk, row.tenant_id, str(row.tenant_id), None) for row in rows])
    return len(rows)


@transaction.atomic
def queue_check(integration_id: UUID, tenant_id: int) -> None:
    """This one now, by a worker."""
    enqueue(LANE, [(integration_id, tenant_id, str(tenant_id), None)])


def check_integration(integration_id: UUID) -> Checked | None:
    """None for what is gone, or was paused meanwhile. What the calls show of its health is in the journal."""
    row = Integration.objects.select_related("tenant", "source").filter(pk=integration_id).first()
    if row is None or not row.is_enabled:
        return None
    with override(row.tenant.language):
        return _check(row, timezone.now())


def _check(row: Integration, now: datetime) -> Checked:
    journal, found = Journal(), Checked(row.pk, Journal(), alert=_expiry(row, now))
    connector = connector_of(row.connector)
    if isinstance(connector, AbsentConnector):
        text = explained(row.connector)
        journal.signs.append(Sign(row.pk, row.tenant_id, now, ConfigError.code, text, is_config=True))
        return Checked(row.pk, journal, alert=found.alert)
    wants_ping = connector.can(Account) and not _is_proved(row, now)
    wants_look = row.hooks_wanted and connector.can(WebhookRegistration) and _is_old(row, now)
    if not wants_ping and not wants_look:
        return found
    subscription: dict[str, Any] = {}
    try:
        with open_session(row.pk, seconds=SECONDS, journal=journal) as session:
            if wants_ping:
                session.require(Account).ping()
            if wants_look:
                subscription = _look(row, session, now)
    except HubError as error:
        # Its sign is in the journal already; of a subscription nothing was learned but that.
        if wants_look and not subscription:
            subscription = {"hooks_checked_at": now, "hooks_problem": str(error)}
    return Checked(row.pk, journal, subscription, found.alert)


def _look(row: Integration, session: Session, now: datetime) -> dict[str, Any]:
    """Systems switch off what failed for a while: then it is switched on again, and people can read that it was."""
    registration, url = session.require(WebhookRegistration), hook_url(row)
    if registration.is_subscribed(url):
        return {"hooks_checked_at": now, "hooks_problem": ""}
    registration.subscribe(url, row.source.secret if row.source else "")
    return {
        "hooks_checked_at": now,
        "hooks_since": now,
        "hooks_problem": _("The system had switched our subscription off. It was switched on again."),
    }


def _is_proved(row: Integration, now: datetime) -> bool:
    return row.last_success_at is not None and now - row.last_success_at < EVERY and not row.failures_in_row


def _is_old(row: Integration, now: datetime) -> bool:
    return row.hooks_checked_at is None or now - row.hooks_checked_at >= SUBSCRIPTION_EVERY


def _expiry(row: Integration, now: datetime) -> Alert | None:
    """Once for each date."""
    ends = row.credentials_expire_at
    if ends is None or ends - now > TELLS_OF_EXPIRY or row.expiry_told_of == ends:
        return None
    return Alert(row.pk, AlertKind.EXPIRING, "", ends)
