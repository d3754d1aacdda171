"""The calls of Planfix that we use: its API for telephony (forms) and its REST API (JSON)."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from integrations.capabilities import Repeat
from integrations.connectors.planfix.manifest import REST, TELEPHONY
from integrations.http.client import ApiClient
from integrations.http.messages import Request, Response
from integrations.http.status import auth_failed
from tenants.errors import AuthFailed, ConfigError, HubError, RateLimited, RemoteRejected, TransientError

TELEPHONY_PATH = "/tel/api"
PAGE_SIZE = 100
MOST_PAGES = 1000
USER_FIELDS = "id,name,lastname,email,status"
# The daily quota says nothing of when it ends: ask again in an hour.
QUOTA_PAUSE = 3600.0

_AUTH_CODES = frozenset({1, 2, 5, 6})
_ACCOUNT_CODES = frozenset({10, 11, 16, 20, 21})
_QUOTA_CODE = 22
_UNKNOWN_CODE = 0


def inspect(response: Response) -> HubError | None:
    """What the status alone does not tell; None leaves the word to the status."""
    if response.status >= 500 or response.status in (408, 425, 429):
        return None
    if response.status == 200 and not response.body:
        return None  # an event is acknowledged by the status alone
    try:
        answer = response.json_object()
    except HubError as error:
        return error if response.status < 300 else None
    if answer.get("result") == "fail" or ("code" in answer and "error" in answer):
        return _rest_refusal(answer, response)
    if "error" in answer and response.status == 400:
        why = str(answer["error"])
        return RemoteRejected(
            _("Planfix rejected the request: %(why)s") % {"why": why}, detail=f"HTTP 400: {why}"
        )
    return None


def _rest_refusal(answer: Mapping[str, Any], response: Response) -> HubError:
    code, why = answer.get("code"), str(answer.get("error", ""))
    detail = f"HTTP {response.status}: code {code}: {why}"
    if code in _AUTH_CODES:
        return AuthFailed(
            _("Planfix refused the REST token: check the token and what it is allowed to do."), detail=detail
        )
    if code in _ACCOUNT_CODES:
        return ConfigError(
            _("The Planfix account does not allow this at the moment: %(why)s") % {"why": why}, detail=detail
        )
    if code == _QUOTA_CODE:
        return RateLimited(
            _("The daily number of requests to Planfix is used up."), detail=detail, retry_after=QUOTA_PAUSE
        )
    if code == _UNKNOWN_CODE:
        return TransientError(_("Planfix reports an error of its own."), detail=detail)
    return RemoteRejected(_("Planfix rejected the request: %(why)s") % {"why": why or code}, detail=detail)


class Planfix:
    """One method for each call; the tokens are put where each of the two APIs wants them."""

    def __init__(self, http: ApiClient, credentials: Mapping[str, Any]) -> None:
        http.inspect = inspect
        http.overrides = {401: auth_failed}
        self._http = http
        self._telephony_token = str(credentials.get("planfix_token") or "")
        self._rest_token = str(credentials.get("rest_token") or "")

    @property
    def has_rest(self) -> bool:
        return bool(self._rest_token)

    def ping(self) -> None:
        """Whether the token is right. The answer holds our own token, so nobody gets it."""
        self._telephony("ping", {}, "ping", Repeat.ALWAYS, attempts=3, changes=False)

    def event(self, fields: Mapping[str, str]) -> None:
        """Tell of a call."""
        self._telephony("event", fields, f"event {fields['event'].lower()}")

    def users(self, page_size: int = PAGE_SIZE) -> Iterator[dict[str, Any]]:
        """All employees, page by page."""
        for page in range(MOST_PAGES):
            found = self.user_page(page * page_size, page_size)
            yield from found
            if len(found) < page_size:
                return

    def user_page(self, offset: int, size: int) -> list[dict[str, Any]]:
        """Up to 100 employees. Without `fields` the rows would be nearly empty."""
        if not self._rest_token:
            raise ConfigError(_("Enter the REST API token to load employees from Planfix."))
        request = Request(
            method="POST",
            path="/rest/user/list",
            operation="users",
            json={"offset": offset, "pageSize": size, "fields": USER_FIELDS},
            headers={"Authorization": f"Bearer {self._rest_token}"},
            bucket=REST,
            repeat=Repeat.ALWAYS,
            attempts=3,
            changes=False,
        )
        found = self._http.call(request).json_object().get("users")
        return found if isinstance(found, list) else []

    def _telephony(
        self, command: str, fields: Mapping[str, str], operation: str, repeat: Repeat = Repeat.NEVER, attempts: int = 1, changes: bool = True
    ) -> None:  # fmt: skip
        form = {"cmd": command, **fields, "planfix_token": self._telephony_token}
        self._http.call(
            Request(
                method="POST",
                path=TELEPHONY_PATH,
                operation=operation,
                form=form,
                bucket=TELEPHONY,
                repeat=repeat,
                attempts=attempts,
                changes=changes,
            )
        )
