"""Who wants what: per tenant and event type, remembered until an endpoint changes."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Max

from webhooks.matching import Patterns
from webhooks.models import Endpoint, EndpointState


class Subscriber(NamedTuple):
    endpoint_id: uuid.UUID
    is_enabled: bool
    variant: str
    patterns: Patterns


Mark = tuple[int, datetime | None]


@dataclass(slots=True)
class _Directory:
    """One tenant's endpoints, valid while their number and latest change stay the same."""

    mark: Mark
    all: dict[uuid.UUID, Subscriber]
    by_type: dict[str, list[Subscriber]] = field(default_factory=dict)

    def subscribers(self, event_type: str) -> list[Subscriber]:
        found = self.by_type.get(event_type)
        if found is None:
            found = [one for one in self.all.values() if one.patterns.match(event_type)]
            self.by_type[event_type] = found
        return found


class Subscribers:
    """Answers from memory; one small query per batch tells which tenants' endpoints have changed."""

    def __init__(self) -> None:
        self._directories: dict[int, _Directory] = {}

    def refresh(self, tenant_ids: Iterable[int]) -> None:
        wanted = set(tenant_ids)
        rows = Endpoint.objects.filter(tenant_id__in=wanted).values_list("tenant_id").order_by()
        marks: dict[int, Mark] = {
            tenant_id: (count, latest)
            for tenant_id, count, latest in rows.annotate(Count("id"), Max("updated_at"))
        }
        stale = [
            tenant_id
            for tenant_id in wanted
            if tenant_id not in self._directories
            or self._directories[tenant_id].mark != marks.get(tenant_id, (0, None))
        ]
        if stale:
            self._load(stale, marks)

    def _load(self, tenant_ids: list[int], marks: dict[int, Mark]) -> None:
        for tenant_id in tenant_ids:
            self._directories[tenant_id] = _Directory(marks.get(tenant_id, (0, None)), {})
        rows = Endpoint.objects.filter(tenant_id__in=tenant_ids).order_by()
        for tenant_id, id_, state, variant, events in rows.values_list(
            "tenant_id", "id", "state", "format", "events"
        ):
            subscriber = Subscriber(id_, state == EndpointState.ENABLED, variant, Patterns(events))
            self._directories[tenant_id].all[id_] = subscriber

    def subscribers(self, tenant_id: int, event_type: str) -> list[Subscriber]:
        return self._directories[tenant_id].subscribers(event_type)

    def one(self, tenant_id: int, endpoint_id: uuid.UUID) -> Subscriber | None:
        return self._directories[tenant_id].all.get(endpoint_id)
