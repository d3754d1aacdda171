"""Headers that protect people, and the id that ties a request to everything it causes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.correlation import correlated
from config.ids import uuid7

GetResponse = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'self'; script-src 'self'{eval}; style-src 'self'{styles}; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; worker-src 'self' blob:"
)
STRICT_POLICY = POLICY.format(eval="", styles="")
# The admin's Alpine.js evaluates expressions, and progress bars are as wide as their `style` attribute says. No page
# carries a <style> or <script> of its own.
ADMIN_POLICY = POLICY.format(eval=" 'unsafe-eval'", styles="; style-src-attr 'unsafe-inline'")
# Swagger UI and ReDoc make their styles while they run; they show our schema and nothing that a stranger wrote.
REFERENCE_POLICY = POLICY.format(eval="", styles=" 'unsafe-inline'")
REFERENCE_PATHS = ("/docs", "/redoc")


def policy_for(path: str) -> str:
    if path.startswith("/admin/"):
        return ADMIN_POLICY
    return REFERENCE_POLICY if path in REFERENCE_PATHS else STRICT_POLICY


class SecurityHeaders:
    """A content security policy on every page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy_for(request.path))
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response


class Correlation:
    """Gives every request an id, which its effects carry and its answer shows."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid7()
        with correlated(request_id):
            response = self.get_response(request)
        response.headers["X-Request-Id"] = str(request_id)
        return response


class ApiPaths:
    """The API's paths have no slash at the end; a caller who writes one means the same."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(("/api/v1/", "/webhooks/")):
            request.path_info = request.path_info.rstrip("/")
        return self.get_response(request)
