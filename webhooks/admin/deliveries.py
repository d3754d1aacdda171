"""Deliveries: what was sent, what came back, try by try; and sending it again."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from tenants.access import MANAGERS
from tenants.admin.badges import Tone
from tenants.admin.base import LogAdmin
from tenants.errors import ConfigError
from webhooks.actions import mass
from webhooks.actions.replay_deliveries import replay_delivery, replayable
from webhooks.admin.confirming import ask, ask_about_chosen
from webhooks.admin.type_search import FindsTypes
from webhooks.models import Attempt, Delivery, DeliveryState, MassKind, Trigger
from webhooks.readable import readable
from webhooks.selectors import sent_body


@admin.register(Delivery)
class DeliveryPage(FindsTypes, LogAdmin):
    menu_place = 210
    menu_icon = "outbox"
    view_roles = MANAGERS
    own_roles = {"replay": MANAGERS}
    buttons = {"replay": "replay"}
    tones: ClassVar[Mapping[str, Tone]] = {
        DeliveryState.DONE: "good",
        DeliveryState.FAILED: "bad",
        DeliveryState.PARKED: "warn",
    }
    list_display = ("created_at", "event_type", "endpoint", "state_label", "attempts", "why", "next_due")
    list_display_links = ("created_at", "event_type")
    list_filter = ("state", "trigger", "endpoint")
    list_select_related = ("endpoint",)
    search_fields = ("event_type",)
    search_help_text = _("Event type")
    actions = ("replay_chosen", "cancel_chosen")
    change_form_outer_before_template = "admin/webhooks/delivery.html"
    fieldsets = (
        (
            _("Delivery"),
            {
                "fields": (
                    "id",
                    "event_type",
                    "endpoint",
                    "trigger",
                    "created_at",
                    "finished_at",
                    "story",
                )
            },
        ),
    )

    class Media:
        css = {"all": ("webhooks/webhooks.css",)}

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:pk>/replay/", wrap(self.replay_view), name="webhooks_delivery_replay"),
            *super().get_urls(),
        ]

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "replay")

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        delivery = kwargs.get("obj")
        if delivery is not None:
            body = sent_body(delivery)
            context |= {
                "tries_made": list(Attempt.objects.filter(delivery=delivery).order_by("-n")),
                "body": None if body is None else readable(body),
                "body_size": len(body or b""),
                "can_replay": self.has_replay_permission(request) and delivery.state != DeliveryState.PENDING,
                "replay_url": reverse("admin:webhooks_delivery_replay", args=[delivery.pk]),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def replay_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        delivery = Delivery.objects.select_related("endpoint").filter(pk=pk).first()
        if delivery is None or not self.has_replay_permission(request):
            raise Http404
        page = reverse("admin:webhooks_delivery_change", args=[pk])
        if request.method == "POST":
            try:
                replay_delivery(delivery)
                messages.success(request, translated("It is sent again."))
            except ConfigError as error:
                messages.error(request, str(error))
            back = request.POST.get("next", "")
            is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()})
            return HttpResponseRedirect(back if is_ours else page)
        return ask(
            self,
            request,
            title=_("Send again"),
            text=_("The same bytes go to “%(name)s” once more, under the same webhook-id.")
            % {"name": delivery.endpoint.name},
            button=_("Send again"),
            back=page,
        )

    @admin.action(description=_("Send again"), permissions=["replay"])
    def replay_chosen(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> HttpResponse | None:
        chosen = _all_of(chosen)
        if "confirmed" in request.POST:
            return _begun(request, MassKind.REPLAY, chosen, translated("Deliveries queued: %(count)d."))
        text = _(
            "Of the chosen deliveries, %(count)d can be sent again. The rest is under way, or its endpoint is disabled."
        )
        count = replayable(chosen).count()
        return ask_about_chosen(
            self, request, title=_("Send again"), text=text % {"count": count}, action="replay_chosen"
        )

    @admin.action(description=_("Cancel"), permissions=["replay"])
    def cancel_chosen(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> HttpResponse | None:
        chosen = _all_of(chosen)
        if "confirmed" in request.POST:
            return _begun(request, MassKind.CANCEL, chosen, translated("Deliveries cancelled: %(count)d."))
        waiting = chosen.filter(state=DeliveryState.PENDING).count()
        text = _("Of the chosen deliveries, %(count)d are waiting and can be cancelled.") % {"count": waiting}
        return ask_about_chosen(self, request, title=_("Cancel"), text=text, action="cancel_chosen")

    @admin.display(description=_("reason"))
    def why(self, delivery: Delivery) -> str:
        if delivery.explanation is not None:
            return delivery.explanation.what
        return translated("test") if delivery.trigger == Trigger.TEST else "—"


def _all_of(chosen: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """The list's own order and joins are of no use to an action on many rows."""
    return Delivery.objects.filter(pk__in=chosen.order_by().values("pk"))


def _begun(
    request: HttpRequest, kind: MassKind, chosen: QuerySet[Delivery], done: str
) -> HttpResponse | None:
    """A few are seen to at once; of many one sees how far it is."""
    try:
        begun = mass.begin_chosen(kind, chosen)
    except ConfigError as error:
        messages.error(request, str(error))
        return None
    if begun.action is not None:
        return HttpResponseRedirect(reverse("admin:webhooks_massaction_change", args=[begun.action.pk]))
    messages.success(request, done % {"count": begun.count})
    return None
