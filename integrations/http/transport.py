"""Sends one attempt through the egress gate and says what became of it."""

from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy

import requests
from django.utils.translation import gettext as _
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError

from config.egress import EgressDenied
from config.egress.requests_adapter import session as egress_session
from integrations.http.bounds import Attempt, bound, current
from integrations.http.draft import Outgoing
from integrations.http.errors import OutcomeUnknown
from integrations.http.messages import Response
from tenants.errors import ConfigError, HubError, TransientError

CONNECT_SECONDS = 5.0
CHUNK = 64 * 1024
LARGEST_BODY = 16 * 1024 * 1024
POOL_SIZE = 32


class Transport:
    """A pool of connections for one integration. Cookies are never kept, redirects never followed."""

    def __init__(self, egress_allow: str = "") -> None:
        self._session = bound(egress_session(POOL_SIZE, egress_allow))
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def send(self, attempt: Attempt, outgoing: Outgoing) -> Response:
        """The whole answer, whatever its status; HubError when there is none."""
        token = current.set(attempt)
        try:
            return self._send(attempt, outgoing)
        except EgressDenied as error:
            raise ConfigError(
                _("This address is not allowed: it leads into a private network. The operator can allow it."),
                detail="target not allowed",
            ) from error
        except requests.RequestException as error:
            raise explain(error) from error
        except (HTTPError, TimeoutError, OSError) as error:
            raise _unknown(error) from error
        finally:
            current.reset(token)

    def close(self) -> None:
        self._session.close()

    def _send(self, attempt: Attempt, outgoing: Outgoing) -> Response:
        left = max(attempt.left(), 0.001)
        limits = (min(CONNECT_SECONDS, left), min(attempt.read_limit, left))
        with self._session.request(
            outgoing.method,
            outgoing.url,
            headers=outgoing.headers,
            data=outgoing.body,
            timeout=limits,
            stream=True,
            allow_redirects=False,
        ) as answer:
            return Response(answer.status_code, _lower(answer.headers), _read(answer))


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _read(answer: requests.Response) -> bytes:
    parts, size = [], 0
    while chunk := answer.raw.read(CHUNK, decode_content=True):
        size += len(chunk)
        if size > LARGEST_BODY:
            raise OutcomeUnknown(
                _("The outside system's answer is too large."), detail=f"more than {LARGEST_BODY} bytes"
            )
        parts.append(chunk)
    return b"".join(parts)


def explain(error: requests.RequestException) -> HubError:
    """The difference that matters: was the request possibly acted on, or certainly not?"""
    if isinstance(error, requests.exceptions.SSLError):
        return TransientError(
            _("No secure connection: the certificate of the outside system was not accepted."),
            detail=str(error),
        )
    if isinstance(error, requests.ConnectTimeout):
        return TransientError(
            _("The outside system does not answer: no connection in time."), detail=str(error)
        )
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return ConfigError(_("The address of the outside system is not valid."), detail=str(error))
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NameResolutionError):
        return TransientError(
            _("The outside system's name was not found: check the address for a misspelling."),
            detail=str(reason),
        )
    if isinstance(reason, NewConnectionError):
        return TransientError(_("The outside system refuses connections."), detail=str(reason))
    return _unknown(error)


def _unknown(error: Exception) -> OutcomeUnknown:
    if isinstance(error, TimeoutError | requests.Timeout) or "timed out" in str(error).lower():
        return OutcomeUnknown(_("The outside system did not answer in time."), detail=str(error))
    return OutcomeUnknown(
        _("The connection broke before the outside system had answered."), detail=str(error)
    )
