"""The page behind an invitation's link: come in with an account that one has, or make one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.forms import SetPasswordMixin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from tenants.access import SESSION_KEY
from tenants.actions.invite_member import accept_invitation, find_invitation
from tenants.errors import ConfigError
from tenants.models import Invitation, User
from tenants.signin.forms import LONGEST_PASSWORD


class NewPersonForm(SetPasswordMixin, forms.ModelForm):
    """Who the invited person is. It sets these fields and no others."""

    password1, password2 = SetPasswordMixin.create_password_fields(
        gettext_lazy("Password"), gettext_lazy("Password again")
    )

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            is_password = name.startswith("password")
            field.widget = UnfoldAdminPasswordWidget() if is_password else UnfoldAdminTextInputWidget()
        for name in ("password1", "password2"):
            self.fields[name].widget.attrs |= {
                "autocomplete": "new-password",
                "maxlength": str(LONGEST_PASSWORD),
            }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if len(cleaned.get("password1") or "") > LONGEST_PASSWORD:
            raise ValidationError(_("At most %(count)d characters.") % {"count": LONGEST_PASSWORD})
        self.validate_passwords()
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # of the form, behind the mixin
        if "password1" not in self.errors and "password2" not in self.errors:
            self.validate_password_for_user(self.instance, "password2")

    def make(self, invitation: Invitation) -> User:
        user: User = self.save(commit=False)
        user.email = invitation.email
        user.language = invitation.tenant.language
        user.set_password(self.cleaned_data["password1"])
        user.save()
        return user


@never_cache
def invitation_page(request: HttpRequest, token: str) -> HttpResponse:
    """Looking does not use it up; joining does."""
    invitation = find_invitation(token)
    if invitation is None:
        return render(request, "signin/invitation_over.html", status=404)
    user = request.user if isinstance(request.user, User) else None
    form = NewPersonForm(request.POST if request.method == "POST" and user is None else None)
    if request.method == "POST" and (user is not None or form.is_valid()):
        return _join(request, invitation, user, form)
    context = {
        "invitation": invitation,
        "form": form,
        "person": user,
        "sign_in_url": f"{reverse('admin:login')}?next={reverse('invitation', args=[token])}",
    }
    return render(request, "signin/invitation.html", context)


def _join(
    request: HttpRequest, invitation: Invitation, user: User | None, form: NewPersonForm
) -> HttpResponse:
    try:
        with transaction.atomic():
            accept_invitation(invitation, user or form.make(invitation))
    except ConfigError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(request.path)
    if user is not None:
        request.session[SESSION_KEY] = invitation.tenant_id
        messages.success(request, _("Welcome to %(company)s.") % {"company": invitation.tenant.name})
        return HttpResponseRedirect(reverse("admin:index"))
    messages.success(request, _("Your account is ready. Sign in with it."))
    return HttpResponseRedirect(reverse("admin:login"))
