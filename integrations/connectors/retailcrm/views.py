"""What RetailCRM asks of a registered module: to hear of its activity and of users' statuses, and to open its page.

Nothing is signed: the client id in the request is the proof, so it is long, random, sealed, and renewed from the admin.
The requests are kept as exchanges, without it.
"""

import time
from collections.abc import Mapping
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from config.correlation import current_correlation
from integrations.actions.find_client import integration_of_client
from integrations.actions.set_presence import tell_presence
from integrations.actions.take_activity import take_activity
from integrations.connectors.retailcrm import mapping
from integrations.models import Exchange, Integration, Way
from tenants.api.strangers import Guessing, note_wrong, refuse_guesser
from tenants.audit import Actor, acting
from tenants.scoping import tenant_scope

CONNECTOR: Final = "retailcrm"
LONGEST_VALUE: Final = 300
SHOWN: Final = ("activity", "systemUrl", "userId", "code", "status")


@csrf_exempt
@never_cache
@require_POST
def activity(request: HttpRequest) -> HttpResponse:
    """Somebody switched our module on or off there, or it was frozen."""
    began = time.monotonic()
    row = _caller(request, request.POST)
    if isinstance(row, HttpResponse):
        return row
    told = mapping.activity(request.POST.get("activity", ""), request.POST.get("systemUrl", ""))
    with tenant_scope(row.tenant_id), acting(Actor.of_request(request, "RetailCRM", "system")):
        if told is None:
            return _noted(
                row, request, request.POST, began, _refusal("activity is no JSON with active and freeze.")
            )
        take_activity(row, told)
        return _noted(row, request, request.POST, began, JsonResponse({"success": True}))


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """A user there is free, busy, or away."""
    began = time.monotonic()
    said = request.GET if request.method == "GET" else request.POST
    row = _caller(request, said)
    if isinstance(row, HttpResponse):
        return row
    state, user = mapping.agent_state(said.get("status", "")), said.get("userId", "")
    with tenant_scope(row.tenant_id):
        if state is None or not (user.isascii() and user.isdecimal() and len(user) <= 18):
            problem = "status must be free, busy, dinner or break, and userId a number."
            return _noted(row, request, said, began, _refusal(problem))
        tell_presence(row, user, state)
        return _noted(row, request, said, began, JsonResponse({"success": True}))


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """ "Open" at our module there, in a person's browser: on to the integration's page, for those who may see it.

    The client id only says which page is meant. Everybody who may open the module there sees it, so it is no ticket: who
    is not signed in here is asked to.
    """
    row = _caller(request, request.POST if request.method == "POST" else request.GET)
    if isinstance(row, HttpResponse):
        return render(request, "integrations/handoff_over.html", status=400)
    response = HttpResponseRedirect(reverse("admin:integrations_integration_change", args=[row.pk]))
    response.status_code = 303
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _caller(request: HttpRequest, said: Mapping[str, str]) -> Integration | HttpResponse:
    """Whose client id it is; otherwise what the caller is told."""
    address, client_id = request.META.get("REMOTE_ADDR") or None, said.get("clientId", "")
    row = integration_of_client(client_id, CONNECTOR)
    if row is not None:
        return row
    try:
        refuse_guesser(address)
    except Guessing as error:
        return JsonResponse(
            {"success": False, "errorMsg": "Too many unknown clients came from this address."},
            status=429,
            headers={"Retry-After": str(int(error.wait) + 1)},
        )
    note_wrong(address, client_id)
    return _refusal("This clientId is not known.")


def _refusal(message: str) -> JsonResponse:
    return JsonResponse({"success": False, "errorMsg": message}, status=400)


def _noted(
    row: Integration, request: HttpRequest, said: Mapping[str, str], began: float, response: JsonResponse
) -> JsonResponse:
    """The request among the integration's exchanges: of its fields those that are known, and never the client id."""
    shown = {name: said[name][:LONGEST_VALUE] for name in SHOWN if name in said}
    milliseconds = round((time.monotonic() - began) * 1000)
    Exchange.objects.create(
        tenant_id=row.tenant_id,
        integration=row,
        way=Way.IN,
        correlation_id=current_correlation(),
        operation=request.path.rpartition("/")[2],
        method=request.method or "",
        url=request.path,
        status=response.status_code,
        error="" if response.status_code < 400 else "rejected",
        error_text="" if response.status_code < 400 else response.content.decode()[:LONGEST_VALUE],
        request_body=" ".join(f"{name}={value}" for name, value in shown.items()),
        response_body=response.content.decode(),
        started_at=timezone.now(),
        duration_ms=milliseconds,
    )
    return response
