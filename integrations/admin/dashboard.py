"""The state of the connected systems on the first page."""

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from config.ids import uuid7_at
from integrations.admin.integrations import health_badge
from integrations.models import Exchange, ExtensionAssignment, Health, Integration
from tenants.access import ADMINISTRATORS, MANAGERS, has_role
from tenants.admin.dashboard import (
    Attention,
    Card,
    Step,
    dashboard_card,
    needs_attention,
    setup_steps,
    start_of_today,
)

SHOWN = 12
BROKEN = (Health.FAILING, Health.MISCONFIGURED)


@dashboard_card
def systems(request: HttpRequest) -> Card | None:
    """Each with its health, and how many of today's requests it refused or left unanswered."""
    if not has_role(request, MANAGERS):
        return None
    rows = list(Integration.objects.defer("credentials", "own_secrets").order_by("name")[:SHOWN])
    errors = Exchange.objects.filter(id__gte=uuid7_at(start_of_today()), integration__in=rows).exclude(
        error=""
    )
    failed = dict(errors.order_by().values_list("integration").annotate(total=Count("id")))
    return Card(
        "admin/cards/systems.html",
        {
            "systems": [(row, health_badge(row), failed.get(row.pk, 0)) for row in rows],
            "url": reverse("admin:integrations_integration_changelist"),
            "add_url": reverse("admin:integrations_integration_add"),
            "errors_url": reverse("admin:integrations_exchange_changelist")
            if has_role(request, ADMINISTRATORS)
            else "",
        },
        place=40,
    )


@setup_steps
def connecting(request: HttpRequest) -> list[Step]:
    first = Integration.objects.order_by("id").only("id").first()
    page = (
        reverse("admin:integrations_integration_change", args=[first.pk])
        if first
        else reverse("admin:integrations_integration_add")
    )
    return [
        Step(
            _("Connect the CRM"),
            _("Choose the system, enter its address and key; the connection is tried at once."),
            page,
            first is not None,
            30,
        ),
        Step(
            _("Say who has which extension"),
            _("Load the CRM's users and give each manager a number: the pop-up goes to that person."),
            page,
            ExtensionAssignment.objects.filter(valid_to__isnull=True).exists(),
            40,
        ),
    ]


@needs_attention
def broken(request: HttpRequest) -> list[Attention]:
    if not has_role(request, MANAGERS):
        return []
    rows = Integration.objects.filter(is_enabled=True, health__in=BROKEN)[:SHOWN]
    return [
        Attention(
            _("%(name)s: %(reason)s")
            % {"name": row.name, "reason": row.health_reason or row.get_health_display()},
            reverse("admin:integrations_integration_change", args=[row.pk]),
        )
        for row in rows
    ]
