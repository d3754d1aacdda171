"""Status to error: one table, of which an adapter overrides single rows."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from django.utils.translation import gettext as _

from integrations.http.errors import OutcomeUnknown
from integrations.http.messages import Response
from tenants.errors import AuthFailed, ConfigError, HubError, RateLimited, RemoteRejected, TransientError

LONGEST_RETRY_AFTER = 3600.0

Row = Callable[[Response], HubError]


def auth_failed(response: Response) -> HubError:
    return AuthFailed(
        _("The outside system refused our credentials: check the key and what it is allowed to do."),
        detail=f"HTTP {response.status}",
    )


def rate_limited(response: Response) -> HubError:
    return RateLimited(
        _("The outside system asks us to slow down."),
        detail=f"HTTP {response.status}",
        retry_after=retry_after(response),
    )


def unavailable(response: Response) -> HubError:
    return TransientError(
        _("The outside system is not available at the moment."),
        detail=f"HTTP {response.status}",
        retry_after=retry_after(response),
    )


def broken(response: Response) -> HubError:
    return OutcomeUnknown(
        _("The outside system reports an error of its own."), detail=f"HTTP {response.status}"
    )


def moved(response: Response) -> HubError:
    return ConfigError(
        _("The address points elsewhere: enter the account's final address."),
        detail=f"HTTP {response.status}",
    )


def rejected(response: Response) -> HubError:
    return RemoteRejected(
        _("The outside system rejected the request (HTTP %(status)d).") % {"status": response.status},
        detail=f"HTTP {response.status}",
    )


TABLE: dict[int, Row] = {
    401: auth_failed,
    403: auth_failed,
    408: unavailable,
    425: unavailable,
    429: rate_limited,
    503: unavailable,
}


def classify(response: Response, overrides: Mapping[int, Row]) -> HubError | None:
    """The error that this answer means, or None."""
    row = overrides.get(response.status) or TABLE.get(response.status)
    if row is not None:
        return row(response)
    if response.status < 300:
        return None
    if response.status < 400:
        return moved(response)
    return rejected(response) if response.status < 500 else broken(response)


def retry_after(response: Response) -> float | None:
    """`Retry-After` in seconds, from either of its forms; never more than an hour, never negative."""
    text = response.headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = (
            float(text)
            if text.isdigit()
            else (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        )
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)
