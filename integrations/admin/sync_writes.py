"""Writes that do not go on by themselves: what is wrong, and the decision."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from integrations.actions.decide_write import leave_unwritten, name_object, write_again
from integrations.admin.records import address_of
from integrations.models import PendingWrite
from integrations.store.reads import titles_of
from tenants.access import MANAGERS
from tenants.admin.base import LogAdmin

SHOWN = 80  # characters of a record's name


@admin.register(PendingWrite)
class PendingWriteAdmin(LogAdmin):
    menu_icon = "pending_actions"
    menu_place = 46
    empty_hint = _(
        "Records that could not be written to a system, or may be there already, wait here for a decision."
    )
    view_roles = MANAGERS
    own_roles = {"decide": MANAGERS}
    buttons = {"decide": "decide"}
    list_display = ("created_at", "plan", "record", "is_uncertain", "error")
    list_display_links = ("created_at",)
    list_select_related = ("plan__integration",)
    change_form_outer_before_template = "admin/sync/write.html"
    fieldsets = ((None, {"fields": ("plan", "record", "is_uncertain", "error", "attempts", "created_at")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "record")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PendingWrite]:
        found: QuerySet[PendingWrite] = super().get_queryset(request)
        return (
            found.filter(is_parked=True)
            .select_related("plan__integration")
            .defer("plan__integration__credentials", "plan__integration__own_secrets")
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the names of all records on the page, one query for each of their kinds."""
        found = super().get_changelist_instance(request)
        writes = list(found.result_list)
        titles = _titles(writes)
        for write in writes:
            write.known_titles = titles
        found.result_list = writes
        return found

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "decide")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.decide_view))
        own = path("<uuid:pk>/decide/", view, name="integrations_pendingwrite_decide")
        return [own, *super().get_urls()]

    def decide_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        if not self.has_decide_permission(request):
            raise Http404
        write = self.get_queryset(request).filter(pk=pk).first()
        if write is None:
            raise Http404
        page = HttpResponseRedirect(reverse("admin:integrations_pendingwrite_change", args=[pk]))
        how = request.POST.get("how")
        try:
            if how == "again":
                done, text = write_again(write), gettext("It is written with the next run.")
            elif how == "there":
                done = name_object(write, request.POST.get("outside_id", ""))
                text = gettext("The two are linked; all fields are written there with the next run.")
            elif how == "leave":
                done, text = leave_unwritten(write), gettext("It is left as it is there.")
            else:
                messages.error(request, gettext("Choose what is to be done."))
                return page
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return page
        if done:
            messages.success(request, text)
        else:
            messages.warning(request, gettext("Somebody has decided this already."))
        return HttpResponseRedirect(reverse("admin:integrations_pendingwrite_changelist"))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        context["can_decide"] = obj is not None and self.has_decide_permission(request)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description=_("record"))
    def record(self, write: PendingWrite) -> SafeString:
        """What it is called; the end of its id where it has no name."""
        known: dict[uuid.UUID, str] | None = getattr(write, "known_titles", None)
        title = (_titles([write]) if known is None else known).get(write.record_id)
        if title is None:
            return format_html("{}", gettext("no longer there"))
        page = reverse(address_of(write.plan.kind), args=[write.record_id])
        shown = Truncator(title).chars(SHOWN) or f"…{str(write.record_id)[-12:]}"
        return format_html('<a class="sb-link" href="{}">{}</a>', page, shown)


def _titles(writes: Iterable[PendingWrite]) -> dict[uuid.UUID, str]:
    return titles_of((write.plan.kind, write.record_id) for write in writes)
