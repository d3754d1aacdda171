"""Stops strangers at the installation's list of addresses, and signed-in people at an obstacle, before any view.

API views ask for themselves (MemberSessionAuthentication).
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from rest_framework.views import APIView

from tenants.addresses import is_within
from tenants.signin import devices
from tenants.signin.guard import Obstacle, obstacle
from tenants.signin.limited import refusal_home

# What somebody needs who is stopped: to sign out, to read it in their language, to go to another company.
ALWAYS_OPEN = frozenset(
    {"admin:logout", "admin:login", "admin:jsi18n", "set_language", "switch-tenant", "health"}
)
SET_UP = frozenset({"security", "account_reauthenticate", "signin-colours"})


class AdminNetworks:
    """ADMIN_NETWORKS: from elsewhere there is no admin, not even its sign-in page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        networks: list[str] = settings.ADMIN_NETWORKS
        is_admin = request.path_info.startswith("/admin")
        if networks and is_admin and not is_within(request.META.get("REMOTE_ADDR"), networks):
            return HttpResponseForbidden("Not from this address.", content_type="text/plain")
        return self.get_response(request)


class Door:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        devices.set_cookie(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        name = match.view_name if match else ""
        home = refusal_home(request, name)
        if home is not None:
            return render(request, "signin/limited.html", {"home": home}, status=403)
        if name in ALWAYS_OPEN or issubclass(getattr(view, "cls", object), APIView):
            return None
        if not request.user.is_authenticated:
            return None
        found = obstacle(request)
        if found is Obstacle.ADDRESS:
            return render(request, "signin/address.html", status=403)
        if found is Obstacle.TWO_FACTOR and not (name in SET_UP or name.startswith("mfa_")):
            return HttpResponseRedirect(reverse("security"))
        return None
