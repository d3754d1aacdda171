"""What Bitrix24's answers mean: an error is a code in the body, and its status says little."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from integrations.http.errors import OutcomeUnknown
from integrations.http.messages import Response
from integrations.http.status import retry_after
from tenants.errors import AuthFailed, ConfigError, HubError, RateLimited, RemoteRejected

# A refused request does not count; the bucket loses two a second.
BUCKET_PAUSE = 1.0
# The sum of a method's seconds is taken over ten minutes.
LONGEST_OPERATION_PAUSE = 600.0
# Of 480 in the cloud, 420 on an own server.
MOST_OPERATING = 380.0
LONGEST_WHY = 300
_TAGS = re.compile(r"<[^>]{0,200}>")


class NeedsApplication(ConfigError):
    """The call is for applications only, and we came by a webhook."""

    code = "needs_application"


class Refused(RemoteRejected):
    """They refuse; `vendor_code` is theirs, often empty, and `why` their words."""

    def __init__(self, message: object, detail: str, vendor_code: str, why: str) -> None:
        super().__init__(message, detail)
        self.vendor_code, self.why = vendor_code, why


def inspect(response: Response) -> HubError | None:
    """What the status alone does not tell; None leaves the word to the status."""
    if 300 <= response.status < 400:
        return _moved(response)
    try:
        answer = response.json_object()
    except HubError as error:
        return error if response.status < 300 else None
    if "error" in answer:
        return refusal(answer, response.status, response)
    if response.status < 300 and "result" not in answer:
        return OutcomeUnknown(
            _("The outside system answered in a form that we do not know."),
            detail="an answer without a result",
        )
    return None


def is_expired(response: Response) -> bool:
    """Whether a new token would help. Anything else that is wrong with our access, it would not mend."""
    if response.status != 401:
        return False
    try:
        return str(response.json_object().get("error", "")).lower() in ("expired_token", "invalid_token")
    except HubError:
        return False


def refusal(
    answer: Mapping[str, Any], status: int = 200, response: Response | None = None
) -> HubError | None:
    """The error that a body, or one call of a batch, means; None where the status says it better."""
    code = str(answer.get("error") or "")
    why = _TAGS.sub("", str(answer.get("error_description") or code))[:LONGEST_WHY].strip()
    detail = f"HTTP {status}: {code}: {why}"
    if code in _LIMITS:
        return _LIMITS[code](detail, answer, response)
    if code.lower() in _CAUSES:
        return _CAUSES[code.lower()](why, detail)
    if status == 429 or (status >= 500 and code.upper() not in _BROKEN):
        return None
    if code.upper() in _BROKEN:
        return OutcomeUnknown(_("Bitrix24 reports an error of its own."), detail=detail)
    return Refused(_("Bitrix24 rejected the request: %(why)s") % {"why": why or code}, detail, code, why)


def _moved(response: Response) -> HubError:
    """A renamed portal leads to its new address. Followed, a POST would lose its body, and our secrets be elsewhere."""
    host = urlsplit(response.headers.get("location", "")).hostname or ""
    detail = f"HTTP {response.status} to {host}"
    if not host:
        return ConfigError(
            _("The address points elsewhere: enter the portal's final address."), detail=detail
        )
    return ConfigError(
        _("The portal has another address now. If you know %(host)s as yours, enter it here.")
        % {"host": host[:100]},
        detail=detail,
    )


def _too_fast(detail: str, answer: Mapping[str, Any], response: Response | None) -> HubError:
    asked = retry_after(response) if response is not None else None
    return RateLimited(
        _("Too many requests to this portal at once."), detail=detail, retry_after=asked or BUCKET_PAUSE
    )


def _too_long(detail: str, answer: Mapping[str, Any], response: Response | None) -> HubError:
    """A method has used up its seconds; the answer says until when."""
    clock = answer.get("time")
    until = clock.get("operating_reset_at") if isinstance(clock, Mapping) else None
    pause = float(until) - time.time() if isinstance(until, int | float) else LONGEST_OPERATION_PAUSE
    return RateLimited(
        _("Bitrix24 has worked for us long enough; it goes on in some minutes."),
        detail=detail,
        retry_after=min(max(pause, BUCKET_PAUSE), LONGEST_OPERATION_PAUSE),
    )


def rest_before_limit(answer: Mapping[str, Any]) -> float:
    """Seconds to wait where a method has nearly used up its ten minutes' share; else 0."""
    clock = answer.get("time")
    used = clock.get("operating") if isinstance(clock, Mapping) else None
    until = clock.get("operating_reset_at") if isinstance(clock, Mapping) else None
    if not isinstance(used, int | float) or not isinstance(until, int | float) or used < MOST_OPERATING:
        return 0.0
    return min(max(float(until) - time.time(), 0.0), LONGEST_OPERATION_PAUSE)


def _auth(text: Callable[[], str]) -> Callable[[str, str], HubError]:
    return lambda why, detail: AuthFailed(text(), detail=detail)


def _denied(why: str, detail: str) -> HubError:
    return AuthFailed(
        _("Bitrix24 denies access: the user's rights or the portal's plan do not allow it (%(why)s).")
        % {"why": why},
        detail=detail,
    )


_BROKEN = frozenset({"INTERNAL_SERVER_ERROR", "ERROR_UNEXPECTED_ANSWER"})
_LIMITS: Mapping[str, Callable[[str, Mapping[str, Any], Response | None], HubError]] = {
    "QUERY_LIMIT_EXCEEDED": _too_fast,
    "OPERATION_TIME_LIMIT": _too_long,
}
_CAUSES: Mapping[str, Callable[[str, str], HubError]] = {
    "expired_token": _auth(lambda: _("Access to the portal has expired: connect it again.")),
    "invalid_token": _auth(lambda: _("Bitrix24 does not know our access any more: connect it again.")),
    "no_auth_found": _auth(lambda: _("Bitrix24 does not know our access any more: connect it again.")),
    "invalid_credentials": _auth(
        lambda: _("Bitrix24 does not know this webhook: it was deleted, or its address is not whole.")
    ),
    "insufficient_scope": _auth(
        lambda: _("The application or webhook lacks a right: it needs crm, telephony and user.")
    ),
    "access_denied": _denied,
    "user_access_error": _denied,
    "wrong_auth_type": lambda why, detail: NeedsApplication(
        _("Bitrix24 takes calls from applications only: an incoming webhook is not enough."), detail=detail
    ),
    "payment_required": lambda why, detail: ConfigError(
        _("The portal's plan has ended: Bitrix24 takes nothing before it is paid."), detail=detail
    ),
    "portal_deleted": lambda why, detail: ConfigError(_("This portal was deleted."), detail=detail),
    "overload_limit": lambda why, detail: ConfigError(
        _("Bitrix24 has blocked requests to this portal by hand: ask its support to lift that."),
        detail=detail,
    ),
}
