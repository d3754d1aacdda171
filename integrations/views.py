"""The address of hand-off tickets, and what the operator's monitoring asks."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from integrations.actions.hand_off import take_handoff
from integrations.actions.take_farewell import take_farewell
from integrations.models import Integration
from integrations.selectors import overview
from tenants.access import is_operator
from tenants.audit import Actor, acting
from tenants.scoping import all_tenants
from tenants.signin.limited import begin_limited


@require_GET
@never_cache
def handoff(request: HttpRequest, ticket: str) -> HttpResponse:
    """In, and at once away from the address with the ticket, which is worth nothing by then."""
    with acting(Actor.of_request(request, "hand-off", "system")):
        row = take_handoff(ticket)
        if row is None:
            return render(request, "integrations/handoff_over.html", status=404)
        page = reverse("admin:integrations_integration_change", args=[row.integration_id])
        begin_limited(request, row.member, page, page.removesuffix("change/"))
    response = HttpResponseRedirect(page)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@require_GET
@never_cache
def disconnected(request: HttpRequest, identifier: str) -> HttpResponse:
    """Opened by an outside system when somebody disconnects us there; its signature is the proof."""
    query = {name: values[0] for name, values in request.GET.lists() if len(values) == 1}
    taken = take_farewell(identifier, query, request.META.get("REMOTE_ADDR", ""))
    if taken is None:
        return JsonResponse({"detail": "There is no such integration."}, status=404)
    return (
        JsonResponse({})
        if taken
        else JsonResponse({"detail": "The signature is missing or wrong."}, status=401)
    )


@require_safe
@never_cache
def integrations_health(request: HttpRequest) -> JsonResponse:
    """How many integrations are in which state; signed-in operators are told which need somebody.

    Always 200: whether the installation itself lives is `/health`'s to say, and a company's wrong key does not change it.
    """
    with all_tenants():
        found = overview()
    body: dict[str, Any] = {"status": found.status, "counts": found.counts}
    if is_operator(request):
        body["unwell"] = [_unwell(row) for row in found.unwell]
    return JsonResponse(body)


def _unwell(row: Integration) -> dict[str, Any]:
    now = timezone.now()
    breaker = getattr(row, "breaker", None)
    return {
        "id": str(row.pk),
        "tenant": row.tenant_id,
        "connector": row.connector,
        "name": row.name,
        "standing": row.standing,
        "code": row.health_code,
        "reason": row.health_reason,
        "since": row.health_since,
        "last_success_seconds_ago": int((now - row.last_success_at).total_seconds())
        if row.last_success_at
        else None,
        "failures_in_row": row.failures_in_row,
        "held_back_until": breaker.open_until if breaker and breaker.open_until > now else None,
    }
