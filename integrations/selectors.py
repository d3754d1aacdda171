"""Reads that pages and routes share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Count, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from integrations.models import (
    AgentStatus,
    DirectoryDifference,
    Exchange,
    ExtensionAssignment,
    Health,
    Integration,
    MappingProblem,
    OutsideUser,
    Presence,
)
from integrations.models.integration import EXPIRING, WELL
from tenants.models import Extension
from webhooks.models import Handling, Inbound, SourceTally

# The bodies are the bulk of an exchange, and no list shows them.
SEALED = ("credentials", "own_secrets")
HEAVY = ("request_headers", "request_body", "response_headers", "response_body")


@dataclass(frozen=True, slots=True)
class Manager:
    """An outside user with the number that is theirs here. `is_known` is false when they were never loaded."""

    outside_id: str
    name: str
    email: str
    is_active: bool
    extension: str
    extension_there: str = ""
    is_known: bool = True
    presence: AgentStatus | None = None


def managers(integration: Integration) -> list[Manager]:
    """Loaded users and whoever has a number, in the order of their names; three queries."""
    numbers = assignments_in_force(integration)
    told = {row.outside_user_id: row for row in AgentStatus.objects.filter(integration=integration)}
    rows = OutsideUser.objects.filter(integration=integration).filter(
        Q(is_active=True) | Q(outside_id__in=list(numbers))
    )
    found = [
        Manager(
            row.outside_id,
            row.name,
            row.email,
            row.is_active,
            numbers.pop(row.outside_id, ""),
            row.extension,
            presence=told.get(row.outside_id),
        )
        for row in rows.order_by("name", "outside_id")
    ]
    strangers = [
        Manager(user, "", "", False, number, is_known=False) for user, number in sorted(numbers.items())
    ]
    return found + strangers


def assignments_in_force(integration: Integration) -> dict[str, str]:
    """Outside user id -> extension."""
    rows = ExtensionAssignment.objects.filter(integration=integration, valid_to__isnull=True)
    return dict(rows.values_list("outside_user_id", "extension"))


@dataclass(frozen=True, slots=True)
class AgentPresence:
    """How the owner of an extension is said to be; `word` is that system's own word."""

    extension: str
    integration_id: UUID
    outside_user_id: str
    presence: str
    word: str
    since: datetime
    told_at: datetime

    @property
    def is_available(self) -> bool:
        return self.presence == Presence.AVAILABLE


def presence_of(tenant_id: int) -> dict[str, AgentPresence]:
    """By extension: what enabled systems said last of whoever has it; one query.

    Where two systems know somebody, the one that was told of last counts. An extension that is not in it is unknown,
    which is no reason to pass it over.
    """
    statuses = AgentStatus.objects.filter(tenant_id=tenant_id, integration__is_enabled=True)
    number = ExtensionAssignment.objects.filter(
        integration=OuterRef("integration"),
        outside_user_id=OuterRef("outside_user_id"),
        valid_to__isnull=True,
    ).values("extension")[:1]
    rows = statuses.annotate(extension=Subquery(number)).exclude(extension=None).order_by("changed_at", "id")
    return {
        row.extension: AgentPresence(
            row.extension,
            row.integration_id,
            row.outside_user_id,
            row.presence,
            row.word,
            row.changed_at,
            row.told_at,
        )
        for row in rows
    }


def extensions_of(tenant_id: int) -> list[Extension]:
    """The numbers that can be assigned."""
    return list(Extension.objects.filter(tenant_id=tenant_id).order_by("number"))


@dataclass(frozen=True, slots=True)
class Phone:
    """An internal number and whose it is in one outside system."""

    number: str
    name: str
    user_id: str = ""
    user_name: str = ""

    @property
    def is_free(self) -> bool:
        return not self.user_id


def numbers_with_owners(tenant_id: int, integration: Integration | None) -> list[Phone]:
    """All numbers of the company, in their order; three queries."""
    owners: dict[str, str] = {}
    names: dict[str, str] = {}
    if integration is not None:
        owners = {number: user for user, number in assignments_in_force(integration).items()}
        known = OutsideUser.objects.filter(integration=integration, outside_id__in=list(owners.values()))
        names = dict(known.values_list("outside_id", "name"))
    return [
        Phone(one.number, one.name, owners.get(one.number, ""), names.get(owners.get(one.number, ""), ""))
        for one in extensions_of(tenant_id)
    ]


