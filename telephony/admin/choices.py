"""Pages of what a company chose about its calls: a change holds for the next call, in this process at once."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from telephony import policies
from tenants.access import MANAGERS
from tenants.admin.base import TenantAdmin


class ChoicePage(TenantAdmin):
    view_roles = MANAGERS

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        policies.forget(obj.tenant_id)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        policies.forget(obj.tenant_id)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        owners = set(queryset.values_list("tenant_id", flat=True))
        super().delete_queryset(request, queryset)
        for tenant_id in owners:
            policies.forget(tenant_id)
