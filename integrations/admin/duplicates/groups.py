"""Groups of records that may be one: looked at side by side, merged one by one or many at once, or dismissed."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from integrations.actions.merge_records import MergeRefused, merge_records
from integrations.actions.seek_duplicates import start_merging, start_search
from integrations.admin.duplicates.comparing import compared, wish_of
from integrations.admin.duplicates.jobs import describe
from integrations.duplicates.bulk import chosen_groups
from integrations.duplicates.dismissing import dismiss
from integrations.duplicates.reads import with_members
from integrations.models import DuplicateGroup, DuplicateJob, JobTask, Link
from integrations.selectors import counted
from tenants.access import MANAGERS
from tenants.admin.badges import badge
from tenants.admin.base import LogAdmin
from tenants.errors import ConfigError
from tenants.scoping import current_tenant_id
from webhooks.admin.confirming import ask_about_chosen

NAMES_SHOWN = 3


class DismissedFilter(admin.SimpleListFilter):
    """Those that somebody dismissed are out of the way."""

    title = _("decision")
    parameter_name = "dismissed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("not the same"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(dismissed_at__isnull=not self.value())


@admin.register(DuplicateGroup)
class DuplicateGroupAdmin(LogAdmin):
    menu_icon, menu_place = "group", 59
    view_roles = MANAGERS
    own_roles = {"merge": MANAGERS}
    buttons = {"merge": "merge", "dismiss": "merge", "search": "merge"}
    empty_hint = _("Records that share a telephone number or an address appear here after a search.")
    list_display = ("names", "kind", "sameness_shown", "common", "size")
    list_display_links = ("names",)
    list_filter = ("kind", "sameness", DismissedFilter)
    list_before_template = "admin/duplicates/search.html"
    actions = ("merge_chosen", "dismiss_chosen")
    change_form_outer_before_template = "admin/duplicates/group.html"
    fieldsets = ((None, {"fields": ("kind", "sameness", "seen_at", "dismissed_at", "dismissed_by")}),)

    class Media:
        css = {"all": ("exports/exports.css", "integrations/duplicates.css")}
        js = ("exports/progress.js",)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        names = "integrations_duplicategroup"
        return [
            path("search/", wrap(require_POST(self.search_view)), name=f"{names}_search"),
            path("<uuid:pk>/merge/", wrap(require_POST(self.merge_view)), name=f"{names}_merge"),
            path("<uuid:pk>/dismiss/", wrap(require_POST(self.dismiss_view)), name=f"{names}_dismiss"),
            *super().get_urls(),
        ]

    def has_merge_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "merge")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        job = DuplicateJob.objects.filter(task=JobTask.SEARCH).order_by("-pk").first()
        context = {
            "search": job,
            "search_live": describe(job) if job else None,
            "can_search": self.has_merge_permission(request) and current_tenant_id() is not None,
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        with_members(found.result_list)
        return found

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            (group,) = with_members([obj])
            rows = group.rows
            links: dict[Any, list[str]] = {}
            of_rows = Link.objects.filter(record_id__in=[one.pk for one in rows])
            for record, name in of_rows.order_by("pk").values_list("record_id", "integration__name"):
                links.setdefault(record, []).append(name)
            survivor = str(max(rows, key=lambda one: len(links.get(one.pk, ()))).pk) if rows else ""
            context["people"] = [(one, ", ".join(dict.fromkeys(links.get(one.pk, ())))) for one in rows]
            context["survivor"] = survivor
            context["compared"] = compared(obj, rows, survivor)
            context["can_merge"] = (
                self.has_merge_permission(request) and len(rows) > 1 and obj.dismissed_at is None
            )
            context["people_address"] = f"admin:integrations_{obj.kind}_change"
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def search_view(self, request: HttpRequest) -> HttpResponse:
        tenant_id = current_tenant_id()
        if not self.has_merge_permission(request) or tenant_id is None:
            raise Http404
        try:
            start_search(tenant_id)
        except ConfigError as error:
            messages.warning(request, str(error))
        return HttpResponseRedirect(reverse("admin:integrations_duplicategroup_changelist"))

    def _group(self, request: HttpRequest, pk: uuid.UUID) -> DuplicateGroup:
        group = self.get_queryset(request).filter(pk=pk).first()
        if group is None or not self.has_merge_permission(request):
            raise Http404
        return group

    def merge_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        group = self._group(request, pk)
        here = reverse("admin:integrations_duplicategroup_change", args=[pk])
        wish = wish_of(group, request.POST, request.POST.getlist("record"))
        if wish is None:
            messages.error(request, gettext("Choose who is kept, and at least one other."))
            return HttpResponseRedirect(here)
        try:
            merge = merge_records(group.tenant_id, wish)
        except MergeRefused as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(here)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(here)
        messages.success(request, gettext("Merged. It can be undone here."))
        return HttpResponseRedirect(reverse("admin:integrations_recordmerge_change", args=[merge.pk]))

    def dismiss_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        group = self._group(request, pk)
        with transaction.atomic():
            dismiss(DuplicateGroup.objects.filter(pk=group.pk))
        messages.success(request, gettext("They stay apart, and no rule merges them."))
        return HttpResponseRedirect(reverse("admin:integrations_duplicategroup_changelist"))

    @admin.action(description=_("Merge"), permissions=["merge"])
    def merge_chosen(self, request: HttpRequest, chosen: QuerySet[DuplicateGroup]) -> HttpResponse | None:
        tenant_id = current_tenant_id()
        if tenant_id is None:
            messages.error(request, gettext("Choose a company first."))
            return None
        wanted = _wanted(request)
        if "confirmed" not in request.POST:
            count = counted(chosen_groups(wanted))
            text = gettext(
                "Groups: %(count)s. Of each, the record is kept that most systems know; its values count where it has "
                "any, numbers and addresses are joined. Each merge can be undone."
            )
            return ask_about_chosen(
                self, request, title=_("Merge"), text=text % {"count": count}, action="merge_chosen"
            )
        try:
            job = start_merging(tenant_id, wanted)
        except ConfigError as error:
            messages.warning(request, str(error))
            return None
        return HttpResponseRedirect(reverse("admin:integrations_duplicatejob_change", args=[job.pk]))

    @admin.action(description=_("They are not the same"), permissions=["merge"])
    def dismiss_chosen(self, request: HttpRequest, chosen: QuerySet[DuplicateGroup]) -> None:
        """Those of the page; never all that there are by one tick."""
        ids = request.POST.getlist("_selected_action")
        with transaction.atomic():
            count = dismiss(DuplicateGroup.objects.filter(pk__in=ids))
        text = ngettext("%(count)d group was dismissed.", "%(count)d groups were dismissed.", count)
        messages.success(request, text % {"count": count})

    @display(description=_("records"))
    def names(self, group: DuplicateGroup) -> str:
        rows = getattr(group, "rows", [])
        shown = ", ".join(str(one)[:60] for one in rows[:NAMES_SHOWN])
        return f"{shown}, …" if len(rows) > NAMES_SHOWN else shown or "—"

    @display(description=_("in common"))
    def sameness_shown(self, group: DuplicateGroup) -> SafeString:
        return badge(group.get_sameness_display(), "warn" if group.sameness == "both" else "quiet")

    @display(description=_("number or address"))
    def common(self, group: DuplicateGroup) -> str:
        return str(group)


def _wanted(request: HttpRequest) -> dict[str, Any]:
    """The ticked ones, or all that fit the filters of the list."""
    if request.POST.get("select_across") != "1":
        return {"ids": request.POST.getlist("_selected_action")}
    names = {"kind": "kind__exact", "sameness": "sameness__exact"}
    return {name: request.GET[own] for name, own in names.items() if request.GET.get(own)}
