"""Ranges of requests that are processed again: how far each is, and a button that ends it."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextInputWidget

from tenants.access import MANAGERS
from tenants.admin.base import LogAdmin
from webhooks.actions.replay_range import cancel_replay
from webhooks.models import InboundReplay, InboundState, ReplayState, Source
from webhooks.selectors import InboundFilter

MOST_POLLED = 100
TONES = {ReplayState.DONE: "good", ReplayState.CANCELLED: "muted"}


class RangeForm(forms.Form):
    """Which requests are processed again."""

    source = forms.ChoiceField(label=_("Source"), required=False, widget=UnfoldAdminSelectWidget)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("any state")),
            *(one for one in InboundState.choices if one[0] != InboundState.RECEIVED),
        ],
        initial=InboundState.FAILED,
        widget=UnfoldAdminSelectWidget,
    )
    event = forms.CharField(
        label=_("Event"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget
    )
    since = forms.SplitDateTimeField(
        label=_("Received since"), required=False, widget=UnfoldAdminSplitDateTimeWidget
    )
    until = forms.SplitDateTimeField(
        label=_("Received before"), required=False, widget=UnfoldAdminSplitDateTimeWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Source.objects.order_by("name").values_list("id", "name")
        own = [(str(pk), name) for pk, name in names]
        self.fields["source"].choices = [("", _("all sources")), *own]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since >= until:
            self.add_error("until", _("The end must lie after the beginning."))
        return cleaned

    @property
    def wanted(self) -> InboundFilter:
        """Of a form that is valid."""
        found = self.cleaned_data
        return InboundFilter(
            uuid.UUID(found["source"]) if found["source"] else None,
            found["state"] or None,
            found["event"] or None,
            found["since"],
            found["until"],
        )


def describe(run: InboundReplay) -> dict[str, Any]:
    """What a page shows and what its script asks for again. The keys are those of the bars of exports."""
    return {
        "id": str(run.pk),
        "state": run.state,
        "label": str(run.get_state_display()),
        "tone": TONES.get(ReplayState(run.state), "busy"),
        "is_finished": run.state != ReplayState.RUNNING,
        "percent": run.percent,
        "rows": translated("%(done)s of %(total)s")
        % {"done": intcomma(run.done), "total": intcomma(run.total)},
        "reason": "",
        "size": "",
        "download": "",
    }


@admin.register(InboundReplay)
class InboundReplayPage(LogAdmin):
    menu_icon = "replay"
    menu_place = None  # opened from the list of requests
    empty_hint = _(
        "A range of requests is chosen on the list of inbound requests, by “Process a range again”."
    )
    view_roles = MANAGERS
    heavy = ("chosen",)
    own_roles = {"steer": MANAGERS}
    buttons = {"status": "view", "cancel": "steer"}
    list_display = ("created_at", "source", "progress", "figures", "finished_at")
    list_display_links = ("created_at",)
    list_filter = ("state",)
    list_select_related = ("source",)
    change_form_outer_before_template = "admin/webhooks/replay.html"
    fieldsets = (
        (
            None,
            {"fields": ("source", "wanted_state", "event", "since", "until", "created_at", "finished_at")},
        ),
    )

    class Media:
        css = {"all": ("exports/exports.css",)}
        js = ("exports/progress.js",)

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "steer")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("status/", wrap(self.status_view), name="webhooks_inboundreplay_status"),
            path(
                "<uuid:pk>/cancel/",
                wrap(require_POST(self.cancel_view)),
                name="webhooks_inboundreplay_cancel",
            ),
        ]
        return own + super().get_urls()

    def status_view(self, request: HttpRequest) -> JsonResponse:
        """What the bars of a page need, for the ids that it shows."""
        if not self.has_view_permission(request):
            raise Http404
        try:
            ids = [uuid.UUID(text) for text in request.GET.get("ids", "").split(",")[:MOST_POLLED]]
        except ValueError:
            return JsonResponse({"problem": "ids must be a list of ids"}, status=400)
        found = self.get_queryset(request).defer("chosen").filter(pk__in=ids)
        return JsonResponse({"exports": [describe(run) for run in found]})

    def cancel_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        run = self.get_queryset(request).filter(pk=pk).first()
        if run is None or not self.has_steer_permission(request):
            raise Http404
        if cancel_replay(run):
            messages.success(request, translated("It is cancelled. What was queued is processed."))
        else:
            messages.warning(request, translated("It had ended already."))
        return HttpResponseRedirect(reverse("admin:webhooks_inboundreplay_change", args=[pk]))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context |= {"live": describe(obj), "can_steer": self.has_steer_permission(request)}
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @admin.display(description=_("progress"))
    def progress(self, run: InboundReplay) -> SafeString:
        return render_to_string("admin/exports/bar.html", {"live": describe(run)})

    @admin.display(description=_("requests"))
    def figures(self, run: InboundReplay) -> str:
        return str(describe(run)["rows"])
