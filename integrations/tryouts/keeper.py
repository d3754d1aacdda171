"""Keeps the simulators of all try-outs running: one pass compares what is wanted with what runs.

What a simulator holds is in this process's memory: after a restart it listens on the same port, and begins anew.
"""

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations.actions.check_integration import queue_check
from integrations.connectors import connector_of
from integrations.models import Tryout
from integrations.models.tryout import HOST, TryoutState
from integrations.tryouts.made import made
from tenants.scoping import all_tenants

logger = logging.getLogger(__name__)


class Keeper:
    """`running` are the try-outs whose simulators listen."""

    def __init__(self) -> None:
        self._running: dict[UUID, ExitStack] = {}
        self._refused: set[UUID] = set()

    @property
    def running(self) -> frozenset[UUID]:
        return frozenset(self._running)

    def keep(self) -> None:
        """One pass."""
        with all_tenants():
            rows = {row.pk: row for row in self._wanted()}
        for key in [key for key in self._running if key not in rows]:
            self._running.pop(key).close()
            logger.info("simulator of try-out %s stopped", key)
        self._refused &= set(rows)
        for key, row in rows.items():
            if key not in self._running and key not in self._refused:
                self._start(row)

    def close(self) -> None:
        """All of them stop."""
        while self._running:
            self._running.popitem()[1].close()

    @staticmethod
    def _wanted() -> list[Tryout]:
        """Who was given another address is connected to something real, and no try-out any more."""
        rows = Tryout.objects.select_related("integration").defer(
            "integration__credentials", "integration__own_secrets"
        )
        still: list[Tryout] = []
        moved: list[Tryout] = []
        for row in rows.order_by("pk"):
            (still if _is_connected(row) else moved).append(row)
        if moved:
            Tryout.objects.filter(pk__in=[row.pk for row in moved]).delete()
        return still

    def _start(self, row: Tryout) -> None:
        running = ExitStack()
        try:
            running.enter_context(made(row.integration.connector, row.port).running())
        except OSError as error:
            self._refused.add(row.pk)
            logger.warning("simulator of try-out %s cannot start: %s", row.pk, error)
            self._note(row, TryoutState.FAILED, str(error.strerror or error))
            return
        self._running[row.pk] = running
        logger.info("%s is simulated on port %d", row.integration.connector, row.port)
        # Who sees that it runs sees a check that is on its way: nothing is left to be queued later.
        with all_tenants(), transaction.atomic():
            self._note(row, TryoutState.RUNNING, "")
            queue_check(row.integration_id, row.tenant_id)

    @staticmethod
    def _note(row: Tryout, state: TryoutState, error: str) -> None:
        with all_tenants():
            Tryout.objects.filter(pk=row.pk).update(state=state, error=error, changed_at=timezone.now())


def _is_connected(row: Tryout) -> bool:
    settings: Mapping[str, object] = row.integration.settings
    field = connector_of(row.integration.connector).manifest.base_url_setting
    parts = urlsplit(str(settings.get(field, "")))
    return (parts.hostname, parts.port) == (HOST, row.port)
