"""Tells members by mail that an integration stopped working, and that it works again.

Queued with the change of health and looked at a little later: what came back by itself meanwhile alarms nobody. Of one
integration at most one mail an hour is sent; it says how often the state changed since the last one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from integrations.health import ALARMING
from integrations.models import AlertChoice, AlertKind, AlertLetter, Health, Integration
from tenants import alerts
from tenants.access import ADMINISTRATORS
from tenants.events import emit
from tenants.models import Member
from tenants.work import enqueue

LANE: Final = "integrations.alert"
LETTERS: Final = "integrations.letters"
SETTLES: Final = timedelta(minutes=2)
PAUSE: Final = timedelta(hours=1)
TELLS_OF_EXPIRY: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Alert:
    """What is to be told of one integration."""

    integration_id: UUID
    kind: AlertKind
    reason: str
    since: datetime | None
    changes: int = 1


def queue_alerts(rows: Sequence[Integration]) -> None:
    """In the transaction of the change. One that waits already waits anew, and one in work is looked at once more."""
    now = timezone.now()
    enqueue(LANE, [(row.pk, row.tenant_id, str(row.tenant_id), _due(row, now)) for row in rows], again=True)


def _due(row: Integration, now: datetime) -> datetime:
    settled = now + SETTLES
    return max(settled, row.alerted_at + PAUSE) if row.alerted_at else settled


def alert_of(row: Integration) -> Alert | None:
    """What members do not know yet; None when they do, and for what is paused or was not tried since it was changed."""
    health, told_bad = Health(row.health), row.alert_state in ALARMING
    is_bad = health in ALARMING
    if not row.is_enabled or is_bad == told_bad or not (is_bad or health is Health.OK):
        return None
    kind = AlertKind.FAILING if is_bad else AlertKind.RECOVERED
    reason = row.health_reason if is_bad else ""
    return Alert(row.pk, kind, reason, row.health_since, max(row.changes_since_alert, 1))


def tell(alert: Alert) -> int:
    """Owe everybody who wants it a mail, in the caller's transaction; to how many."""
    row = Integration.objects.select_for_update(of=("self",)).filter(pk=alert.integration_id).first()
    if row is None:
        return 0
    if alert.kind is AlertKind.EXPIRING:
        row.expiry_told_of = row.credentials_expire_at
        _tell_of_expiry(row)
    else:
        row.alert_state, row.alerted_at = row.health, timezone.now()
        row.changes_since_alert = 0
    row.save(update_fields=["expiry_told_of", "alert_state", "alerted_at", "changes_since_alert"])
    letters = [
        AlertLetter(
            tenant_id=row.tenant_id,
            integration=row,
            user_id=user_id,
            kind=alert.kind,
            reason=alert.reason,
            since=alert.since,
            changes=alert.changes,
        )
        for user_id in recipients(row.tenant_id)
    ]
    AlertLetter.objects.bulk_create(letters)
    enqueue(LETTERS, [(one.pk, one.tenant_id, str(one.user_id), None) for one in letters])
    return len(letters)


def _tell_of_expiry(row: Integration) -> None:
    ends = row.credentials_expire_at
    if ends is None:
        return
    message = gettext("The credentials of “%(name)s” are valid until %(until)s.")
    data = {
        "severity": "warning",
        "message": message % {"name": row.name, "until": ends.date().isoformat()},
        "component": "integration",
        "details": {"integration_id": str(row.pk), "connector": row.connector, "until": ends.isoformat()},
    }
    emit(row.tenant_id, "system.alert", data, key=f"system.alert:expiry:{row.pk}:{ends.isoformat()}")


def recipients(tenant_id: int) -> list[int]:
    """The people with an address who chose it, or who are told by their role; nobody where nothing can be mailed."""
    return [one.user_id for one in alerts.recipients(tenant_id)]


def register() -> None:
    """What members chose here counts for whatever the rooms below mail about, too."""
    alerts.choices_from(_choices)


def _choices(tenant_id: int) -> dict[UUID, bool]:
    found = AlertChoice.objects.filter(tenant_id=tenant_id)
    return dict(found.values_list("member_id", "wants_mail"))


def wants_mail(member: Member) -> bool:
    """What is in force for that member."""
    chosen = AlertChoice.objects.filter(member=member).values_list("wants_mail", flat=True).first()
    return chosen if chosen is not None else member.role in ADMINISTRATORS


def choose_mail(member: Member, wants: bool) -> None:
    """From now on."""
    AlertChoice.objects.update_or_create(
        member=member, defaults={"wants_mail": wants, "tenant_id": member.tenant_id}
    )
