"""People who may enter."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import UserChangeForm, UserCreationForm

from tenants.access import ADMINISTRATORS, is_operator
from tenants.admin.base import SwitchboardAdmin, TenantAdmin
from tenants.models import Member, Role, User
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

    @admin.action(description=_("Remove passkeys, authenticator app and recovery codes"))
    def remove_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For people who lost them all; their password alone lets them in, until they set up new ones."""
        for user in queryset:
            forget_second_factors(user)
        messages.success(request, gettext("Done. Their sessions were ended."))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and not obj.is_active:
            end_sessions(obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


@admin.register(Member)
class MemberPage(TenantAdmin):
    menu_icon = "group"
    menu_place = 520
    list_display = ("user", "role", "extension", "is_active")
    list_filter = ("role", "is_active")
    list_select_related = ("user", "extension")
    search_fields = ("user__username", "user__email")
    view_roles = ADMINISTRATORS

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user" and not is_operator(request):
            # Whoever works elsewhere is nobody's business here.
            kwargs["queryset"] = User.objects.filter(memberships__in=Member.objects.all()).distinct()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "role" and not is_operator(request):
            member = getattr(request, "member", None)
            if member is None or member.role != Role.OWNER:
                kwargs["choices"] = [choice for choice in Role.choices if choice[0] != Role.OWNER]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Owners are changed by owners."""
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    @staticmethod
    def _may_touch(request: HttpRequest, obj: Any) -> bool:
        member = getattr(request, "member", None)
        return (
            obj is None
            or obj.role != Role.OWNER
            or is_operator(request)
            or bool(member and member.role == Role.OWNER)
        )
