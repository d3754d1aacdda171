"""The sign-in page, and everybody's own page about how they are protected."""

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from tenants.models import User
from tenants.signin import guard, openid, trail
from tenants.signin.models import Session
from tenants.signin.sessions import end_sessions, live_sessions, stored_key


class SignInView(LoginView):
    """Django's page; after the password, allauth asks for the second factor where there is one."""

    def form_valid(self, form: Any) -> HttpResponse:
        login = Login(user=form.get_user(), redirect_url=self.get_success_url())
        return perform_password_login(self.request, {"username": form.get_user().get_username()}, login)


class OwnPasswordView(PasswordChangeView):
    """A new password ends all other sessions."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        user: User = form.user
        trail.record(user, "password.changed", ended_sessions=end_sessions(user, keep=self.request))
        return response


@require_GET
@never_cache
@login_required
def security(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    factors = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    codes = next((row for row in factors if row.type == Authenticator.Type.RECOVERY_CODES), None)
    context = {
        **admin.site.each_context(request),
        "title": _("Security"),
        "must_set_up": guard.obstacle(request) is guard.Obstacle.TWO_FACTOR,
        "app": next((row for row in factors if row.type == Authenticator.Type.TOTP), None),
        "passkeys": [row for row in factors if row.type == Authenticator.Type.WEBAUTHN],
        "codes": codes,
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "sessions": live_sessions(user),
        "current": stored_key(request.session.session_key or ""),
    }
    return render(request, "signin/security.html", context)


@require_POST
@login_required
def end_own_sessions(request: HttpRequest) -> HttpResponse:
    """End the named session, or all but this one."""
    user = request.user
    assert isinstance(user, User)
    named = request.POST.get("session")
    if named:
        ended = Session.objects.filter(user=user, pk=named).delete()[0]
    else:
        ended = end_sessions(user, keep=request)
    if ended:
        trail.record(user, "session.revoked", count=ended, by="self")
    text = ngettext("%(count)d session was ended.", "%(count)d sessions were ended.", ended)
    messages.success(request, text % {"count": ended})
    return HttpResponseRedirect(reverse("security"))


def sign_in_page(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
    """What the admin site shows at /admin/login/."""
    from tenants.signin.forms import SignInForm

    site = admin.site
    if request.method == "GET" and site.has_permission(request):
        return HttpResponseRedirect(reverse("admin:index"))
    title = openid.title_of(request)
    context = {
        **site.each_context(request),
        "title": _("Log in"),
        "subtitle": None,
        "app_path": request.get_full_path(),
        "passkey_button": {"id": "passkey_login", "form": "mfa_login"},
        "providers": [{"url": reverse("openid-start"), "title": title}] if title else [],
        **(extra_context or {}),
    }
    request.current_app = site.name
    view = SignInView.as_view(
        extra_context=context, authentication_form=SignInForm, template_name="signin/login.html"
    )
    return view(request)


def own_password_page(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
    """What the admin site shows at /admin/password_change/."""
    from tenants.signin.forms import PasswordForm

    view = OwnPasswordView.as_view(
        form_class=PasswordForm,
        success_url=reverse("admin:password_change_done"),
        template_name="registration/password_change_form.html",
        extra_context={**admin.site.each_context(request), **(extra_context or {})},
    )
    return view(request)
