"""Schedules: which exports come by themselves, when, to whom; what became of each; pause, resume, run now."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from exports.actions.run_schedule import run_schedule_now
from exports.actions.switch_schedule import pause_schedule, resume_schedule
from exports.admin.schedule_form import ScheduleForm
from exports.audience import hidden_from
from exports.models import ExportSchedule, Rhythm, Weekday
from exports.refusals import InvalidRequest
from exports.registry import UnknownDataset, get_dataset
from exports.selectors import schedule_runs, schedules_shown
from tenants.access import ADMINISTRATORS, MANAGERS, member_of
from tenants.admin.badges import badge
from tenants.admin.base import TenantAdmin
from tenants.errors import ConfigError

SHOWN_RUNS = 10


@admin.register(ExportSchedule)
class ExportSchedulePage(TenantAdmin):
    menu_place = 420
    menu_icon = "event_repeat"
    form = ScheduleForm
    view_roles = write_roles = MANAGERS
    own_roles = {"run": MANAGERS}
    buttons = {"run": "run", "pause": "run", "resume": "run"}
    list_display = ("name", "data", "when", "state_label", "next_due_at", "last_file")
    list_filter = ("is_enabled", "rhythm")
    search_fields = ("name",)
    ordering = ("name",)
    empty_hint = _(
        "Choose a template and a time: the file is made by itself, and whoever you name gets a link."
    )
    change_form_outer_before_template = "admin/exports/schedule_head.html"
    conditional_fields = {
        "at": "rhythm != 'cron'",
        "weekday": "rhythm == 'weekly'",
        "month_day": "rhythm == 'monthly'",
        "cron": "rhythm == 'cron'",
    }
    fieldsets = (
        (None, {"fields": ("name", "template", "rows", "owner")}),
        (_("When"), {"fields": ("rhythm", "at", "weekday", "month_day", "cron", "is_enabled")}),
        (_("Recipients"), {"fields": ("recipients", "destination")}),
    )

    class Media:
        css = {"all": ("exports/exports.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExportSchedule]:
        """Without those of data that this person may not ask for."""
        super().get_queryset(request)
        return schedules_shown(hidden_from(member_of(request), None)).order_by("name")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"member": member_of(request)})

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Managers own what they set up; templates of data that is hidden are not offered."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        member = member_of(request)
        if db_field.name == "owner":
            found = field.queryset.filter(is_active=True, role__in=MANAGERS).select_related("user")
            is_own = member is not None and member.role not in ADMINISTRATORS
            field.queryset = found.filter(pk=member.pk) if is_own and member else found
        if db_field.name == "destination":
            field.queryset = field.queryset.defer("credentials")
        if db_field.name == "template":
            field.queryset = field.queryset.exclude(dataset__in=hidden_from(member, None))
        return field

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        views = {"run": self.run_view, "pause": self.pause_view, "resume": self.resume_view}
        own = [
            path(f"<uuid:pk>/{name}/", wrap(require_POST(view)), name=f"exports_exportschedule_{name}")
            for name, view in views.items()
        ]
        return own + super().get_urls()

    def has_run_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """To run now, to pause and to resume."""
        return self.may(request, "run")

    def run_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        schedule = self._found(request, pk)
        try:
            run = run_schedule_now(schedule)
        except (ConfigError, InvalidRequest) as error:
            messages.error(request, str(error))
            return _to_page(pk)
        return HttpResponseRedirect(reverse("admin:exports_export_change", args=[run.export_id]))

    def pause_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        return self._switched(request, pk, pause_schedule, gettext("The schedule is paused."))

    def resume_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        return self._switched(request, pk, resume_schedule, gettext("The schedule goes on."))

    def _switched(
        self, request: HttpRequest, pk: uuid.UUID, switch: Callable[[ExportSchedule], bool], text: str
    ) -> HttpResponse:
        try:
            if switch(self._found(request, pk)):
                messages.success(request, text)
        except ConfigError as error:
            messages.error(request, str(error))
        return _to_page(pk)

    def _found(self, request: HttpRequest, pk: uuid.UUID) -> ExportSchedule:
        schedule = self.get_queryset(request).filter(pk=pk).first()
        if schedule is None or not self.has_run_permission(request):
            raise Http404
        return schedule

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context["runs"] = list(schedule_runs(obj).prefetch_related("export__shipments")[:SHOWN_RUNS])
            context["can_run"] = self.has_run_permission(request)
            context["data_title"] = self.data(obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description=_("data"))
    def data(self, schedule: ExportSchedule) -> str:
        try:
            return str(get_dataset(schedule.dataset).title)
        except UnknownDataset:
            return schedule.dataset

    @display(description=_("when"))
    def when(self, schedule: ExportSchedule) -> str:
        at = f"{schedule.at:%H:%M}"
        if schedule.rhythm == Rhythm.CRON:
            return schedule.cron
        if schedule.rhythm == Rhythm.WEEKLY:
            return f"{Weekday(schedule.weekday).label}, {at}"
        if schedule.rhythm == Rhythm.MONTHLY:
            return gettext("day %(day)d of the month, %(time)s") % {"day": schedule.month_day, "time": at}
        return gettext("every day, %(time)s") % {"time": at}

    @display(description=_("state"))
    def state_label(self, schedule: ExportSchedule) -> SafeString:
        if not schedule.is_enabled:
            return badge(_("pause"), "bad" if schedule.pause_reason else "quiet")
        return badge(_("failing"), "bad") if schedule.failures else badge(_("enabled"), "good")

    @display(description=_("last export"))
    def last_file(self, schedule: ExportSchedule) -> str:
        export = schedule.last_export
        if export is None:
            return "—"
        address = reverse("admin:exports_export_change", args=[export.pk])
        return format_html('<a href="{}">{}</a>', address, export.get_state_display())


def _to_page(pk: uuid.UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:exports_exportschedule_change", args=[pk]))
