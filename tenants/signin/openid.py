"""Sign-in at another system by OpenID Connect: code flow with PKCE and nonce, the token's signature always checked.

A person is known by issuer and subject. The first time, an address that the other system has verified leads to the one
member who has it; nobody is created, and operators are never found that way.
"""

import functools
import secrets
from http import HTTPStatus
from typing import Any, NoReturn

import jwt
from allauth.account.internal.stagekit import clear_login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import DisallowedRedirect
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from config.egress import EgressDenied
from config.egress.requests_adapter import session as egress_session
from config.openid import is_safe
from tenants import audit
from tenants.models import User
from tenants.signin import trail

NONCE = "_openid_nonce"
# Signatures by a key that only the other system has. "none" and the HS family are what forgers try.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
# What their documents may be lacking, or have in another shape, besides not being there at all.
BROKEN = (
    EgressDenied,
    RequestException,
    OAuth2Error,
    jwt.PyJWTError,
    DisallowedRedirect,
    KeyError,
    TypeError,
    ValueError,
)


class SocialAdapter(DefaultSocialAccountAdapter):
    """Links who is known, refuses who is not, and leaves through the gate."""

    def get_requests_session(self) -> Any:
        made = egress_session()
        made.request = functools.partial(made.request, timeout=settings.EXTERNAL_API_TIMEOUT)  # type: ignore[method-assign]
        return made

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        if sociallogin.is_existing:
            return
        claims = sociallogin.account.extra_data.get("id_token", {})
        user = _member_with(_verified_address(claims, sociallogin.provider.app))
        if user is None:
            audit.record("openid.refused", after={"subject": str(claims.get("sub", ""))[:100]})
            raise _refused(request, _("Nobody here is known by that account. Ask your company’s owner."))
        sociallogin.connect(request, user)
        trail.record(user, "openid.linked", issuer=claims.get("iss", ""), subject=claims.get("sub", ""))

    def on_authentication_error(self, request: HttpRequest, *args: Any, **details: Any) -> None:
        raise _refused(request, _("The other system did not sign you in. Try again."))


class Adapter(OpenIDConnectOAuth2Adapter):
    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        # Not from the Host header: what is registered with the other system.
        return f"{settings.PUBLIC_URL}{reverse('openid-callback')}"

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **options: Any) -> Any:
        nonce = request.session.pop(NONCE, None)
        claims = self._decode_id_token(app, options["response"]["id_token"])
        if nonce is None or claims.get("nonce") != nonce:
            raise OAuth2Error("the nonce is not the one that was sent")
        return self.get_provider().sociallogin_from_response(request, {"id_token": claims})

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        if jwt.get_unverified_header(id_token).get("alg") not in ALGORITHMS:
            raise OAuth2Error("the token is signed by no algorithm that we take")
        claims: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return claims


def _app(request: HttpRequest) -> Any:
    try:
        return get_adapter().get_app(request, provider="openid_connect")
    except SocialApp.DoesNotExist:
        raise Http404 from None


@never_cache
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Off to the other system."""
    provider = Adapter(request, _app(request).provider_id).get_provider()
    provider.oauth2_adapter_class = Adapter
    target = request.POST.get("next", "")
    is_own = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    nonce = secrets.token_urlsafe(24)
    try:
        response = provider.redirect(
            request,
            process=AuthProcess.LOGIN,
            next_url=target if is_own else reverse("admin:index"),
            auth_params={"nonce": nonce},
        )
    except BROKEN as error:
        raise_failure(request, error)
    url = response.headers["Location"]
    if not is_safe(url):
        raise_failure(request, ValueError("the authorization endpoint is not https"))
    request.session[NONCE] = nonce
    # A page instead of a redirect: `form-action 'self'` would stop the browser from following one to another site.
    return render(request, "signin/leave.html", {"url": url}, status=HTTPStatus.OK)


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Back from there."""
    view = OAuth2CallbackView.adapter_view(Adapter(request, _app(request).provider_id))
    try:
        response: HttpResponse = view(request)
    except BROKEN as error:
        raise_failure(request, error)
    return response


def raise_failure(request: HttpRequest, error: Exception) -> NoReturn:
    audit.record("openid.failed", after={"reason": f"{type(error).__name__}: {error}"[:300]})
    raise _refused(request, _("The other system did not sign you in. Try again.")) from error


def _refused(request: HttpRequest, text: str) -> ImmediateHttpResponse:
    clear_login(request)
    messages.error(request, text)
    return ImmediateHttpResponse(HttpResponseRedirect(reverse("admin:login")))


def _verified_address(claims: dict[str, Any], app: Any) -> str:
    is_verified = claims.get("email_verified") is True or app.settings.get("trusts_email", False)
    return str(claims.get("email") or "") if is_verified else ""


def _member_with(address: str) -> User | None:
    """The one live member with that address who has no link yet."""
    if not address:
        return None
    found = User.objects.filter(email__iexact=address, is_active=True, is_superuser=False)
    unlinked = [user for user in found[:2] if not SocialAccount.objects.filter(user=user).exists()]
    return unlinked[0] if len(unlinked) == 1 and found.count() == 1 else None


def title_of(request: HttpRequest) -> str | None:
    """What the button on the sign-in page says; None without OpenID Connect."""
    try:
        return _("Sign in with %(name)s") % {"name": _app(request).name}
    except Http404:
        return None
