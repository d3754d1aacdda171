"""The pages for somebody who forgot the password: ask for a link, and behind the link choose a new one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.forms import SetPasswordMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from tenants.errors import ConfigError
from tenants.mail import can_mail
from tenants.models import User
from tenants.signin import throttle
from tenants.signin.forgotten import ask_for_link, find_link, set_password
from tenants.signin.forms import LONGEST_PASSWORD, wait_text
from tenants.signin.letters import LINK_LASTS


class ForgottenForm(forms.Form):
    typed = forms.CharField(
        label=gettext_lazy("User name or e-mail"), max_length=254, widget=UnfoldAdminTextInputWidget()
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["typed"].widget.attrs |= {"autocomplete": "username", "autofocus": True}


class NewPasswordForm(SetPasswordMixin, forms.Form):
    password1, password2 = SetPasswordMixin.create_password_fields(
        gettext_lazy("New password"), gettext_lazy("New password again")
    )

    def __init__(self, user: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user
        for field in self.fields.values():
            field.widget = UnfoldAdminPasswordWidget(
                attrs={"autocomplete": "new-password", "maxlength": str(LONGEST_PASSWORD)}
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if len(cleaned.get("password1") or "") > LONGEST_PASSWORD:
            raise ValidationError(_("At most %(count)d characters.") % {"count": LONGEST_PASSWORD})
        self.validate_passwords()
        if "password1" not in self.errors and "password2" not in self.errors:
            self.validate_password_for_user(self.user, "password2")
        return cleaned


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten_page(request: HttpRequest) -> HttpResponse:
    """Whoever asks is sent to the same next page."""
    if not can_mail():
        return render(request, "signin/forgotten_no_mail.html")
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            throttle.forgotten_attempt(request)
        except throttle.Locked as locked:
            form.add_error(None, wait_text(locked.minutes))
        else:
            ask_for_link(form.cleaned_data["typed"], request.META.get("REMOTE_ADDR"))
            return HttpResponseRedirect(reverse("password-asked"))
    return render(request, "signin/forgotten.html", {"form": form})


@require_GET
def asked_page(request: HttpRequest) -> HttpResponse:
    minutes = int(LINK_LASTS.total_seconds() // 60)
    return render(request, "signin/forgotten_asked.html", {"minutes": minutes})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link_page(request: HttpRequest, token: str) -> HttpResponse:
    """Looking does not use it up, because programs that check mails for viruses open links; choosing does."""
    letter = find_link(token)
    if letter is None:
        return render(request, "signin/forgotten_over.html", status=404)
    form = NewPasswordForm(letter.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            set_password(letter, form.cleaned_data["password1"], request.META.get("REMOTE_ADDR"))
        except ConfigError:
            return render(request, "signin/forgotten_over.html", status=404)
        logout(request)  # whoever was signed in here: their session has just ended, or is somebody else's
        messages.success(request, _("Your new password is set. Sign in with it."))
        return HttpResponseRedirect(reverse("admin:login"))
    return render(request, "signin/new_password.html", {"form": form, "person": letter.user})
