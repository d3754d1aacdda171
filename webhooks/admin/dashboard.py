"""Today's deliveries on the first page."""

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.ids import uuid7_at
from tenants.access import MANAGERS, has_role
from tenants.admin.dashboard import Attention, Card, dashboard_card, needs_attention, start_of_today
from webhooks.models import Delivery, Endpoint
from webhooks.models.delivery import DeliveryState
from webhooks.models.endpoint import EndpointState


@dashboard_card
def deliveries_today(request: HttpRequest) -> Card | None:
    if not has_role(request, MANAGERS):
        return None
    today = Delivery.objects.filter(id__gte=uuid7_at(start_of_today()))
    figures = today.aggregate(
        total=Count("id"),
        done=Count("id", filter=Q(state=DeliveryState.DONE)),
        pending=Count("id", filter=Q(state=DeliveryState.PENDING)),
        failed=Count("id", filter=Q(state__in=[DeliveryState.FAILED, DeliveryState.PARKED])),
    )
    figures["url"] = reverse("admin:webhooks_delivery_changelist")
    return Card("admin/cards/deliveries.html", figures, place=30)


@needs_attention
def undelivered(request: HttpRequest) -> list[Attention]:
    if not has_role(request, MANAGERS):
        return []
    found = [
        Attention(
            _("The endpoint “%(name)s” is switched off") % {"name": endpoint.name},
            reverse("admin:webhooks_endpoint_change", args=[endpoint.pk]),
            "warn",
        )
        for endpoint in Endpoint.objects.filter(state=EndpointState.DISABLED)[:5]
    ]
    failed = Delivery.objects.filter(id__gte=uuid7_at(start_of_today()), state=DeliveryState.FAILED).count()
    if failed:
        text = ngettext(
            "%(count)d webhook was given up today", "%(count)d webhooks were given up today", failed
        )
        found.append(
            Attention(
                text % {"count": failed},
                reverse("admin:webhooks_delivery_changelist") + "?state__exact=failed",
            )
        )
    return found
