"""Companies that redirect, and exchanges that ask."""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from config.front import FrontRequest, FrontResponse
from telephony.ingest.tokens import TokenTable
from telephony.models import RedirectLine, RedirectSettings
from telephony.redirect import rules
from telephony.redirect.handlers import Redirects
from tenants.models import Tenant
from tenants.scoping import all_tenants

PATIENCE_MS = 10_000


def switch_on(tenant: Tenant, lines: Sequence[dict[str, Any]] = (), **values: Any) -> RedirectSettings:
    """Smart redirect for that company, with more time than a caller would have: the machine may be busy."""
    with all_tenants():
        named: dict[str, Any] = {"tenant": tenant, "is_enabled": True, "budget_ms": PATIENCE_MS}
        made = RedirectSettings.objects.create(**(named | values))  # type: ignore[misc]
        for line in lines:
            own: dict[str, Any] = {"tenant": tenant, "settings": made}
            RedirectLine.objects.create(**(own | line))  # type: ignore[misc]
    rules.forget_rules()
    return made


def question(
    token: str, phone: str = "+375291234570", *, headers: Any = (), body: bytes = b"", **values: Any
) -> FrontRequest:
    """What a dialplan asks, as a query."""
    query = urlencode({"token": token, "phone": phone, **values}).encode()
    return FrontRequest("POST" if body else "GET", "/redirect", query, tuple(headers), body, "192.0.2.7")


def ask(*requests: FrontRequest, redirects: Redirects | None = None) -> list[FrontResponse]:
    """All of them at the same time, as exchanges do."""

    async def work() -> list[FrontResponse]:
        one = redirects or Redirects(TokenTable())
        await one.start()
        try:
            return list(await asyncio.gather(*(one.take(request) for request in requests)))
        finally:
            await one.stop()

    return asyncio.run(work())
