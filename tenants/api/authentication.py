"""Who calls the API: a machine with a key, or a signed-in person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from tenants.audit import Actor, set_actor
from tenants.keys import find_key
from tenants.models import ApiKey, Tenant

USED_STEP = timedelta(minutes=5)  # how exact "last used" is; finer would cost a write a request


class Machine:
    """The "user" of a request that came with a key."""

    is_authenticated = True
    is_active = True
    is_superuser = False
    is_staff = False

    def __init__(self, key: ApiKey) -> None:
        self.key = key
        self.pk = f"key:{key.pk}"

    def __str__(self) -> str:
        return str(self.key)


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>` or `X-API-Key: <key>`."""

    def authenticate(self, request: Request) -> tuple[Machine, ApiKey] | None:
        plain = self._presented(request)
        if plain is None:
            return None
        key = find_key(plain)
        if key is None:
            raise exceptions.AuthenticationFailed(_("This API key is not known or no longer valid."))
        if key.expires_at and key.expires_at <= timezone.now():
            raise exceptions.AuthenticationFailed(_("This API key has expired."))
        self._touch(key)
        set_actor(Actor(f"{key.name} ({key.prefix}…)", "key", request.META.get("REMOTE_ADDR") or None))
        return Machine(key), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'

    @staticmethod
    def _presented(request: Request) -> str | None:
        kind, _space, value = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return value.strip()
        return request.headers.get("X-API-Key")

    @staticmethod
    def _touch(key: ApiKey) -> None:
        now = timezone.now()
        if key.last_used_at is None or now - key.last_used_at > USED_STEP:
            key.last_used_at = now
            ApiKey._base_manager.filter(pk=key.pk).update(last_used_at=now)


class MemberSessionAuthentication(SessionAuthentication):
    """A person signed in to the admin, acting in their current tenant; protected against cross-site requests."""


def tenant_of(request: Request) -> Tenant | None:
    """The tenant the request acts in: the key's, or the one the person works in."""
    if isinstance(request.auth, ApiKey):
        return request.auth.tenant
    return getattr(request._request, "tenant", None)


class _KeyScheme(OpenApiAuthenticationExtension):
    target_class = ApiKeyAuthentication
    name = ["bearerKey", "headerKey"]

    def get_security_definition(self, auto_schema: Any) -> Any:
        return [
            {"type": "http", "scheme": "bearer", "description": "API key"},
            {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        ]


class _SessionScheme(OpenApiAuthenticationExtension):
    target_class = MemberSessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
