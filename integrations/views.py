"""The address of hand-off tickets."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from integrations.actions.hand_off import take_handoff
from tenants.audit import Actor, acting
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
