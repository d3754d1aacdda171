"""Who comes in by a link: how often, into whose scope, and as whom the audit trail names them."""

from collections.abc import Callable
from datetime import UTC
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from tenants.audit import Actor, acting
from tenants.counters import Limit
from tenants.scoping import tenant_scope
from webhooks.actions.portal_links import find_link, note_use
from webhooks.models import PortalLink

LOOKS: Final = Limit(120, 60)
CHANGES: Final = Limit(30, 300)
# Addresses that open nothing, from one place.
STRANGERS: Final = Limit(20, 60)

View = Callable[..., HttpResponse]


def opened(*methods: str, changes: bool = False) -> Callable[[View], View]:
    """For a view that takes the link in place of the token. `changes`: only for links that may."""

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, token: str, **values: Any) -> HttpResponse:
            if request.method not in methods:
                return HttpResponse(status=405, headers={"Allow": ", ".join(methods)})
            link = _found(request, token)
            if isinstance(link, HttpResponse):
                return link
            if changes and not link.may_change:
                return _said(request, _("This link only shows what was sent."), 403)
            name = _("%(name)s, by a link") % {"name": link.name}
            with (
                tenant_scope(link.tenant_id),
                timezone.override(UTC),
                acting(Actor.of_request(request, name)),
            ):
                note_use(link)
                return view(request, token, link, **values)

        return guarded

    return decorate


def _found(request: HttpRequest, token: str) -> PortalLink | HttpResponse:
    """The link, or why there is none."""
    address = request.META.get("REMOTE_ADDR", "")
    if STRANGERS.is_used_up(f"portal:stranger:{address}"):
        return _said(request, _("Too many attempts. Try again in a minute."), 429)
    link = find_link(token)
    if link is None:
        STRANGERS.take(f"portal:stranger:{address}")
        return _said(
            request, _("It has expired or was taken back. Ask whoever gave it to you for a new one."), 404
        )
    counts = [(LOOKS, "look")] + ([(CHANGES, "change")] if request.method == "POST" else [])
    for limit, name in counts:
        if not limit.take(f"portal:{name}:{link.pk}").is_allowed:
            return _said(request, _("Too many requests. Try again in a minute."), 429)
    return link


def _said(request: HttpRequest, text: str, status: int) -> HttpResponse:
    return render(request, "portal/closed.html", {"text": text}, status=status)
