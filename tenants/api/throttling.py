"""Requests per credential: its own rate, else API_RATE. Every answer says how much is left.

`RateLimit-Policy` and `RateLimit` are those of the IETF's draft (draft-ietf-httpapi-ratelimit-headers, since version 8); the
three fields of its earlier versions are sent, too, because many clients read only those. No `X-RateLimit-…`: some understand
its reset as a time, others as seconds.
"""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from tenants.api.authentication import machine_of
from tenants.counters import Limit, Verdict
from tenants.models import MachineCredential

MINUTE = 60


class CredentialThrottle(SimpleRateThrottle):
    """One count for each machine (all tokens of an application share one) or person."""

    scope = "credential"

    def allow_request(self, request: Request, view: Any) -> bool:
        limit, name = self._limit(request), self.get_cache_key(request, view)
        verdict = limit.take(name)
        self._wait = verdict.wait
        request._request.rate_limit = rate_headers(limit, verdict)  # type: ignore[attr-defined]
        return verdict.is_allowed

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"throttle:{request.user.pk}"

    def wait(self) -> float | None:
        return self._wait

    def _limit(self, request: Request) -> Limit:
        return rate_of(machine_of(request))


class _NamedRate(CredentialThrottle):
    """Reads what the operator set under a name, such as 6000/min."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__()


def rate_named(scope: str) -> Limit:
    rate: Any = _NamedRate(scope)
    return Limit(rate.num_requests, rate.duration)


def rate_of(machine: MachineCredential | None) -> Limit:
    """The machine's own rate, else that of the installation."""
    if machine is not None and machine.requests_per_minute:
        return Limit(machine.requests_per_minute, MINUTE)
    return rate_named("credential")


def rate_headers(limit: Limit, verdict: Verdict) -> dict[str, str]:
    # What is left and when it is refilled; who is refused learns when to come back, as Retry-After says it.
    reset = verdict.reset if verdict.is_allowed else verdict.wait
    return {
        "RateLimit-Policy": f'"default";q={limit.count};w={limit.seconds}',
        "RateLimit": f'"default";r={verdict.remaining};t={reset}',
        "RateLimit-Limit": str(limit.count),
        "RateLimit-Remaining": str(verdict.remaining),
        "RateLimit-Reset": str(reset),
    }
