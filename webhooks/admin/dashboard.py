"""Today's deliveries on the first page."""

from typing import Any

from django.db.models import F, OuterRef, Q, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.ids import uuid7_at
from tenants.access import MANAGERS, has_role
from tenants.admin.dashboard import Attention, Card, dashboard_card, needs_attention, start_of_today
from webhooks.models import Endpoint, EndpointTrouble, Inbound, InboundState, SourceTally
from webhooks.models.endpoint import EndpointState
from webhooks.proof.certificates import WARNED_BEFORE
from webhooks.reasons import explained
from webhooks.statistics import failed_since, today


@dashboard_card
def deliveries_today(request: HttpRequest) -> Card | None:
    if not has_role(request, MANAGERS):
        return None
    figures: dict[str, Any] = dict(today(start_of_today()))
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
    found += [
        Attention(
            _("The endpoint “%(name)s” has taken nothing since %(since)s: %(why)s")
            % {
                "name": trouble.endpoint.name,
                "since": date_format(timezone.localtime(trouble.since), "SHORT_DATETIME_FORMAT"),
                "why": explained(trouble.reason).what,
            },
            reverse("admin:webhooks_endpoint_change", args=[trouble.endpoint_id]),
            "warn",
        )
        for trouble in EndpointTrouble.objects.select_related("endpoint").order_by("since")[:5]
    ]
    found += [
        Attention(
            _("The client certificate of the endpoint “%(name)s” is valid until %(until)s")
            % {
                "name": endpoint.name,
                "until": date_format(
                    timezone.localtime(endpoint.certificate_expires_at), "SHORT_DATE_FORMAT"
                ),
            },
            reverse("admin:webhooks_endpoint_change", args=[endpoint.pk]),
            "warn",
        )
        for endpoint in Endpoint.objects.filter(
            certificate_expires_at__lt=timezone.now() + WARNED_BEFORE, state=EndpointState.ENABLED
        ).order_by("certificate_expires_at")[:5]
    ]
    failed = failed_since(start_of_today())
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


@needs_attention
def unreceived(request: HttpRequest) -> list[Attention]:
    """Senders that are refused, and requests that nobody could read."""
    if not has_role(request, MANAGERS):
        return []
    today = start_of_today()
    newest = Inbound.objects.filter(source=OuterRef("source")).order_by("-id").values("created_at")[:1]
    refused = SourceTally.objects.filter(rejected_at__gte=today, source__is_enabled=True)
    # A genuine request after the last refusal: whatever was wrong was put right.
    refused = refused.annotate(newest=Subquery(newest)).filter(
        Q(newest=None) | Q(newest__lt=F("rejected_at"))
    )
    found = [
        Attention(
            _("Requests to “%(name)s” are refused: %(why)s")
            % {"name": tally.source.name, "why": explained(tally.rejected_reason).what},
            reverse("admin:webhooks_source_change", args=[tally.source_id]),
            "warn",
        )
        for tally in refused.select_related("source").order_by("-rejected_at")[:5]
    ]
    failed = Inbound.objects.filter(id__gte=uuid7_at(today), state=InboundState.FAILED).count()
    if failed:
        text = ngettext(
            "%(count)d inbound request could not be read today",
            "%(count)d inbound requests could not be read today",
            failed,
        )
        page = reverse("admin:webhooks_inbound_changelist") + "?state__exact=failed"
        found.append(Attention(text % {"count": failed}, page))
    return found
