"""What Planfix's answers mean: a word for telephony, a number for REST."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from integrations.http.errors import OutcomeUnknown
from integrations.http.messages import Response
from tenants.errors import AuthFailed, ConfigError, HubError, RateLimited, RemoteRejected, TransientError

# The daily quota says nothing of when it ends: ask again in an hour.
QUOTA_PAUSE: Final = 3600.0

_AUTH_CODES = frozenset({1, 2, 5, 6})
_ACCOUNT_CODES = frozenset({10, 11, 16, 20, 21})
_ABSENT_CODES = frozenset({1000, 2000})
_QUOTA_CODE = 22
_UNKNOWN_CODE = 0


class Absent(RemoteRejected):
    """There is no such task or contact, or the token's employee must not see it."""


def inspect_command(response: Response) -> HubError | None:
    """For telephony, which acknowledges an event by the status alone."""
    return None if response.status == 200 and not response.body else inspect(response)


def inspect_whole(response: Response) -> HubError | None:
    """For REST: every answer of theirs says how it went."""
    found = inspect(response)
    if found is not None or response.status >= 300 or response.json_object().get("result") == "success":
        return found
    return OutcomeUnknown(
        _("The outside system answered in a form that we do not know."), detail="an answer without a result"
    )


def inspect(response: Response) -> HubError | None:
    """What the status alone does not tell; None leaves the word to the status."""
    if response.status >= 500 or response.status in (408, 425, 429):
        return None
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
    if code in _ABSENT_CODES:
        return Absent(_("Planfix has no such object (any more)."), detail=detail)
    return RemoteRejected(_("Planfix rejected the request: %(why)s") % {"why": why or code}, detail=detail)
