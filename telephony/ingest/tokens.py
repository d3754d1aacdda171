"""Which token belongs to which exchange: a table in memory, so that a request costs no query."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Count, Max
from django.utils import timezone

from telephony.models import Pbx
from telephony.models.pbx import token_digest
from tenants.models import Tenant
from tenants.scoping import all_tenants

REFRESH_SECONDS: Final = 2.0
UNKNOWN_REFRESH_SECONDS: Final = 0.5  # strangers with wrong tokens must not keep the database busy


@dataclass(frozen=True, slots=True)
class Source:
    """The exchange that a token stands for."""

    pbx_id: UUID
    tenant_id: int


@dataclass(frozen=True, slots=True)
class _Version:
    """Changes whenever an exchange or a company does, and whenever one comes or goes."""

    pbxs: int
    pbx_changed: object
    tenants: int
    tenant_changed: object


def load() -> Mapping[str, Source]:
    """Token digest -> source, for enabled exchanges of active tenants."""
    now = timezone.now()
    table: dict[str, Source] = {}
    with all_tenants():
        rows = Pbx.objects.filter(is_enabled=True, tenant__is_active=True)
        for pbx_id, tenant_id, digest, previous, until in rows.values_list(
            "id", "tenant_id", "token_digest", "previous_digest", "previous_until"
        ):
            source = Source(pbx_id, tenant_id)
            if previous and until and until > now:
                table.setdefault(previous, source)
            table[digest] = source
    return table


def version() -> _Version:
    """Two cheap aggregates that tell whether `load()` would give something else."""
    with all_tenants():
        pbx = Pbx.objects.aggregate(count=Count("id"), changed=Max("updated_at"))
    tenant = Tenant.objects.aggregate(count=Count("id"), changed=Max("updated_at"))
    return _Version(pbx["count"], pbx["changed"], tenant["count"], tenant["changed"])


class TokenTable:
    """Looked up on the event loop, read from the database in a thread.

    A token that is not in the table makes it be read once more at once, at most every `UNKNOWN_REFRESH_SECONDS`, so
    that a fresh exchange works with its first event.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._table: Mapping[str, Source] = {}
        self._version: _Version | None = None
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None
        self._full_at = float("-inf")

    async def find(self, token: str) -> Source | None:
        """The token's source, None for a token that is nobody's. DatabaseError when the table cannot be read at all."""
        if not token:
            return None
        digest = token_digest(token)
        found = self._table.get(digest)
        if found is not None:
            return found
        if self._clock() - self._read_at >= UNKNOWN_REFRESH_SECONDS or self._reading is not None:
            await self.refresh()
        return self._table.get(digest)

    async def refresh(self) -> None:
        """Read the table if it changed; callers at the same time share one reading."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(asyncio.to_thread(self._read))
        reading = self._reading
        try:
            await asyncio.shield(reading)
        finally:
            if reading.done() and self._reading is reading:
                self._reading = None

    def _read(self) -> None:
        try:
            current = version()
            # The former token of a rotation runs out without any row changing: read all of it now and then.
            if current != self._version or self._clock() - self._full_at > 60:
                self._table, self._version, self._full_at = load(), current, self._clock()
            self._read_at = self._clock()
        finally:
            connection.close()


UNREACHABLE = (DatabaseError, InterfaceError)
