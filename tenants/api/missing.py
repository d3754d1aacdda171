"""What has no view of the API to answer it: unknown paths, malformed requests, defects. Below /api/ these are problems, too."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults

from tenants.api.problems import CONTENT_TYPE

API = "/api/"


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
    text = _("Something went wrong here. Try again later.")
    return _answer(request, 500, "error", text, lambda: defaults.server_error(request))


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
