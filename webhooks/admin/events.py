"""The event log, for looking."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from tenants.access import MANAGERS
from tenants.admin.base import LogAdmin
from tenants.events import UnknownEventType, event_type
from tenants.models import Event
from webhooks.admin.type_search import FindsTypes
from webhooks.models import Delivery, OwnEventType


@admin.register(Event)
class EventPage(FindsTypes, LogAdmin):
    menu_app = "webhooks"  # the log of all rooms' events is read beside what becomes of them
    menu_place = 240
    menu_icon = "bolt"
    view_roles = MANAGERS
    list_display = ("occurred_at", "type", "title")
    list_display_links = ("occurred_at", "type")
    search_fields = ("type",)
    search_help_text = _("Event type")
    change_form_outer_before_template = "admin/webhooks/event.html"
    fieldsets = ((None, {"fields": ("id", "type", "title", "occurred_at", "key", "story")}),)
    readonly_fields = ("title",)

    class Media:
        css = {"all": ("webhooks/webhooks.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        own = OwnEventType.objects.filter(tenant=OuterRef("tenant"), name=OuterRef("type")).order_by()
        found: QuerySet[Event] = super().get_queryset(request)
        return found.annotate(own_title=Subquery(own.values("title")[:1]))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        event = kwargs.get("obj")
        if event is not None:
            context |= {
                "data": json.dumps(event.data, ensure_ascii=False, indent=2),
                "sent": list(
                    Delivery.objects.filter(event=event).select_related("endpoint").order_by("id")[:100]
                ),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("title"))
    def title(self, event: Event) -> str:
        try:
            return str(event_type(event.type).title)
        except UnknownEventType:
            return getattr(event, "own_title", None) or "—"
