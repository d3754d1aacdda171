"""What people type at the door, each try counted before it is checked."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.forms import ReauthenticateForm
from allauth.core import context
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.forms import AdminOwnPasswordChangeForm, AdminPasswordChangeForm, AuthenticationForm

from tenants.models import User
from tenants.names import name_key
from tenants.signin import throttle, trail
from tenants.signin.people import check_admitted
from tenants.signin.sessions import end_sessions

LONGEST_CODE = 64
LONGEST_PASSWORD = 512  # hashing must not become work that a stranger can order


class SignInForm(AuthenticationForm):
    """Name and password. The answer is the same, and takes as long, whether or not there is such a person."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("The user name or the password is wrong."),
        "inactive": _("The user name or the password is wrong."),
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **options: Any) -> None:
        super().__init__(request, *args, **options)
        self.fields["password"].max_length = LONGEST_PASSWORD
        self.fields["password"].widget.attrs["maxlength"] = str(LONGEST_PASSWORD)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if len(password) > LONGEST_PASSWORD:
            raise self.get_invalid_login_error()
        return password

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username")
        if not name or not self.cleaned_data.get("password"):
            return super().clean()
        user = User.objects.filter(username_key=name_key(name)).first()
        with counted(lambda: throttle.sign_in_attempt(self.request, name, user)):
            return super().clean()

    def confirm_login_allowed(self, user: User) -> None:
        check_admitted(user)


@contextmanager
def counted(begin: Any) -> Iterator[None]:
    """Count a try; refuse it unchecked while locked; take it back unless the check raises ValidationError."""
    try:
        attempt = begin()
    except throttle.Locked as locked:
        raise ValidationError(wait_text(locked.minutes), code="locked") from locked
    try:
        yield
    except ValidationError:
        for row in attempt.failed():
            trail.locked(row)
        raise
    attempt.succeeded()


def wait_text(minutes: int) -> str:
    return ngettext(
        "Too many wrong tries. Try again in %(count)d minute.",
        "Too many wrong tries. Try again in %(count)d minutes.",
        minutes,
    ) % {"count": minutes}


class _Code(mfa.BaseAuthenticateForm):
    """A code of an authenticator app, taken once only, or a recovery code."""

    user: User

    def clean_code(self) -> str:
        if len(self.cleaned_data["code"]) > LONGEST_CODE:
            raise ValidationError(_("Incorrect code."), code="incorrect_code")
        with counted(lambda: throttle.code_attempt(context.request, self.user)):
            code: str = super().clean_code()
            if self.authenticator.type == Authenticator.Type.TOTP:
                self._use_once(code)
        return code

    def _use_once(self, code: str) -> None:
        """allauth remembers used codes in the cache, which is each process' own unless CACHE_URL names a server."""
        digits = "".join(letter for letter in code if letter.isdigit())
        digest = hmac.digest(settings.SECRET_KEY.encode(), digits.encode(), "sha256").hex()
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().get(pk=self.authenticator.pk)
            used: list[str] = row.data.get("used", [])
            if digest in used:
                raise ValidationError(_("Incorrect code."), code="incorrect_code")
            # Three codes are valid at a time (the clocks may differ by half a minute).
            row.data["used"] = [*used, digest][-3:]
            row.save(update_fields=["data"])


class CodeForm(_Code, mfa.AuthenticateForm):
    pass


class RepeatedCodeForm(_Code, mfa.ReauthenticateForm):
    pass


class ActivateForm(ActivateTOTPForm):
    def clean_code(self) -> str:
        with counted(lambda: throttle.code_attempt(context.request, self.user)):
            code: str = super().clean_code()
        return code


class PasskeyForm(AddWebAuthnForm):
    """A passkey by which one can sign in alone, unless somebody has an older key that cannot do that."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["initial"] = {"passwordless": True, **(options.get("initial") or {})}
        super().__init__(*args, **options)
        self.fields["name"].label = _("Name")


class RepeatedPasswordForm(ReauthenticateForm):
    """Before anything that weakens protection: whoever sits at a forgotten screen does not know the password."""

    def clean_password(self) -> str:
        with counted(lambda: throttle.code_attempt(context.request, self.user)):
            password: str = super().clean_password()
        return password


class PasswordForm(AdminOwnPasswordChangeForm):
    """One's own new password. The old one is counted like any other guess."""

    def clean_old_password(self) -> str:
        with counted(lambda: throttle.code_attempt(context.request, self.user)):
            password: str = super().clean_old_password()
        return password

    def clean_new_password1(self) -> str:
        password: str = self.cleaned_data["new_password1"]
        if len(password) > LONGEST_PASSWORD:
            raise forms.ValidationError(
                _("At most %(count)d characters."), params={"count": LONGEST_PASSWORD}
            )
        return password


class ResetPasswordForm(AdminPasswordChangeForm):
    """Somebody else's new password, by an operator."""

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        trail.record(user, "password.reset", ended_sessions=end_sessions(user))
        return user
