"""Which source a URL belongs to: a table in memory, so that a request costs no query and strangers cost nothing."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from django.db.models import Count, Max, TextField
from django.db.models.functions import Cast

from config import keyring
from config.front.live_table import LiveTable
from tenants.fields import EncryptedTextField
from tenants.models import Tenant
from tenants.scoping import all_tenants
from webhooks.models import Source
from webhooks.presets import PRESETS, Arrival, Preset

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class KnownSource:
    """What receiving needs of an enabled source. Secrets are opened at the first request that needs them."""

    id: UUID
    tenant_id: int
    preset: Preset
    options: Mapping[str, str]
    tolerance: float
    sealed: str
    sealed_former: str | None
    former_until: float
    _opened: dict[str, str] = field(default_factory=dict, repr=False)

    def secrets(self, now: float) -> list[str]:
        """The live secrets, the current one first. keyring.Unreadable when the key ring has lost a key."""
        live = [self._open("secret", self.sealed)]
        if self.sealed_former and self.former_until > now:
            live.append(self._open("previous_secret", self.sealed_former))
        return live

    def _open(self, column: str, sealed: str) -> str:
        if column not in self._opened:
            stored = cast(EncryptedTextField, Source._meta.get_field(column))
            self._opened[column] = str(stored.decode(keyring.open_(sealed, stored.context)))
        return self._opened[column]


class SourceTable(LiveTable[KnownSource]):
    """By the identifier in the URL: enabled sources of active tenants."""

    name = "sources"

    async def proved_by(self, preset: str, arrival: Arrival) -> KnownSource | None:
        """The one source of that sender whose token the request carries; None when there is none, or more than one.

        For senders with few sources: each is compared, in constant time.
        """
        for is_second in (False, True):
            found = [
                source
                for source in self._table.values()
                if source.preset.name == preset
                and source.preset.prove(arrival, source.secrets(time.time()), source.tolerance).holds
            ]
            if found or is_second:
                break
            await self.lookup("")  # reads the table again, if that was not done just now
        return found[0] if len(found) == 1 else None

    def load(self) -> Mapping[str, KnownSource]:
        with all_tenants():
            # As text, still sealed: one secret that cannot be opened must not close all the other doors.
            rows = (
                Source.objects.filter(is_enabled=True, tenant__is_active=True)
                .annotate(sealed=_sealed("secret"), sealed_former=_sealed("previous_secret"))
                .order_by()
                .values_list(
                    "public_id",
                    "id",
                    "tenant_id",
                    "preset",
                    "options",
                    "tolerance",
                    "sealed",
                    "sealed_former",
                    "previous_until",
                )
            )
            return {
                public_id: KnownSource(
                    id_,
                    tenant_id,
                    PRESETS[preset],
                    options,
                    tolerance,
                    sealed,
                    sealed_former,
                    until.timestamp() if until else 0.0,
                )
                for public_id, id_, tenant_id, preset, options, tolerance, sealed, sealed_former, until in rows
                if preset in PRESETS
            }

    def version(self) -> object:
        with all_tenants():
            sources = Source.objects.aggregate(count=Count("id"), changed=Max("updated_at"))
        tenants = Tenant.objects.aggregate(count=Count("id"), changed=Max("updated_at"))
        return (*sources.values(), *tenants.values())


def _sealed(column: str) -> Cast:
    return Cast(column, TextField())
