"""The state of the connected systems on the first page."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from integrations.models import Health, Integration
from tenants.admin.dashboard import Attention, Card, dashboard_card, needs_attention

SHOWN = 12
BROKEN = (Health.FAILING, Health.MISCONFIGURED)


@dashboard_card
def systems(request: HttpRequest) -> Card:
    rows = list(Integration.objects.order_by("name")[:SHOWN])
    return Card(
        "admin/cards/systems.html",
        {"systems": rows, "url": reverse("admin:integrations_integration_changelist")},
        place=40,
    )


@needs_attention
def broken(request: HttpRequest) -> list[Attention]:
    rows = Integration.objects.filter(is_enabled=True, health__in=BROKEN)[:SHOWN]
    return [
        Attention(
            _("%(name)s: %(reason)s")
            % {"name": row.name, "reason": row.health_reason or row.get_health_display()},
            reverse("admin:integrations_integration_change", args=[row.pk]),
        )
        for row in rows
    ]
