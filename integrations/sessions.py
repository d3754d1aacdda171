"""Opens a session: the door through which telephony, sync and the admin reach an outside system."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from config.correlation import current_correlation
from config.ids import uuid7
from integrations import live as configurations
from integrations.actions.write_journals import write_journals
from integrations.connector import Connector, Session
from integrations.connectors import connector_of
from integrations.http.client import ApiClient
from integrations.http.journal import Journal
from integrations.http.line import line_of
from integrations.live import Live
from tenants.models import Tenant


@contextmanager
def open_session(
    integration_id: UUID,
    *,
    seconds: float | None = None,
    subject: UUID | None = None,
    correlation_id: UUID | None = None,
    journal: Journal | None = None,
    is_probe: bool = False,
    dry_run: bool = False,
) -> Iterator[Session]:
    """A session for one piece of work.

    `seconds` is the budget for everything that it does. What it notes is written when it closes, unless the caller
    gives a `journal` of its own and writes it (`write_journals`) together with its outcome. `is_probe` lets the calls
    pass an open breaker: a person asked. In a `dry_run` everything is read, and whatever would change something there
    raises NotSent, after an exchange was noted that shows what would have been sent.
    """
    live = configurations.get(integration_id)
    own = Journal() if journal is None else journal
    connector = connector_of(live.connector)
    http = ApiClient(
        line_of(live, connector.manifest),
        live,
        own,
        seconds=seconds,
        subject=subject,
        correlation_id=correlation_id or current_correlation(),
        is_probe=is_probe,
        is_dry=dry_run,
    )
    try:
        yield connector.open(live, http)
    finally:
        if journal is None:
            write_journals([own])


@contextmanager
def open_draft(
    tenant: Tenant,
    connector: Connector,
    settings: Mapping[str, Any],
    credentials: Mapping[str, Any],
    *,
    seconds: float | None = None,
) -> Iterator[Session]:
    """A session for values that are not saved yet; leaves no trace in the database."""
    live = Live(
        id=uuid7(),
        tenant_id=tenant.pk,
        connector=connector.code,
        name=connector.manifest.name,
        is_enabled=False,
        version=0,
        settings=settings,
        credentials=credentials,
        timezone=tenant.timezone,
        phone_region=tenant.phone_region,
        egress_allow=tenant.egress_allow,
        is_draft=True,
    )
    line = line_of(live, connector.manifest)
    try:
        yield connector.open(live, ApiClient(line, live, Journal(), seconds=seconds, is_probe=True))
    finally:
        line.transport.close()
