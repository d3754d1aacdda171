"""Sign-in at another system by OpenID Connect: its settings from the environment (docs/signing-in.md)."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_safe(url: str) -> bool:
    """https, or this machine itself."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def providers(
    url: str, client_id: str, secret: str, name: str, *, trusts_email: bool = False
) -> dict[str, Any]:
    """What allauth takes as SOCIALACCOUNT_PROVIDERS; empty without a URL."""
    if not url:
        return {}
    if not is_safe(url):
        raise ImproperlyConfigured("OIDC_URL must begin with https://")
    if not client_id or not secret:
        raise ImproperlyConfigured("OIDC_URL needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET")
    issuer = url.split("/.well-known/")[0].rstrip("/")
    app = {
        # People are known by provider and subject. Another issuer's subjects are other people.
        "provider_id": f"oidc-{hashlib.sha256(issuer.encode()).hexdigest()[:12]}",
        "name": name,
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": url, "fetch_userinfo": False, "trusts_email": trusts_email},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
