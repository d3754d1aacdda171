"""The calls of RetailCRM's API v5 that we use. Nested objects travel as JSON text inside form fields."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from integrations.capabilities import Repeat
from integrations.connectors.retailcrm.manifest import TELEPHONY
from integrations.http.client import ApiClient
from integrations.http.messages import Request, Response, as_json
from tenants.errors import AuthFailed, ConfigError, HubError, RemoteRejected

PAGE_SIZE = 100
MOST_PAGES = 1000

# The HTTP status of a refused key is not documented, and the official fixtures have 400: the text decides.
_AUTH_MESSAGES = ('"apikey" is missing', 'wrong "apikey" value', "access denied")
_NO_ACCOUNT = "account does not exist"


def inspect(response: Response) -> HubError | None:
    """What the status alone does not tell; None leaves the word to the status."""
    if response.status == 405 and response.content_type == "text/html":
        # nginx answers for subdomains that nobody has.
        return _no_account()
    if response.status >= 500 or response.status in (408, 425, 429):
        return None
    try:
        answer = response.json_object()
    except HubError as error:
        return error if response.status < 300 else None
    if answer.get("success") is False:
        return _refusal(answer, response.status)
    return None


def _refusal(answer: Mapping[str, Any], status: int) -> HubError:
    message = str(answer.get("errorMsg", ""))
    detail = f"HTTP {status}: " + "; ".join([message, *_field_errors(answer)])
    if message.lower().startswith(_AUTH_MESSAGES):
        return AuthFailed(
            _("RetailCRM refused the API key: check the key and what it is allowed to do."), detail=detail
        )
    if message.lower().startswith(_NO_ACCOUNT):
        return _no_account()
    return RemoteRejected(
        _("RetailCRM rejected the request: %(why)s") % {"why": "; ".join([message, *_field_errors(answer)])},
        detail=detail,
    )


def _field_errors(answer: Mapping[str, Any]) -> list[str]:
    """`errors` is an object or a plain list."""
    errors = answer.get("errors") or []
    if isinstance(errors, Mapping):
        return [f"{name}: {text}" for name, text in errors.items()]
    return (
        [str(text) for text in errors] if isinstance(errors, Sequence) and not isinstance(errors, str) else []
    )


def _no_account() -> ConfigError:
    return ConfigError(_("There is no RetailCRM account at this address: check it for a misspelling."))


class RetailCrm:
    """One method for each route; answers are the parsed objects."""

    def __init__(self, http: ApiClient) -> None:
        http.inspect = inspect
        self._http = http

    def credentials(self) -> dict[str, Any]:
        """What the key may do. The route has no version."""
        return self._get("/api/credentials", "credentials")

    def settings(self) -> dict[str, Any]:
        """The account's settings; keys without that right are refused, which does not mean that they are wrong."""
        return self._get("/api/v5/settings", "settings", is_optional=True)

    def sites(self) -> dict[str, Any]:
        """The account's shops, by their codes."""
        found = self._get("/api/v5/reference/sites", "sites", is_optional=True).get("sites")
        return found if isinstance(found, dict) else {}

    def users(self) -> Iterator[dict[str, Any]]:
        """All users, page by page."""
        for page in range(1, MOST_PAGES + 1):
            answer = self._get("/api/v5/users", "users", (("limit", str(PAGE_SIZE)), ("page", str(page))))
            found = answer.get("users") or []
            yield from found
            pages = (answer.get("pagination") or {}).get("totalPageCount", 0)
            if not found or page >= pages:
                return

    def call_event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """A pop-up, or its end."""
        return self._post(
            "/api/v5/telephony/call/event", f"call {event['type']}", {"event": as_json(event)}, TELEPHONY
        )

    def upload_calls(self, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Up to 50 calls for the history; those that it has already are named in the answer."""
        return self._post(
            "/api/v5/telephony/calls/upload",
            "calls upload",
            {"calls": as_json(calls)},
            TELEPHONY,
            Repeat.ALWAYS,
        )

    def module(self, code: str) -> dict[str, Any] | None:
        """Our module as registered, or None."""
        try:
            answer = self._get(f"/api/v5/integration-modules/{code}", "module", is_optional=True)
        except RemoteRejected:
            return None
        found = answer.get("integrationModule")
        return found if isinstance(found, dict) else None

    def edit_module(self, code: str, module: Mapping[str, Any]) -> dict[str, Any]:
        """Create or replace the module: what the block leaves out is gone."""
        path = f"/api/v5/integration-modules/{code}/edit"
        return self._post(path, "module edit", {"integrationModule": as_json(module)}, "", Repeat.ALWAYS)

    def _get(
        self, path: str, operation: str, query: tuple[tuple[str, str], ...] = (), *, is_optional: bool = False
    ) -> dict[str, Any]:
        request = Request(
            method="GET",
            path=path,
            operation=operation,
            query=query,
            repeat=Repeat.ALWAYS,
            attempts=3,
            is_optional=is_optional,
        )
        return self._http.call(request).json_object()

    def _post(
        self, path: str, operation: str, form: Mapping[str, str], bucket: str, repeat: Repeat = Repeat.NEVER
    ) -> dict[str, Any]:
        request = Request(
            method="POST", path=path, operation=operation, form=form, bucket=bucket, repeat=repeat
        )
        return self._http.call(request).json_object()
