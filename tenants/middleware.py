"""Puts each request of a signed-in person into the scope of the tenant they work in."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from tenants.access import SESSION_KEY, chosen_member
from tenants.audit import Actor, acting
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.signin.guard import keep_session


class TenantScope:
    """Members see one tenant at a time; operators see all, or the one they chose.

    Anonymous requests get no scope: API keys set theirs while they are authenticated, anything else that touches a
    tenant's rows fails.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with ExitStack() as stack:
            stack.enter_context(timezone.override(None))
            self._enter(request, stack)
            return self.get_response(request)

    def _enter(self, request: Any, stack: ExitStack) -> None:
        request.member = None
        request.tenant = None
        user = request.user
        name = user.get_username() if user.is_authenticated else "anonymous"
        stack.enter_context(acting(Actor.of_request(request, name)))
        if not user.is_authenticated:
            return
        wanted = request.session.get(SESSION_KEY)
        if user.is_superuser:
            request.tenant = Tenant.objects.filter(pk=wanted).first() if wanted else None
        else:
            request.member = chosen_member(user, wanted)
            request.tenant = request.member.tenant if request.member else None
        if not keep_session(request, request.tenant):
            request.member = request.tenant = None
            return
        if request.tenant is not None:
            stack.enter_context(tenant_scope(request.tenant))
            timezone.activate(request.tenant.zone)
        elif user.is_superuser:
            stack.enter_context(all_tenants())
        if user.language and not _has_chosen_language(request):
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()


def _has_chosen_language(request: HttpRequest) -> bool:
    from django.conf import settings

    return settings.LANGUAGE_COOKIE_NAME in request.COOKIES
