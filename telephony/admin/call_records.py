"""Call records: where an exchange keeps them, reading them now, handing them over as a file, and what was found."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget

from telephony.actions.catch_up import queue_catch_up
from telephony.actions.take_records import take_records
from telephony.models import CatchUpReport, CdrSource, RecordsState
from telephony.selectors.catch_ups import last_reports
from tenants.access import ADMINISTRATORS, MANAGERS
from tenants.admin.badges import Tone, badge
from tenants.admin.base import LogAdmin, TenantAdmin

TONES: dict[str, Tone] = {RecordsState.OK: "good", RecordsState.FAILED: "bad", RecordsState.NEW: "quiet"}


class CdrSourceForm(forms.ModelForm[CdrSource]):
    """The password is only ever entered; an empty field leaves the stored one."""

    def clean_secret(self) -> str:
        given: str = self.cleaned_data.get("secret") or ""
        return given or self.instance.secret


@admin.register(CdrSource)
class CdrSourcePage(TenantAdmin):
    menu_icon = "history"
    menu_place = 45
    menu_settings = True
    empty_hint = _(
        "Connect the call records of the exchange: what was missed while the connection was down is read from them."
    )
    form = CdrSourceForm
    view_roles = ADMINISTRATORS
    own_roles = {"read": ADMINISTRATORS}
    buttons = {"read": "read", "upload": "read"}
    list_display = ("pbx", "kind", "host", "state_shown", "last_success_at")
    list_display_links = ("pbx",)
    list_select_related = ("pbx",)
    actions = ("read_chosen",)
    change_form_outer_before_template = "admin/telephony/call_records.html"
    readonly_fields = ("state_shown", "last_run_at", "last_success_at")
    fieldsets = (
        (None, {"fields": ("pbx", "is_enabled", "kind", ("host", "port"), ("username", "secret"), "timezone")}),
        (_("Database"), {"fields": ("database", ("table", "cel_table"), ("security", "ca"))}),
        (_("File"), {"fields": ("path", "columns", "host_key")}),
    )  # fmt: skip

    class Media:
        css = {"all": ("telephony/calls.css",)}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "secret":
            kwargs["widget"] = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: CdrSource, form: Any, change: bool) -> None:
        """What was read elsewhere says nothing of the new place."""
        if change and {"kind", "host", "database", "table", "cel_table", "path"} & set(form.changed_data):
            obj.cursor = {}
        super().save_model(request, obj, form, change)

    @display(description=_("state"))
    def state_shown(self, source: CdrSource) -> SafeString:
        return badge(source.get_state_display(), TONES[source.state])

    def has_read_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.may(request, "read")

    @admin.action(description=_("Read now"), permissions=["read"])
    def read_chosen(self, request: HttpRequest, queryset: QuerySet[CdrSource]) -> None:
        count = queue_catch_up(queryset)
        text = ngettext("%(count)s source is being read.", "%(count)s sources are being read.", count)
        messages.success(request, text % {"count": count})

    def get_urls(self) -> list[URLPattern]:
        views = {"read": self.read_view, "upload": self.upload_view}
        own = [
            path(
                f"<uuid:key>/{name}/",
                require_POST(admin.site.admin_view(view)),
                name=f"telephony_cdrsource_{name}",
            )
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def read_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        source = self._own(request, key)
        try:
            since = _Since(request.POST).moment()
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            queue_catch_up([source], since=since)
            messages.success(
                request, _("The call records are being read. What was found appears here in a moment.")
            )
        return self._back(key)

    def upload_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        source = self._own(request, key)
        file = request.FILES.get("file")
        if file is None:
            messages.error(request, _("Choose a file first."))
        elif (file.size or 0) > settings.CALL_RECORDS_MAX_SIZE:
            messages.error(
                request, _("The file is too large. Split it, or connect the folder that it lies in.")
            )
        else:
            try:
                found = in_words(take_records(source.pbx, file.read(), columns=source.columns))
                messages.success(request, found)
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
        return self._back(key)

    def _own(self, request: HttpRequest, key: UUID) -> CdrSource:
        source: CdrSource | None = self.get_object(request, str(key))
        if source is None:
            raise Http404
        if not self.has_read_permission(request):
            raise PermissionDenied
        return source

    def _back(self, key: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:telephony_cdrsource_change", args=[key]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        source = self.get_object(request, object_id)
        context = {
            "can_read": self.has_read_permission(request),
            "reports": last_reports(source.pbx_id) if source else [],
            "source_state": self.state_shown(source) if source else "",
        }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})


class _Since(forms.Form):
    since = forms.DateTimeField(required=False)

    def moment(self) -> Any:
        """The time that was entered, in the company's zone; None when none was."""
        if not self.is_valid():
            raise ValidationError(_("Enter a day and a time."))
        return self.cleaned_data["since"]


def in_words(report: CatchUpReport) -> str:
    """One line for people."""
    text = _(
        "%(rows)d rows, %(new)d of them new. Calls found only there: %(missing)d, that differed: %(differing)d,"
        " as we knew them: %(unchanged)d."
    )
    return str(text) % {
        "rows": report.rows_read,
        "new": report.rows_new,
        "missing": report.missing,
        "differing": report.differing,
        "unchanged": report.unchanged,
    }


@admin.register(CatchUpReport)
class CatchUpReportPage(LogAdmin):
    menu_icon = "fact_check"
    menu_place = 36
    empty_hint = _("What is found in the call records of an exchange appears here.")
    view_roles = MANAGERS
    list_display = (
        "created_at",
        "pbx",
        "cause",
        "result",
        "rows_new",
        "missing",
        "differing",
        "unchanged",
    )
    list_display_links = ("created_at",)
    list_filter = ("cause",)
    list_select_related = ("pbx",)
    fields = (
        "pbx",
        "cause",
        "created_at",
        "since",
        "finished_at",
        "result",
        "rows_read",
        "rows_new",
        "rows_refused",
        "missing",
        "differing",
        "unchanged",
    )
    readonly_fields = ("result",)

    @display(description=_("result"))
    def result(self, report: CatchUpReport) -> str:
        return report.reason_text or str(_("read"))
