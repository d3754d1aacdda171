"""People who may enter."""

import uuid
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from tenants.access import ADMINISTRATORS, NOBODY, OWNERS, is_operator, member_of
from tenants.actions.change_member import change_member, remove_member, transfer_ownership
from tenants.actions.invite_member import invite_member, mail_invitation
from tenants.admin.badges import badge
from tenants.admin.base import SwitchboardAdmin, TenantAdmin
from tenants.admin.second_factor import second_factor_view, shown_factors
from tenants.errors import ConfigError
from tenants.mail import can_mail
from tenants.members import check_may_give, check_owner_remains, is_last_owner, may_touch, roles_given_by
from tenants.models import Invitation, Member, User
from tenants.names import name_key
from tenants.scoping import current_tenant_id
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


class _GivesRoles(TenantAdmin):
    """Only the roles that one may give are offered."""

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "role":
            kwargs["choices"] = roles_given_by(_giver(request))
        return super().formfield_for_choice_field(db_field, request, **kwargs)


def _giver(request: HttpRequest) -> Member | None:
    """None for operators. Whoever is neither an operator nor a member has no page here."""
    return None if is_operator(request) else member_of(request)


@admin.register(Member)
class MemberPage(_GivesRoles):
    menu_icon = "group"
    menu_place = 520
    form = MemberForm
    fields = ("user", "role", "extension", "is_active")
    list_display = ("user", "full_name", "role", "extension", "works")
    list_filter = ("role", "is_active")
    list_select_related = ("user", "extension")
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
        return type(made.__name__, (made,), {"giver": _giver(request)})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("user",)

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
            change_member(obj, by=_giver(request), **wanted)
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
                remove_member(member, by=_giver(request))
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
        return obj is None or may_touch(_giver(request), obj)

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
                    by=_giver(request),
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


@admin.register(Invitation)
class InvitationPage(_GivesRoles):
    """Deleting one revokes its link."""

    menu_icon = "mail"
    menu_place = 522
    empty_hint = _("Invite somebody by e-mail, or hand them a link that works once.")
    view_roles = ADMINISTRATORS
    withheld = ("change",)
    list_display = ("created_at", "email", "role", "extension", "invited_by", "expires_at", "state")
    list_display_links = ("created_at", "email")
    list_select_related = ("extension", "invited_by__user", "accepted_by")
    fields = ("email", "role", "extension")

    @admin.display(description=_("state"))
    def state(self, invitation: Invitation) -> SafeString:
        if invitation.accepted_at is not None:
            return badge(gettext("accepted: %(name)s") % {"name": invitation.accepted_by or "—"}, "good")
        return badge(_("open"), "warn") if invitation.is_open else badge(_("expired"), "quiet")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.tenant_id = obj.tenant_id or current_tenant_id()
        try:
            obj.shown_link = invite_member(obj, by=_giver(request))
        except ConfigError as error:
            raise PermissionDenied(str(error)) from error

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The mail server is asked after the commit: nobody gets the link of an invitation that was rolled back."""
        response = super().add_view(request, *args, **kwargs)
        context = getattr(response, "context_data", None) or {}
        if "link" in context:
            invitation = context["invitation"]
            can_be_mailed = bool(invitation.email) and can_mail()
            context["is_mailed"] = can_be_mailed and mail_invitation(invitation, context["link"])
        return response

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Not a redirect: the link must not lie in a cookie or a session."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Invitation"),
            "invitation": obj,
            "link": obj.shown_link,
            "next": reverse("admin:tenants_invitation_changelist"),
        }
        return TemplateResponse(
            request, "admin/tenants/invited.html", context, headers={"Cache-Control": "no-store"}
        )
