"""Every change in the admin leaves an entry in the audit trail, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from tenants import audit
from tenants.access import is_operator
from tenants.scoping import all_tenants, current_tenant_id

# What is mixed into pages and inlines alike, for the type checker.
AdminPart: Any = ModelAdmin if TYPE_CHECKING else object


class Audited(AdminPart):
    """Mixed into a page: what it saves and deletes is recorded with who, before and after."""

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
