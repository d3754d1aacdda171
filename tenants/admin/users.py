"""People, whichever companies they work in: for operators."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import UserChangeForm, UserCreationForm

from tenants.access import NOBODY
from tenants.admin.base import SwitchboardAdmin
from tenants.models import User
from tenants.signin.forms import ResetPasswordForm
from tenants.signin.people import forget_second_factors
from tenants.signin.sessions import end_sessions

if admin.site.is_registered(Group):
    admin.site.unregister(Group)  # access follows from roles


@admin.register(User)
class UserPage(UserAdmin, SwitchboardAdmin):  # type: ignore[misc]  # two bases, each with options of its own
    """For operators only: a member's administrator works with memberships."""

    menu_icon = "person"
    menu_place = 550
    view_roles = write_roles = NOBODY
    buttons = {"password_change": "change"}
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = ResetPasswordForm
    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_superuser")
    list_filter = ("is_superuser", "is_active")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "language")}),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser")}),
    )
    filter_horizontal = ()
    actions = ("remove_second_factors",)

    @admin.action(
        description=_("Remove passkeys, authenticator app and recovery codes"), permissions=["change"]
    )
    def remove_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For people who lost them all; their password alone lets them in, until they set up new ones."""
        for user in queryset:
            forget_second_factors(user)
        messages.success(request, gettext("Done. Their sessions were ended."))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and not obj.is_active:
            end_sessions(obj)
