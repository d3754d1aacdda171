"""Which source a URL belongs to: a table in memory, so that a request costs no query and strangers cost nothing."""

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, cast
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
MOST_NEIGHBOURS: Final = 20


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
    name: str = ""
    sealed_older: str | None = None
    _opened: dict[str, str] = field(default_factory=dict, repr=False)

    def secrets(self, now: float) -> list[str]:
        """The live secrets, the current one first. keyring.Unreadable when the key ring has lost a key."""
        live = [self._open("secret", self.sealed)]
        if self.sealed_former and self.former_until > now:
            live.append(self._open("previous_secret", self.sealed_former))
        if self.sealed_older:
            live += [secret for secret, until in self._older() if until > now]
        return live

    def former_secrets(self) -> list[str]:
        """Those that were replaced, whether they are still accepted or not: for a diagnosis."""
        former = [self._open("previous_secret", self.sealed_former)] if self.sealed_former else []
        return former + [secret for secret, _until in self._older()]

    def _older(self) -> list[tuple[str, float]]:
        if not self.sealed_older:
            return []
        pairs = json.loads(self._open("former_secrets", self.sealed_older))
        return [(secret, datetime.fromisoformat(until).timestamp()) for secret, until in pairs]

    def _open(self, column: str, sealed: str) -> str:
        if column not in self._opened:
            stored = cast(EncryptedTextField, Source._meta.get_field(column))
            self._opened[column] = keyring.open_(sealed, stored.context).decode("utf-8", "surrogatepass")
        return self._opened[column]


_COLUMNS: Final = (
    "public_id",
    "id",
    "tenant_id",
    "preset",
    "options",
    "tolerance",
    "sealed",
    "sealed_former",
    "previous_until",
    "name",
    "sealed_older",
)


def _known(
    id_: UUID,
    tenant_id: int,
    preset: str,
    options: Mapping[str, str],
    tolerance: float,
    sealed: str,
    sealed_former: str | None,
    until: datetime | None,
    name: str,
    sealed_older: str | None,
) -> KnownSource:
    former_until = until.timestamp() if until else 0.0
    return KnownSource(
        id_,
        tenant_id,
        PRESETS[preset],
        options,
        tolerance,
        sealed,
        sealed_former,
        former_until,
        name,
        sealed_older,
    )


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

    def neighbours(self, source: KnownSource) -> list[KnownSource]:
        """The company's other sources of that sender, for a diagnosis."""
        return [
            one
            for one in self._table.values()
            if one.tenant_id == source.tenant_id and one.preset is source.preset and one.id != source.id
        ][:MOST_NEIGHBOURS]

    def load(self) -> Mapping[str, KnownSource]:
        with all_tenants():
            # As text, still sealed: one secret that cannot be opened must not close all the other doors.
            rows = (
                Source.objects.filter(is_enabled=True, tenant__is_active=True)
                .annotate(
                    sealed=_sealed("secret"),
                    sealed_former=_sealed("previous_secret"),
                    sealed_older=_sealed("former_secrets"),
                )
                .order_by()
                .values_list(*_COLUMNS)
            )
            return {row[0]: _known(*row[1:]) for row in rows if row[3] in PRESETS}

    def version(self) -> object:
        with all_tenants():
            sources = Source.objects.aggregate(count=Count("id"), changed=Max("updated_at"))
        tenants = Tenant.objects.aggregate(count=Count("id"), changed=Max("updated_at"))
        return (*sources.values(), *tenants.values())


def _sealed(column: str) -> Cast:
    return Cast(column, TextField())
