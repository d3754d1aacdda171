"""Who wants what: per tenant and event type, remembered until an endpoint changes."""

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Max

from webhooks.filters import Accepts, BadFilter, compile_filter
from webhooks.flow.keys import StreamOf, always_the_same, compile_key
from webhooks.formats import Company, Form, Format, form_of
from webhooks.matching import Patterns
from webhooks.models import Endpoint, Ordering


class Subscriber(NamedTuple):
    endpoint_id: uuid.UUID
    is_enabled: bool
    variant: str
    patterns: Patterns
    accepts: Accepts | None = None
    form: Form | None = None  # None for the plain envelope
    company: Company = Company()
    stream_of: StreamOf | None = None  # None for an endpoint without an order


logger = logging.getLogger(__name__)

_FIELDS = (
    *("id", "state", "events", "filter", "format", "template", "options", "ordering_mode", "ordering_key"),
    *("tenant__name", "tenant__language", "tenant__timezone"),
)
Mark = tuple[int, datetime | None]


@dataclass(slots=True)
class _Directory:
    """One tenant's endpoints, valid while their number and latest change stay the same."""

    mark: Mark
    all: dict[uuid.UUID, Subscriber]
    by_type: dict[str, list[Subscriber]] = field(default_factory=dict)
    has_order: bool = False

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
        for endpoint in rows.select_related("tenant").only(*_FIELDS):
            directory = self._directories[endpoint.tenant_id]
            directory.all[endpoint.id] = one = _subscriber(endpoint)
            directory.has_order = directory.has_order or one.stream_of is not None

    def subscribers(self, tenant_id: int, event_type: str) -> list[Subscriber]:
        return self._directories[tenant_id].subscribers(event_type)

    def has_order(self, tenant_id: int | None) -> bool:
        """Whether any endpoint of it keeps one."""
        directory = None if tenant_id is None else self._directories.get(tenant_id)
        return directory is not None and directory.has_order

    def one(self, tenant_id: int, endpoint_id: uuid.UUID) -> Subscriber | None:
        return self._directories[tenant_id].all.get(endpoint_id)


def _subscriber(endpoint: Endpoint) -> Subscriber:
    form, company = None, Company()
    if endpoint.format != Format.STANDARD:
        tenant = endpoint.tenant
        company = Company(tenant.name, tenant.language, tenant.zone)
        form = form_of(endpoint.format, endpoint.template, endpoint.options)
    return Subscriber(
        endpoint_id=endpoint.id,
        is_enabled=endpoint.is_enabled,
        variant=form.variant if form else endpoint.format,
        patterns=Patterns(endpoint.events),
        accepts=_accepts(endpoint),
        form=form,
        company=company,
        stream_of=_stream_of(endpoint),
    )


def _stream_of(endpoint: Endpoint) -> StreamOf | None:
    if endpoint.ordering_mode == Ordering.STRICT:
        return always_the_same
    return compile_key(endpoint.ordering_key) if endpoint.ordering_mode == Ordering.KEY else None


def _accepts(endpoint: Endpoint) -> Accepts | None:
    try:
        return compile_filter(endpoint.filter)
    except BadFilter:
        # It passed every check when it was saved. One endpoint's trouble must stop nobody's events, its own included.
        logger.exception("endpoint %s: its filter cannot be used", endpoint.id)
        return None
