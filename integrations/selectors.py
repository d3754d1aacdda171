"""Reads that pages and routes share."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from integrations.models import Exchange, ExtensionAssignment, Integration, MappingProblem, OutsideUser
from tenants.models import Extension

# The bodies are the bulk of an exchange, and no list shows them.
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


def managers(integration: Integration) -> list[Manager]:
    """Loaded users and whoever has a number, in the order of their names; two queries."""
    numbers = assignments_in_force(integration)
    rows = OutsideUser.objects.filter(integration=integration).filter(
        Q(is_active=True) | Q(outside_id__in=list(numbers))
    )
    found = [
        Manager(
            row.outside_id, row.name, row.email, row.is_active, numbers.pop(row.outside_id, ""), row.extension
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


def extensions_of(tenant_id: int) -> list[Extension]:
    """The numbers that can be assigned."""
    return list(Extension.objects.filter(tenant_id=tenant_id).order_by("number"))


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
