"""A page that belongs to an account names it; only operators, whose page accounts have, are led there."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tenants.access import is_operator

if TYPE_CHECKING:
    from unfold.admin import ModelAdmin as Part
else:
    Part = object


class NamesPerson(Part):
    """For models with a `user` that is shown, not chosen. Django links it without asking who may follow."""

    @display(description=_("user"))
    def person(self, row: Any) -> str:
        return str(row.user or "—")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = super().get_fields(request, obj)
        if obj is None or is_operator(request):
            return names
        return ["person" if name == "user" else name for name in names]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "person")
