"""What has no view of the API to answer it: unknown paths, malformed requests, defects. Below /api/ these are problems, too."""

import sys
from collections.abc import Callable
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext as _
from django.views import defaults

from tenants.api.problems import CONTENT_TYPE

# The API itself, and where the outside world already knows a part of it.
API = ("/api/", "/webhooks")
WAIT_SECONDS = "5"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(
        request, 400, "parse_error", _("Malformed request."), lambda: defaults.bad_request(request, exception)
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The same words as for an id that does not exist."""
    return _answer(
        request, 404, "not_found", _("Not found."), lambda: defaults.page_not_found(request, exception)
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls it while it handles what was raised."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _database_away(request)
    text = _("Something went wrong here. Try again later.")
    return _answer(request, 500, "error", text, lambda: defaults.server_error(request))


def _database_away(request: HttpRequest) -> HttpResponse:
    text = _("The database does not answer. Try again later.")
    page = loader.get_template("503.html")
    response = _answer(request, 503, "unavailable", text, lambda: HttpResponse(page.render(), status=503))
    response["Retry-After"] = WAIT_SECONDS
    return response


def _answer(
    request: HttpRequest, status: int, code: str, text: str, page: Callable[[], HttpResponse]
) -> HttpResponse:
    if not request.path.startswith(API):
        return page()
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": text,
    }
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)
