"""Which token belongs to which exchange: a table in memory, so that a request costs no query.

A changed exchange or company is heard of (tenants/changes); what nobody announced is seen within two seconds.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Max
from django.utils import timezone

from config.front.live_table import LiveTable
from telephony.models import Pbx
from telephony.models.pbx import token_digest
from tenants.changes import subscribe
from tenants.models import Tenant
from tenants.scoping import all_tenants


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


class TokenTable(LiveTable[Source]):
    name = "tokens"

    def start_following(self) -> None:
        super().start_following()
        with _following_lock:
            _following.add(self)

    def stop_following(self) -> None:
        with _following_lock:
            _following.discard(self)
        super().stop_following()

    def load(self) -> Mapping[str, Source]:
        return load()

    def version(self) -> object:
        return version()

    async def find(self, token: str) -> Source | None:
        """The token's source, None for a token that is nobody's. DatabaseError when the table cannot be read at all."""
        return await self.lookup(token_digest(token)) if token else None


_following: set[TokenTable] = set()
_following_lock = threading.Lock()


def _heard(_key: str) -> None:
    with _following_lock:
        tables = tuple(_following)
    for table in tables:
        table.changed()


for topic in ("pbx", "tenant"):
    subscribe(topic, _heard)
