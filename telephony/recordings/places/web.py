"""A web server at the exchange. Redirects are not followed, private addresses only where the operator allows them."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from config.egress.errors import EgressDenied
from config.egress.requests_adapter import session
from telephony.models.recording import RecordingStore
from telephony.recordings.places.base import CHUNK, SECONDS, Place
from tenants.errors import AuthFailed, ConfigError, TransientError

ABSENT = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class WebPlace(Place):
    """Files by the address that the template makes of their path."""

    def __init__(self, store: RecordingStore) -> None:
        self._store = store
        self._session = session(1, store.tenant.egress_allow)
        self._user = (store.username, store.secret) if store.username else None

    def address(self, parts: tuple[str, ...]) -> str:
        escaped = "/".join(quote(part, safe="") for part in parts)
        return str(self._store.template).replace("{path}", escaped)

    def headers(self, method: str, url: str, wanted: dict[str, str]) -> dict[str, str]:
        """What goes with a request. `Accept-Encoding`: a packed answer would have another length."""
        return {"Accept-Encoding": "identity", **wanted}

    def size(self, parts: tuple[str, ...]) -> int | None:
        """By HEAD; a server that knows no HEAD is asked for the first byte."""
        with self._ask("HEAD", parts, {}) as answer:
            if answer.status_code in ABSENT:
                return None
            length = answer.headers.get("Content-Length", "")
            if answer.status_code == HTTPStatus.OK and length.isdigit():
                return int(length)
        with self._ask("GET", parts, {"Range": "bytes=0-0"}) as answer:
            if answer.status_code in ABSENT:
                return None
            return _whole_size(answer)

    def read(self, parts: tuple[str, ...], first: int, length: int) -> Iterator[bytes]:
        wanted = {"Range": f"bytes={first}-{first + length - 1}"}
        with self._ask("GET", parts, wanted) as answer:
            if answer.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                raise _trouble(answer.status_code)
            # A server without ranges sends all of it: what was not asked for is dropped on the way.
            skip = 0 if answer.status_code == HTTPStatus.PARTIAL_CONTENT else first
            yield from _piece(answer, skip, length)

    def close(self) -> None:
        self._session.close()

    def _ask(self, method: str, parts: tuple[str, ...], wanted: dict[str, str]) -> Any:
        url = self.address(parts)
        try:
            answer = self._session.request(
                method,
                url,
                headers=self.headers(method, url, wanted),
                auth=self._user,
                timeout=SECONDS,
                stream=True,
                allow_redirects=False,
            )
        except EgressDenied as error:
            raise ConfigError(
                _("This address is not allowed: it leads into a private network. The operator can allow it.")
            ) from error
        except OSError as error:  # every exception of requests is one
            raise TransientError(_("The place of recordings does not answer."), detail=str(error)) from error
        if answer.status_code in REFUSED:
            answer.close()
            raise AuthFailed(_("The place of recordings refuses our credentials."))
        return answer


def _whole_size(answer: Any) -> int | None:
    if answer.status_code == HTTPStatus.PARTIAL_CONTENT:
        whole = answer.headers.get("Content-Range", "").rpartition("/")[2]
        if whole.isdigit():
            return int(whole)
    length = answer.headers.get("Content-Length", "")
    if answer.status_code == HTTPStatus.OK and length.isdigit():
        return int(length)
    if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return 0
    raise _trouble(answer.status_code)


def _piece(answer: Any, skip: int, length: int) -> Iterator[bytes]:
    try:
        while length > 0 and (chunk := answer.raw.read(CHUNK, decode_content=False)):
            if skip >= len(chunk):
                skip -= len(chunk)
                continue
            part = chunk[skip : skip + length]
            skip, length = 0, length - len(part)
            yield part
    except Exception as error:  # urllib3's own tree; the reader learns of it by a cut answer
        raise TransientError(
            _("The connection to the place of recordings broke."), detail=str(error)
        ) from error


def _trouble(status: int) -> TransientError:
    return TransientError(
        _("The place of recordings answers %(status)s.") % {"status": status}, detail=str(status)
    )
