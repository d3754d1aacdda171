"""Requests per credential, with the standard RateLimit headers.

The local-memory cache counts per process; several web processes share the count through CACHE_URL.
"""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from tenants.models import ApiKey


class CredentialThrottle(SimpleRateThrottle):
    """API_RATE for each key or person."""

    scope = "credential"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if not request.user or not request.user.is_authenticated:  # type: ignore[truthy-bool]
            return f"throttle:anonymous:{self.get_ident(request)}"
        who = f"key:{request.auth.pk}" if isinstance(request.auth, ApiKey) else f"user:{request.user.pk}"
        return f"throttle:{who}"

    def allow_request(self, request: Request, view: Any) -> bool:
        allowed = super().allow_request(request, view)
        history = getattr(self, "history", [])
        oldest = history[-1] if history else self.timer()
        request._request.rate_limit = {  # type: ignore[attr-defined]
            "RateLimit-Limit": str(self.num_requests),  # type: ignore[attr-defined]
            "RateLimit-Remaining": str(max(self.num_requests - len(history), 0)),  # type: ignore[attr-defined]
            "RateLimit-Reset": str(max(int(oldest + self.duration - self.timer()), 0)),  # type: ignore[attr-defined]
        }
        return bool(allowed)
