"""Paths by which CRMs and links ask for a call: authenticated by a secret in the request, answered with the outcome in words."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from telephony.actions.click_to_call import Click, request_call
from telephony.clicks_in import Caller, Unreadable, caller_by_call_secret, caller_by_client_id, said_in
from telephony.dialing.answers import status_of
from telephony.models import OriginateOrigin, OriginateRequest, OriginateState
from tenants.api.strangers import Guessing, note_wrong, refuse_guesser
from tenants.audit import Actor, acting
from tenants.scoping import tenant_scope

Authenticate = Callable[[str], Caller | None]
MakeClick = Callable[[Caller, Mapping[str, str]], Click]


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def make_call(request: HttpRequest) -> JsonResponse:
    """RetailCRM's telephone icon: `clientId`, `phone`, and `code` or `userId`; the code wins."""
    return _taken(request, caller_by_client_id, _crm_click)


@never_cache
@require_GET
def make_call_external(request: HttpRequest) -> JsonResponse:
    """`code`, `phone` and the company's call secret as `clientId`."""
    return _taken(request, caller_by_call_secret, _link_click)


def _crm_click(caller: Caller, said: Mapping[str, str]) -> Click:
    return Click(
        phone=said.get("phone", ""),
        extension=said.get("code", ""),
        user_id=said.get("userId", ""),
        integration_id=caller.integration_id,
        origin=OriginateOrigin.CRM,
        requester=said.get("userId", "") or caller.name,
    )


def _link_click(caller: Caller, said: Mapping[str, str]) -> Click:
    return Click(
        phone=said.get("phone", ""),
        extension=said.get("code", ""),
        origin=OriginateOrigin.LINK,
        requester=caller.name,
    )


def _taken(request: HttpRequest, authenticate: Authenticate, make: MakeClick) -> JsonResponse:
    address = request.META.get("REMOTE_ADDR") or None
    try:
        refuse_guesser(address)
        said = said_in(request)
    except Guessing as error:
        return _problem(HTTPStatus.TOO_MANY_REQUESTS, "guessing", str(error.detail))
    except Unreadable:
        return _problem(HTTPStatus.BAD_REQUEST, "unreadable", _("The request is neither a form nor JSON."))
    caller = authenticate(said.get("clientId", ""))
    if caller is None:
        note_wrong(address, said.get("clientId", ""))
        return _problem(HTTPStatus.UNAUTHORIZED, "unknown_client", _("This clientId is not known."))
    with (
        acting(Actor.of_request(request, caller.name, "key")),
        tenant_scope(caller.tenant),
        override(caller.tenant.language),
    ):
        return _answer(request_call(caller.tenant, make(caller, said)))


def _answer(click: OriginateRequest) -> JsonResponse:
    if click.state != OriginateState.REFUSED:
        return JsonResponse({"success": True, "id": str(click.pk), "state": click.state})
    return _problem(status_of(click.reason_code), click.reason_code, click.reason, id=str(click.pk))


def _problem(status: HTTPStatus, code: str, text: str, **more: Any) -> JsonResponse:
    """`errorMsg` is what RetailCRM calls it, `detail` what the rest of the world does."""
    return JsonResponse(
        {"success": False, "code": code, "errorMsg": text, "detail": text, **more}, status=status
    )