@dataclass(frozen=True, slots=True)
class NamedDifference:
    """A difference of extensions with the name of the one whom it is about."""

    name: str
    row: DirectoryDifference


def named_differences(integration: Integration) -> list[NamedDifference]:
    """Those that are open, in the order of their users; two queries at most."""
    rows = list(
        DirectoryDifference.objects.filter(integration=integration, settled_at__isnull=True).order_by(
            "outside_user_id"
        )
    )
    users = [row.outside_user_id for row in rows]
    names: dict[str, str] = {}
    if users:
        known = OutsideUser.objects.filter(integration=integration, outside_id__in=users)
        names = dict(known.values_list("outside_id", "name"))
    return [NamedDifference(names.get(row.outside_user_id, ""), row) for row in rows]


def open_problems(integration: Integration) -> list[MappingProblem]:
    """What the outside system does not know, newest first."""
    return list(
        MappingProblem.objects.filter(integration=integration, resolved_at__isnull=True).order_by("-id")[:100]
    )


def recent_exchanges(integration: Integration, count: int = 10) -> Sequence[Exchange]:
    """The newest, without their bodies."""
    return list(Exchange.objects.filter(integration=integration).defer(*HEAVY).order_by("-id")[:count])


def exchanges_about(subject: UUID) -> Sequence[Exchange]:
    """All tries of one effect, such as a call notification, oldest first and without their bodies."""
    return list(Exchange.objects.filter(subject=subject).defer(*HEAVY).order_by("id")[:100])


def exchanges_of(correlation_id: UUID) -> QuerySet[Exchange]:
    """All of one timeline, oldest first."""
    return Exchange.objects.filter(correlation_id=correlation_id).order_by("id")


MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows there are, counted up to a limit: logs have millions."""

    number: int
    is_more: bool

    def __str__(self) -> str:
        return f"{self.number}+" if self.is_more else str(self.number)


def counted(rows: QuerySet[Any], most: int = MOST_COUNTED) -> Counted:
    """Reads no more than `most` rows of an index."""
    found = rows.order_by()[: most + 1].count()
    return Counted(min(found, most), found > most)


def connected_systems() -> dict[str, int]:
    """How many integrations of the company in scope each system has."""
    rows = Integration.objects.order_by()
    return dict(rows.values_list("connector").annotate(total=Count("id")))


@dataclass(frozen=True, slots=True)
class Inlet:
    """What has come in through the integration's source."""

    last: Inbound | None
    refused: SourceTally | None
    parked: Counted

    def has_arrived(self, since: datetime | None) -> bool:
        """Whether a request came after that moment; without one, ever."""
        return self.last is not None and (since is None or self.last.created_at >= since)


def inlet_of(row: Integration) -> Inlet | None:
    """None for an integration whose system sends no requests; three queries."""
    if row.source is None:
        return None
    requests = Inbound.objects.filter(source_id=row.source_id)
    last = requests.defer("body", "headers", "outcomes", "query").order_by("-id").first()
    refused = SourceTally.objects.filter(source_id=row.source_id, rejected__gt=0).first()
    return Inlet(last, refused, counted(requests.filter(handling=Handling.PARKED)))


@dataclass(frozen=True, slots=True)
class Overview:
    """How the integrations in scope are. `counts` is by standing; `unwell` holds those that need somebody."""

    counts: dict[str, int]
    unwell: list[Integration]

    @property
    def status(self) -> str:
        """The worst of those that are not paused."""
        if self.counts.get(Health.FAILING) or self.counts.get(Health.MISCONFIGURED):
            return "failing"
        return "degraded" if self.counts.get(Health.DEGRADED) or self.counts.get("expiring") else "ok"


def overview(most: int = 100) -> Overview:
    """Two queries, whatever the number of integrations."""
    ends_soon = Q(credentials_expire_at__lt=timezone.now() + EXPIRING)
    standing = Case(
        When(is_enabled=False, then=Value("paused")),
        When(ends_soon & Q(health__in=WELL), then=Value("expiring")),
        default="health",
        output_field=CharField(),
    )
    known = Integration.objects.annotate(state=standing).order_by()
    counts = dict(known.values_list("state").annotate(total=Count("id")))
    unwell = known.exclude(state__in=("paused", Health.OK, Health.UNKNOWN)).defer(*SEALED)
    return Overview(counts, list(unwell.select_related("breaker").order_by("health_since", "id")[:most]))
