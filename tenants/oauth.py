"""What django-oauth-toolkit asks us: scopes from the registry, secrets as digests, tokens that are recognised."""

import hmac
import secrets
from typing import Any

from django.utils import timezone
from oauth2_provider.models import get_access_token_model
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes

from tenants.models import OAuthApplication
from tenants.models.oauth import secret_digest
from tenants.scopes import EVERYTHING, expand, known_scopes
from tenants.scoping import all_tenants

TOKEN_PREFIX = "sbt_"  # noqa: S105 what tokens begin with, no secret


def new_token(request: Any, refresh_token: bool = False) -> str:
    """A fresh token: `sbt_` and 256 random bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def forget_tokens() -> int:
    """Remove tokens that have expired; how many."""
    with all_tenants():
        expired = get_access_token_model().objects.filter(expires__lte=timezone.now())
        count, _models = expired.delete()
    return count


class RegistryScopes(BaseScopes):
    """The same scopes as those of API keys; an application may ask for what it was given, or for part of it."""

    def get_all_scopes(self) -> dict[str, str]:
        return {scope: scope for scope in (EVERYTHING, *known_scopes())}

    def get_available_scopes(
        self, application: OAuthApplication | None = None, request: Any = None, *args: Any, **options: Any
    ) -> list[str]:
        if application is None:
            return []
        return [*application.scopes, *expand(application.scopes)]

    def get_default_scopes(
        self, application: OAuthApplication | None = None, request: Any = None, *args: Any, **options: Any
    ) -> list[str]:
        return list(application.scopes) if application is not None else []


class Validator(OAuth2Validator):
    def _check_secret(self, provided_secret: str, stored_secret: str) -> bool:
        return hmac.compare_digest(secret_digest(provided_secret or ""), stored_secret)
