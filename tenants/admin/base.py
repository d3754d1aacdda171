"""Base classes of every admin page: scoped to the tenant, permitted by role, audited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from config.masking import is_secret_name
from tenants import audit
from tenants.access import is_operator
from tenants.admin.audited import AdminPart, Audited
from tenants.admin.badges import Tone, badge
from tenants.admin.log_list import CountsFiltered, LogList, paginator
from tenants.admin.permissions import RolePermissions
from tenants.admin.stories import story_link
from tenants.scoping import current_tenant_id

site = admin.site


class _Scoped(RolePermissions, AdminPart):
    """The tenant's own rows, and only those to choose from."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # The default manager of a tenant-owned model filters by the scope, so the drop-down holds only own rows.
        kwargs.setdefault("queryset", db_field.remote_field.model._default_manager.all())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class _Page(CountsFiltered):
    """What every list has: a name for its title, and words for when it is empty."""

    empty_value_display = "—"
    empty_hint: ClassVar[str | Promise] = ""  # what fills this list, for somebody who has nothing in it yet

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Django lets a list be filtered by any column of its own: by a digest it would be told letter by letter."""
        column = lookup.partition("__")[0]
        if is_secret_name(column) and column not in self.list_filter:
            return False
        return super().lookup_allowed(lookup, value, request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        context = {"title": title, **(extra_context or {})}
        return super().changelist_view(request, context)


class SwitchboardAdmin(RolePermissions, Audited, _Page, ModelAdmin):
    """For models that belong to no single tenant."""

    list_per_page = 25
    show_full_result_count = False
    list_fullwidth = True
    warn_unsaved_form = True
    compressed_fields = True

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Whoever may not look is told so before, not after, the row was looked for: its existence is not theirs to know."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)


def _sees_everything(request: HttpRequest) -> bool:
    return is_operator(request) and current_tenant_id() is None


class TenantAdmin(_Scoped, Audited, _Page, ModelAdmin):
    """For tenant-owned models: one tenant's rows at a time; operators without a chosen tenant see a company column."""

    list_per_page = 25
    show_full_result_count = False
    list_fullwidth = True
    warn_unsaved_form = True
    compressed_fields = True
    exclude: ClassVar[Any] = ("tenant",)

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        """The tenant is not asked for where it is known."""
        excluded = tuple(self.exclude or ())
        if _sees_everything(request) and obj is None:
            return tuple(name for name in excluded if name != "tenant") or None
        return excluded or None

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = list(super().get_list_display(request))
        if _sees_everything(request):
            shown.append("tenant")
        return shown

    def get_list_select_related(self, request: HttpRequest) -> Any:
        related = super().get_list_select_related(request)
        if related is True or not _sees_everything(request):
            return related
        return [*(related or ()), "tenant"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if _sees_everything(request):
            audit.record(f"{self.opts.model_name}.listed")
        return super().changelist_view(request, extra_context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Whoever enters a company is audited there once; whoever looks in from above, at every look."""
        found = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "GET" and _sees_everything(request):
            audit.record(f"{self.opts.model_name}.viewed", found)
        return found

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators choose a company first: a new row must belong to somebody."""
        return super().has_add_permission(request, obj) and current_tenant_id() is not None


class LogAdmin(TenantAdmin):
    """For long logs: read-only, newest first, and paged without ever counting the table, or reading what is skipped."""

    append_only = True
    ordering: ClassVar[Any] = ("-id",)
    heavy: ClassVar[tuple[str, ...]] = ()
    """Columns that only the page of one row shows."""
    tones: ClassVar[Mapping[str, Tone]] = {}
    """Of states, for `state_label`."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        is_list = request.resolver_match and str(request.resolver_match.url_name).endswith("changelist")
        return found.defer(*self.heavy) if is_list else found

    def get_sortable_by(self, request: HttpRequest) -> Any:
        return ()

    @admin.display(description=_("state"))
    def state_label(self, row: Any) -> SafeString:
        return badge(row.get_state_display(), self.tones.get(row.state, "quiet"))

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[LogList]:
        return LogList

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *more: Any, **options: Any
    ) -> Any:
        return paginator(queryset, per_page, *more, **options)

    @admin.display(description=_("belongs to"))
    def story(self, row: Any) -> SafeString:
        """For rows with a correlation id: what they are a part of."""
        return story_link(row.correlation_id)


class _InlineTenant(_Scoped):
    exclude: ClassVar[Any] = ("tenant",)
    extra = 0


class TenantTabularInline(_InlineTenant, TabularInline):
    """Rows of a parent's page. The parent's admin sets the tenant in `save_formset`."""


class TenantStackedInline(_InlineTenant, StackedInline):
    """Blocks of a parent's page."""


__all__ = [
    "LogAdmin",
    "SwitchboardAdmin",
    "TenantAdmin",
    "TenantStackedInline",
    "TenantTabularInline",
    "site",
]
