"""Searches and mergings of many, with bars that move, and a button that ends them."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from integrations.actions.seek_duplicates import cancel_job
from integrations.models import DuplicateJob, JobState
from tenants.access import MANAGERS
from tenants.admin.base import LogAdmin

MAX_POLLED = 100
TONES = {JobState.COMPLETED: "good", JobState.FAILED: "bad", JobState.CANCELLED: "muted"}


def describe(job: DuplicateJob) -> dict[str, Any]:
    """What a page shows and what its script asks for again. The keys are those of the bars of exports."""
    return {
        "id": str(job.pk),
        "state": job.state,
        "label": str(job.get_state_display()),
        "tone": TONES.get(JobState(job.state), "busy"),
        "is_finished": job.is_finished,
        "percent": job.percent or 0,
        "rows": figures(job),
        "reason": job.reason,
        "size": "",
        "download": "",
    }


def figures(job: DuplicateJob) -> str:
    """What was done, in words; what did not happen is not named."""
    parts = [
        (gettext("looked at: %(count)s"), job.done),
        (gettext("groups found: %(count)s"), job.found),
        (gettext("merged: %(count)s"), job.merged),
        (gettext("left out: %(count)s"), job.skipped),
    ]
    return " · ".join(text % {"count": intcomma(number)} for text, number in parts if number) or "—"


@admin.register(DuplicateJob)
class DuplicateJobAdmin(LogAdmin):
    menu_place = None
    view_roles = MANAGERS
    own_roles = {"steer": MANAGERS}
    buttons = {"status": "view", "cancel": "steer"}
    empty_hint = _("Searches for duplicates appear here, and mergings of many.")
    list_display = ("created_at", "task", "progress", "figures_shown", "finished_at")
    list_display_links = ("created_at",)
    list_filter = ("task",)
    change_form_outer_before_template = "admin/duplicates/job.html"
    fieldsets = (
        (None, {"fields": ("task", "state", "reason")}),
        (_("Who and when"), {"fields": ("asked_by", "created_at", "started_at", "finished_at")}),
    )

    class Media:
        css = {"all": ("exports/exports.css",)}
        js = ("exports/progress.js",)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        names = "integrations_duplicatejob"
        return [
            path("status/", wrap(self.status_view), name=f"{names}_status"),
            path("<uuid:pk>/cancel/", wrap(require_POST(self.cancel_view)), name=f"{names}_cancel"),
            *super().get_urls(),
        ]

    def has_steer_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """To cancel."""
        return self.may(request, "steer")

    def status_view(self, request: HttpRequest) -> JsonResponse:
        """What the bars of a page need, for the ids that it shows."""
        if not self.has_view_permission(request):
            raise Http404
        try:
            ids = [uuid.UUID(text) for text in request.GET.get("ids", "").split(",")[:MAX_POLLED]]
        except ValueError:
            return JsonResponse({"problem": "ids must be a list of ids"}, status=400)
        found = self.get_queryset(request).filter(pk__in=ids)
        return JsonResponse({"exports": [describe(job) for job in found]})

    def cancel_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        job = self.get_queryset(request).filter(pk=pk).first()
        if job is None or not self.has_steer_permission(request):
            raise Http404
        if cancel_job(job):
            messages.success(request, gettext("Cancelled. What was done stays."))
        else:
            messages.warning(request, gettext("It has ended already."))
        return HttpResponseRedirect(reverse("admin:integrations_duplicatejob_change", args=[pk]))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context["live"] = describe(obj)
            context["can_steer"] = self.has_steer_permission(request)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description=_("progress"))
    def progress(self, job: DuplicateJob) -> SafeString:
        return render_to_string("admin/exports/bar.html", {"live": describe(job)})

    @display(description=_("what was done"))
    def figures_shown(self, job: DuplicateJob) -> str:
        return figures(job)
