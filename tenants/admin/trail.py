"""The audit trail, for looking only. Every way to search it is served by an index."""

import ipaddress
import uuid
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_celery_beat import models as beat
from unfold.contrib.filters.admin import TextFilter

from config.ids import uuid7_at
from tenants.access import ADMINISTRATORS
from tenants.admin.base import LogAdmin
from tenants.admin.moments import MomentRange
from tenants.models import AuditChain, AuditEntry
from tenants.scoping import current_tenant_id
from tenants.trail.entries import INSTALLATION

PARTS_OF_WORDS = timedelta(days=31)

for _model in (
    beat.PeriodicTask,
    beat.IntervalSchedule,
    beat.CrontabSchedule,
    beat.SolarSchedule,
    beat.ClockedSchedule,
):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)  # the installation's own schedules are not a tenant's to change


class _Exact(TextFilter):
    """A field that equals what was typed; the field is named by the parameter."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        value = (self.value() or "").strip()
        return queryset.filter(**{self.parameter_name: value}) if value else queryset


class ActorFilter(_Exact):
    title, parameter_name = _("who"), "actor"


class ActionFilter(_Exact):
    title, parameter_name = _("action"), "action"


class ObjectFilter(_Exact):
    title, parameter_name = _("object id"), "object_id"


class AddressFilter(_Exact):
    title, parameter_name = _("from"), "address"

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        value = (self.value() or "").strip()
        if value and not _is_address(value):
            return queryset.none()
        return super().queryset(request, queryset)


class WhenFilter(MomentRange):
    """A time is an id here: ids are ordered by age, and the list's own index serves them."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        since, until = self.limits()
        if since is not None:
            queryset = queryset.filter(id__gte=uuid7_at(since))
        if until is not None:
            queryset = queryset.filter(id__lt=uuid7_at(until))
        return queryset


@admin.register(AuditEntry)
class AuditPage(LogAdmin):
    menu_icon = "policy"
    menu_place = 540
    empty_hint = _("Every change that a person or a program makes leaves an entry here.")
    list_display = ("created_at", "actor", "actor_kind", "action", "object_name", "address")
    list_filter = (
        ("created_at", WhenFilter),
        ActorFilter,
        ActionFilter,
        AddressFilter,
        ObjectFilter,
        "actor_kind",
    )
    list_filter_submit = True
    list_before_template = "admin/tenants/seal.html"
    search_fields = ("action", "actor", "object_name")
    search_help_text = _(
        "Whole words: person, action, object, its id, address or correlation. Parts: the last 31 days."
    )
    view_roles = ADMINISTRATORS
    exclude = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        whole = queryset.filter(_whole(term))
        if whole.exists():
            return whole, False
        # No index finds a part of a word, so only as much is read as a moment allows.
        recent = queryset.filter(id__gte=uuid7_at(timezone.now() - PARTS_OF_WORDS))
        return recent.filter(
            Q(actor__icontains=term) | Q(action__icontains=term) | Q(object_name__icontains=term)
        ), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        chain = AuditChain.objects.filter(pk=current_tenant_id() or INSTALLATION).first()
        return super().changelist_view(request, {"chain": chain, **(extra_context or {})})


def _whole(term: str) -> Q:
    found = Q(actor=term) | Q(action=term) | Q(object_id=term) | Q(object_name=term)
    if _is_address(term):
        found |= Q(address=term)
    try:
        found |= Q(correlation_id=uuid.UUID(term))
    except ValueError:
        return found
    return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
