"""Who works in a company, in which role."""

import uuid
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from tenants.access import ADMINISTRATORS, NOBODY, OWNERS, member_of
from tenants.actions.change_member import change_member, remove_member, transfer_ownership
from tenants.admin.giving import GivesRoles, giver
from tenants.admin.persons import NamesPerson
from tenants.admin.second_factor import second_factor_view, shown_factors
from tenants.errors import ConfigError
from tenants.members import check_may_give, check_owner_remains, is_last_owner, may_touch
from tenants.models import Member
from tenants.names import name_key


class MemberForm(forms.ModelForm):
    """`giver` is set by the page: who changes this, None for operators."""

    giver: Member | None = None

    class Meta:
        model = Member
        fields = ("role", "is_active")  # the page adds those that need a company in scope

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        role, is_active = cleaned.get("role"), cleaned.get("is_active", True)
        if role is None:
            return cleaned
        try:
            if self.instance._state.adding:
                check_may_give(self.giver, role)
            else:
                check_owner_remains(Member.objects.get(pk=self.instance.pk), role, is_active)
        except ConfigError as error:
            self.add_error("role", str(error))
        return cleaned


@admin.register(Member)
class MemberPage(NamesPerson, GivesRoles):
    menu_icon = "group"
    menu_place = 520
    form = MemberForm
    fields = ("user", "role", "extension", "is_active")
    list_display = ("user", "full_name", "role", "extension", "works")
    list_filter = ("role", "is_active")
    list_select_related = ("user", "extension")
    ordering = ("user__username",)
    search_fields = ("user__username", "user__email", "user__first_name", "user__last_name")
    view_roles = ADMINISTRATORS
    # People come by invitation; operators may add somebody who is known already.
    own_roles = {"add": NOBODY, "transfer": OWNERS, "reset_factors": OWNERS}
    buttons = {"transfer": "transfer", "factors": "reset_factors"}
    actions = ("disable_chosen", "enable_chosen")
    change_form_outer_before_template = "admin/tenants/member_head.html"

    class Media:
        css = {"all": ("tenants/machines.css",)}

    @admin.display(description=_("name"))
    def full_name(self, member: Member) -> str:
        return member.user.get_full_name() or "—"

    @display(description=_("active"), boolean=True)
    def works(self, member: Member) -> bool:
        return member.is_active and member.user.is_active

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        made = super().get_form(request, obj, change, **options)
        return type(made.__name__, (made,), {"giver": giver(request)})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else (*super().get_readonly_fields(request, obj), "user")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<uuid:pk>/transfer/", wrap(self.transfer_view), name="tenants_member_transfer"),
            path(
                "<uuid:pk>/second-factor/",
                wrap(partial(second_factor_view, self)),
                name="tenants_member_factors",
            ),
        ]
        return own + super().get_urls()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        wanted = {"role": obj.role, "is_active": obj.is_active, "extension": obj.extension}
        try:
            change_member(obj, by=giver(request), **wanted)
        except ConfigError as error:
            raise PermissionDenied(str(error)) from error  # the form had checked: somebody was faster

    def delete_model(self, request: HttpRequest, obj: Member) -> None:
        self._remove(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> None:
        self._remove(request, list(queryset))

    @staticmethod
    @transaction.atomic
    def _remove(request: HttpRequest, members: list[Member]) -> None:
        try:
            for member in members:
                remove_member(member, by=giver(request))
        except ConfigError as error:
            raise PermissionDenied(str(error)) from error

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_delete_permission(request, obj) and self._may_touch(request, obj)
        return may and (obj is None or not is_last_owner(obj))

    def has_transfer_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Owners hand over what is theirs; operators give the role on the page itself."""
        return self.may(request, "transfer") and member_of(request) is not None

    def has_reset_factors_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "reset_factors")

    @staticmethod
    def _may_touch(request: HttpRequest, obj: Any) -> bool:
        return obj is None or may_touch(giver(request), obj)

    @admin.action(description=_("Disable"), permissions=["change"])
    def disable_chosen(self, request: HttpRequest, queryset: QuerySet[Member]) -> None:
        self._set_active(request, queryset, is_active=False)

    @admin.action(description=_("Enable"), permissions=["change"])
    def enable_chosen(self, request: HttpRequest, queryset: QuerySet[Member]) -> None:
        self._set_active(request, queryset, is_active=True)

    def _set_active(self, request: HttpRequest, queryset: QuerySet[Member], *, is_active: bool) -> None:
        count = 0
        for member in queryset.select_related("extension"):
            try:
                change_member(
                    member,
                    by=giver(request),
                    role=member.role,
                    is_active=is_active,
                    extension=member.extension,
                )
                count += 1
            except ConfigError as error:
                messages.error(request, f"{member}: {error}")
        if count:
            text = ngettext("%(count)d member was changed.", "%(count)d members were changed.", count)
            messages.success(request, text % {"count": count})

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        member = kwargs.get("obj")
        own = member_of(request)
        context["may_transfer"] = (
            member is not None
            and own is not None
            and member.pk != own.pk
            and member.is_active
            and self.has_transfer_permission(request)
        )
        if member is not None and self.has_reset_factors_permission(request):
            context["factors"] = shown_factors(member)
        return super().render_change_form(request, context, *args, **kwargs)

    def transfer_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """The heir's name is typed, so that nobody gives a company away by a slip."""
        heir = self.get_queryset(request).select_related("user").filter(pk=pk).first()
        owner = member_of(request)
        if heir is None or owner is None or not self.has_transfer_permission(request):
            raise Http404
        page = reverse("admin:tenants_member_change", args=[pk])
        form = TransferForm(request.POST or None, heir=heir)
        if request.method == "POST" and form.is_valid():
            try:
                transfer_ownership(owner, heir)
            except ConfigError as error:
                messages.error(request, str(error))
                return HttpResponseRedirect(page)
            messages.success(
                request, gettext("%(name)s is an owner now, you are an administrator.") % {"name": heir.user}
            )
            return HttpResponseRedirect(reverse("admin:tenants_member_changelist"))
        text = _(
            "%(name)s becomes an owner of this company, and you an administrator. Only an owner can undo it."
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "back": page,
            "title": _("Transfer ownership"),
            "text": text % {"name": heir.user},
            "button": _("Transfer ownership"),
            "form": form,
        }
        return TemplateResponse(request, "admin/machines/confirm.html", context)


class TransferForm(forms.Form):
    name = forms.CharField(label=_("Type the new owner's user name"), widget=UnfoldAdminTextInputWidget())

    def __init__(self, *args: Any, heir: Member, **options: Any) -> None:
        super().__init__(*args, **options)
        self.heir = heir

    def clean_name(self) -> str:
        if name_key(self.cleaned_data["name"]) != name_key(self.heir.user.get_username()):
            raise ValidationError(_("That is not the user name of the new owner."))
        return str(self.cleaned_data["name"])
