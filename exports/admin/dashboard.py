"""The latest exports on the first page."""

from django.http import HttpRequest
from django.urls import reverse

from exports.models import Export
from tenants.access import MANAGERS, has_role
from tenants.admin.dashboard import Card, dashboard_card

SHOWN = 5


@dashboard_card
def latest(request: HttpRequest) -> Card | None:
    if not has_role(request, MANAGERS):
        return None
    rows = list(Export.objects.order_by("-id")[:SHOWN])
    return Card(
        "admin/cards/exports.html",
        {"exports": rows, "url": reverse("admin:exports_export_changelist")},
        place=50,
    )
