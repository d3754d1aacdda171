"""Base classes of every admin page: scoped to the tenant, permitted by role, audited.

Django's permission rows are not used: what a person may do follows from their role (tenants/access.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from config.masking import is_secret_name
from tenants import audit
from tenants.access import ADMINISTRATORS, EVERY_ROLE, has_role, is_operator
from tenants.admin.badges import Tone, badge
from tenants.admin.log_list import CountsFiltered, LogList, paginator
from tenants.admin.stories import story_link
from tenants.scoping import all_tenants, current_tenant_id

site = admin.site

# What the parts below are mixed into, for the type checker: pages and inlines alike.
AdminPart: Any = ModelAdmin if TYPE_CHECKING else object


WRITING = ("add", "change", "delete")


class RolePermissions:
    """Permissions from the member's role, declared here and shown in docs/access.md.

    `append_only` pages are for looking, whoever looks; `withheld` names single actions that nobody does. Actions of a
    page's own, such as "replay", and those that differ from `write_roles` stand in `own_roles`; `buttons` says which of
    them each further address of the page asks for, by the last part of its name.
    """

    view_roles: ClassVar[Collection[str]] = EVERY_ROLE
    write_roles: ClassVar[Collection[str]] = ADMINISTRATORS
    own_roles: ClassVar[Mapping[str, Collection[str]]] = {}
    buttons: ClassVar[Mapping[str, str]] = {}
    withheld: ClassVar[Collection[str]] = ()
    append_only: ClassVar[bool] = False
    sees_own: ClassVar[Collection[str]] = ()  # roles that see their own rows only
    menu_icon: ClassVar[str] = "chevron_right"  # a name of Material Symbols
    menu_place: ClassVar[int | None] = 900  # None: not in the sidebar

    @classmethod
    def roles_for(cls, action: str) -> frozenset[str] | None:
        """Who may, besides operators; None: nobody at all."""
        if action in cls.withheld or (cls.append_only and action in WRITING):
            return None
        if action == "view":
            return frozenset(cls.view_roles) | frozenset(cls.write_roles)
        if action in WRITING:
            return frozenset(cls.own_roles.get(action, cls.write_roles))
        return frozenset(cls.own_roles[action])

    def may(self, request: HttpRequest, action: str) -> bool:
        roles = self.roles_for(action)
        return roles is not None and has_role(request, roles)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "view")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "delete")


class _Scoped(RolePermissions, AdminPart):
    """The tenant's own rows, and only those to choose from."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # The default manager of a tenant-owned model filters by the scope, so the drop-down holds only own rows.
        kwargs.setdefault("queryset", db_field.remote_field.model._default_manager.all())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class Audited(AdminPart):
    """Every change in the admin leaves an entry in the audit trail, in the same transaction."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Rows of an inline belong to their parent's tenant."""
        tenant_id = getattr(form.instance, "tenant_id", None) or current_tenant_id()
        for child in formset.forms:
            if hasattr(child.instance, "tenant_id") and child.instance.tenant_id is None:
                child.instance.tenant_id = tenant_id
        with transaction.atomic():
            known = [child.instance.pk for child in formset.initial_forms if child.has_changed()]
            stored = formset.model._base_manager.in_bulk(known)
            super().save_formset(request, form, formset, change)
            _record_formset(formset, stored)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        if not change and hasattr(obj, "tenant_id") and obj.tenant_id is None:
            obj.tenant_id = current_tenant_id()
        model = type(obj)
        with transaction.atomic():
            stored = model._base_manager.filter(pk=obj.pk).first() if change else None
            before = audit.snapshot(stored) if stored else {}
            super().save_model(request, obj, form, change)
            old, new = audit.changed(before, audit.snapshot(obj))
            verb = "updated" if change else "created"
            audit.record(f"{obj._meta.model_name}.{verb}", obj, before=old if change else {}, after=new)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic():
            audit.record(f"{obj._meta.model_name}.deleted", obj, before=audit.snapshot(obj))
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            for obj in queryset:
                audit.record(f"{obj._meta.model_name}.deleted", obj, before=audit.snapshot(obj))
            # People and companies that an operator deletes have rows outside of what they look at.
            with all_tenants() if is_operator(request) else nullcontext():
                super().delete_queryset(request, queryset)

    def log_addition(self, *args: Any, **kwargs: Any) -> None:
        """Django's own admin log is replaced by the audit trail."""

    log_change = log_deletion = log_deletions = log_addition


def _record_formset(formset: Any, stored: Mapping[Any, Any]) -> None:
    """What became of an inline's rows. A deleted object has lost its key by now, its stored twin has not."""
    for obj in formset.new_objects:
        audit.record(f"{obj._meta.model_name}.created", obj, after=audit.snapshot(obj))
    kept = set()
    for obj, _names in formset.changed_objects:
        kept.add(obj.pk)
        old, new = audit.changed(audit.snapshot(stored[obj.pk]), audit.snapshot(obj))
        audit.record(f"{obj._meta.model_name}.updated", obj, before=old, after=new)
    if formset.deleted_objects:
        for key, obj in stored.items():
            if key not in kept:
                audit.record(f"{obj._meta.model_name}.deleted", obj, before=audit.snapshot(obj))


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
