"""/oauth/…: a trusted system trades its secret for tokens, gives them back, and asks what its company's tokens are worth.

These answer as RFC 6749, 7009 and 7662 say, not as the rest of the API: form bodies in, `{"error": …}` out.
"""

import base64
import binascii
import json
import math
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.views import IntrospectTokenView, RevokeTokenView, TokenView

from tenants import audit
from tenants.addresses import is_within
from tenants.api.oauth_rates import INTROSPECTION, TOKENS
from tenants.api.strangers import Guessing, note_refusal, note_wrong, refuse_guesser
from tenants.keys import find_token, forget_keys
from tenants.models import OAuthApplication
from tenants.oauth import TOKEN_PREFIX
from tenants.scoping import all_tenants
from tenants.usage import usage

MOST_BYTES = 16 * 1024


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class _ClientView:
    """Refuses guessers and whoever asks too often before anything is looked up, and notes whoever fails."""

    rates = TOKENS

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        address = request.META.get("REMOTE_ADDR") or None
        try:
            refuse_guesser(address)
        except Guessing as error:
            return _slow_down(str(error.detail), error.wait)
        of_address = self.rates.take_of_address(address)
        if not of_address.is_allowed:
            return _slow_down("Too many requests came from this address.", of_address.wait)
        refused = self._refuse(request)
        if refused is not None:
            return refused
        with all_tenants(), audit.acting(audit.Actor("anonymous", "key", address)):
            application = self._application(request)
            if application is not None and not self._may_come_from(application, address):
                note_refusal(application, "address", address)
                return _error("unauthorized_client", "This client may not be used from this address.", 403)
            if application is not None and not (left := self.rates.look(application)).is_allowed:
                return _slow_down("This client asked too often.", left.wait)
            response = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
            if response.status_code == 401:
                note_wrong(address, f"{_client_id(request)}\n{_presented(request)}")
                if application is not None:
                    note_refusal(application, "secret", address)
            elif application is not None and response.status_code == 200:
                usage.note(application, address)
                for name, value in self.rates.take(application).items():
                    response.headers[name] = value
                self.succeeded(request, application, response)
        return response

    def succeeded(self, request: HttpRequest, application: OAuthApplication, response: Any) -> None:
        """What is done about it, as the application."""

    @staticmethod
    def _refuse(request: HttpRequest) -> HttpResponse | None:
        """What the library would stumble over."""
        if request.method not in ("POST", "OPTIONS"):
            return _error("invalid_request", "Only POST.", 405, {"Allow": "POST, OPTIONS"})
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
            return _error("invalid_request", "The body is too large.", 413)
        if request.method == "POST" and request.content_type != "application/x-www-form-urlencoded":
            return _error("invalid_request", "The body must be application/x-www-form-urlencoded.", 415)
        values = [_client_id(request), *(one for values in request.POST.lists() for one in values[1])]
        if any("\x00" in one for one in values):
            return _error("invalid_request", "NUL characters.", 400)
        return None

    @staticmethod
    def _application(request: HttpRequest) -> OAuthApplication | None:
        client_id = _client_id(request)
        if not client_id:
            return None
        return OAuthApplication.objects.select_related("tenant").filter(client_id=client_id[:255]).first()

    @staticmethod
    def _may_come_from(application: OAuthApplication, address: str | None) -> bool:
        return not application.allowed_networks or is_within(address, application.allowed_networks)


class ClientTokenView(_ClientView, TokenView):
    """`grant_type=client_credentials`, and nothing else."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Not the library's: its own stumbles over a request for the device grant, which does not exist here."""
        response: HttpResponse = self.authorization_flow_token_response(request)
        return response

    def succeeded(self, request: HttpRequest, application: OAuthApplication, response: Any) -> None:
        _record(application, request, "token_given", scope=json.loads(response.content).get("scope"))


class ClientRevokeView(_ClientView, RevokeTokenView):
    """Ends a token of the client that asks, at once here and within ten seconds everywhere."""

    def succeeded(self, request: HttpRequest, application: OAuthApplication, response: Any) -> None:
        forget_keys()
        _record(application, request, "token_revoked")


class ClientIntrospectView(_ClientView, IntrospectTokenView):
    """What a token of the same company is worth now. Any other is, in the same words, worth nothing.

    The library's own answer knows no companies, and takes a token itself as proof of who asks: here a client must show
    its secret. Nothing is audited: a resource server asks with every request that it gets.
    """

    rates = INTROSPECTION

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        token = request.POST.get("token")
        if not token:
            return _error("invalid_request", "Token parameter is missing.", 400)
        asking = self._application(request)
        found = find_token(token) if token.startswith(TOKEN_PREFIX) else None
        if asking is None or found is None or found.tenant_id != asking.tenant_id or not _is_live(found):
            return JsonResponse({"active": False})
        return JsonResponse(_worth(found))

    def verify_request(self, request: HttpRequest) -> tuple[bool, None]:
        return False, None

    def unauthenticated_response(self, request: HttpRequest, oauthlib_request: Any = None) -> HttpResponse:
        headers = {"WWW-Authenticate": 'Basic realm="oauth"'}
        return _error("invalid_client", "The client id or secret is wrong.", 401, headers)


def _is_live(found: OAuthApplication) -> bool:
    """As the API itself would see it (tenants/api/authentication.py)."""
    return found.is_active and found.tenant.is_active and not found.is_over(timezone.now())


def _worth(found: OAuthApplication) -> dict[str, Any]:
    """The scopes are those that are left, not those that were asked for."""
    end = found.ends_at
    assert end is not None  # tokens have one
    return {
        "active": True,
        "scope": " ".join(found.scopes),
        "client_id": found.client_id,
        "sub": found.client_id,
        "token_type": "Bearer",
        "exp": int(end.timestamp()),
    }


def _record(application: OAuthApplication, request: HttpRequest, verb: str, **after: Any) -> None:
    with audit.acting(audit.Actor(str(application), "key", request.META.get("REMOTE_ADDR") or None)):
        audit.record(f"oauthapplication.{verb}", application, after=after)


def _client_id(request: HttpRequest) -> str:
    """By HTTP Basic or in the body."""
    kind, _space, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value).decode("utf-8", "replace").partition(":")[0]
        except (binascii.Error, ValueError):
            return ""
    return str(request.POST.get("client_id", ""))


def _presented(request: HttpRequest) -> str:
    return request.headers.get("Authorization", "") or str(request.POST.get("client_secret", ""))


def _slow_down(text: str, wait: float) -> HttpResponse:
    return _error("slow_down", text, 429, {"Retry-After": str(math.ceil(wait))})


def _error(code: str, text: str, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    return JsonResponse({"error": code, "error_description": text}, status=status, headers=headers)
