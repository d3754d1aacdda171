"""Counts what leaves no row, such as wrong signatures, and writes the sums down now and then."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, IntegrityError, InterfaceError, connection, transaction
from django.db.models import F
from django.utils import timezone

from tenants.scoping import all_tenants
from webhooks.models import SourceTally

logger = logging.getLogger(__name__)
MOST_SAMPLES: Final = 5
SAMPLES_A_ROUND: Final = 2


@dataclass(slots=True)
class Count:
    tenant_id: int
    rejected: int = 0
    rejected_at: datetime | None = None
    rejected_reason: str = ""
    duplicates: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)


class Tallies:
    """Per source, in memory; touched on the event loop only. A stranger's flood costs one update a source and round."""

    def __init__(self) -> None:
        self._counts: dict[UUID, Count] = {}

    def reject(self, source_id: UUID, tenant_id: int, reason: str) -> None:
        count = self._counts.setdefault(source_id, Count(tenant_id))
        count.rejected += 1
        count.rejected_at, count.rejected_reason = timezone.now(), reason

    def wants_sample(self, source_id: UUID) -> bool:
        """A flood is looked at now and then only: finding out what is wrong costs more than refusing it."""
        return len(self._counts[source_id].samples) < SAMPLES_A_ROUND

    def add_sample(self, source_id: UUID, sample: dict[str, Any]) -> None:
        self._counts[source_id].samples.append(sample)

    def repeat(self, source_id: UUID, tenant_id: int) -> None:
        self._counts.setdefault(source_id, Count(tenant_id)).duplicates += 1

    def take(self) -> dict[UUID, Count]:
        """What has gathered; it is the caller's to write."""
        counts, self._counts = self._counts, {}
        return counts


def write(counts: Mapping[UUID, Count]) -> None:
    """Add the counts to the stored ones. They are diagnosis: what a broken database loses of them is only logged."""
    try:
        with all_tenants():
            for source_id, count in counts.items():
                _add(source_id, count)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("counts of refused requests were lost: %s", error)
    finally:
        connection.close()


def _add(source_id: UUID, count: Count) -> None:
    try:
        with transaction.atomic():
            SourceTally.objects.get_or_create(source_id=source_id, defaults={"tenant_id": count.tenant_id})
            rows = SourceTally.objects.filter(source_id=source_id)
            rows.update(
                rejected=F("rejected") + count.rejected, duplicates=F("duplicates") + count.duplicates
            )
            if count.rejected:
                rows.update(rejected_at=count.rejected_at, rejected_reason=count.rejected_reason)
            if count.samples:
                former = rows.select_for_update().values_list("samples", flat=True).get()
                rows.update(samples=[*reversed(count.samples), *former][:MOST_SAMPLES])
    except IntegrityError:
        logger.info("source %s was deleted meanwhile", source_id)
