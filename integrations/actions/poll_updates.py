"""Asks a system for news, and stores each as if it had been sent to the integration's source.

There is one row of leased work for an integration, so one worker asks at a time. What came is stored, and with it how
far it was read, before the next question tells the other side that it may forget it.
"""

from dataclasses import dataclass, field
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from integrations.actions.write_journals import write_journals
from integrations.capabilities import Polled, Updates
from integrations.connectors import connector_of, with_capability
from integrations.http.journal import Journal, Sign
from integrations.models import Integration, PollPosition
from integrations.sessions import open_session
from tenants.errors import ConfigError, HubError, TransientError
from tenants.work import Leased, enqueue
from webhooks.ingest.writer import NewInbound, insert
from webhooks.models import Source
from webhooks.presets import Arrival
from webhooks.presets.keys import fitting

LANE: Final = "integrations.poll"
LONGEST_WAIT: Final = 20.0
MARGIN: Final = 3.0  # of the time for one call: the answer must come before we give up
PAUSE, TROUBLE, MISCONFIGURED = 0.2, 15.0, 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a question. `retry_in` None: this integration is not to be asked any more."""

    retry_in: float | None = None
    journal: Journal = field(default_factory=Journal)


def queue_polls() -> int:
    """Every enabled integration that is to be asked has its row; how many there are. Harmless as often as you like."""
    found = Integration.objects.filter(
        is_enabled=True, tenant__is_active=True, connector__in=with_capability(Updates)
    )
    rows = list(found.values_list("id", "tenant_id", "connector", "settings"))
    wanted = [(pk, tenant) for pk, tenant, code, values in rows if _is_polled(code, values)]
    with transaction.atomic():
        enqueue(LANE, [(pk, tenant, str(pk), None) for pk, tenant in wanted])
    return len(wanted)


def _is_polled(code: str, values: dict[str, object]) -> bool:
    session = connector_of(code).session_class
    return issubclass(session, Updates) and session.is_polled(values)


def poll_updates(leased: Leased) -> Asked:
    """One question and its answer, with no transaction open over it."""
    row = Integration.objects.select_related("tenant", "source").filter(pk=leased.subject).first()
    if row is None or not row.is_enabled or not _is_polled(row.connector, row.settings) or row.source is None:
        return Asked()
    with override(row.tenant.language):
        return _ask(row, row.source)


def _ask(row: Integration, source: Source) -> Asked:
    journal = Journal()
    wait = max(0.0, min(LONGEST_WAIT, settings.EXTERNAL_API_TIMEOUT - MARGIN))
    try:
        with open_session(row.pk, seconds=wait + 10, journal=journal) as session:
            updates = session.require(Updates)
            polled = updates.poll(_position(row, updates), wait)
            pause = PAUSE if polled.bodies else max(PAUSE, updates.pause)
    except HubError as error:
        pause = MISCONFIGURED if isinstance(error, ConfigError) else TROUBLE
        told = error.retry_after if isinstance(error, TransientError) else None
        if isinstance(error, ConfigError):
            # Calls that went well on the way to this would speak for an integration that gets nothing.
            now = timezone.now()
            journal.signs.append(Sign(row.pk, row.tenant_id, now, error.code, str(error), is_config=True))
        return Asked(max(pause, told or 0.0), journal)
    if not polled.bodies:
        # Thousands a day that say nothing.
        journal.exchanges.clear()
    _store(row, source, polled)
    return Asked(pause, journal)


def _position(row: Integration, updates: Updates) -> str:
    found = PollPosition.objects.filter(integration=row).first()
    if found is None:
        return ""
    silence = timezone.now() - (found.heard_at or found.created_at)
    is_worn = updates.position_life is not None and silence > updates.position_life
    return "" if is_worn else found.position


@transaction.atomic
def _store(row: Integration, source: Source, polled: Polled) -> None:
    insert([_request(source, body) for body in polled.bodies])
    now = timezone.now()
    values = {"position": polled.position, "polled_at": now} | ({"heard_at": now} if polled.bodies else {})
    PollPosition.objects.update_or_create(
        integration=row, defaults=values, create_defaults={**values, "tenant_id": row.tenant_id}
    )


def _request(source: Source, body: bytes) -> NewInbound:
    arrival = Arrival({"content-type": "application/json"}, "", body)
    return NewInbound(
        source_id=source.pk,
        tenant_id=source.tenant_id,
        dedup_key=fitting(source.sender.key(arrival)),
        is_former_secret=False,
        address="",
        query="",
        headers=arrival.headers,
        content_type=arrival.content_type,
        body=body,
    )


def record_polled(results: list[Asked]) -> None:
    write_journals([one.journal for one in results])
