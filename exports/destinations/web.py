"""HTTP for destinations: the gate's own session, streamed bodies, and statuses as codes of failures.py."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final

from config.egress import EgressDenied
from config.egress.requests_adapter import session
from exports.destinations.base import CHUNK, SECONDS, OutgoingFile, Slice, is_same
from exports.destinations.failures import NotSent
from exports.destinations.troubles import connection_trouble

LONGEST_ANSWER: Final = 64 * 1024
CONNECT_SECONDS: Final = 10.0
LONGEST_WAIT: Final = 6 * 3600.0
_BY_STATUS: Final[Mapping[int, str]] = {
    401: "refused",
    403: "forbidden",
    404: "not_found",
    408: "timeout",
    410: "not_found",
    413: "too_large",
    423: "locked",
    425: "busy",
    429: "busy",
    503: "busy",
    507: "full",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` is as much of the body as tells what happened."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def is_ok(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class Web:
    """One connection's worth of requests. Redirects are not followed, cookies not kept."""

    def __init__(self, extra: str) -> None:
        self._session = session(1, extra)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | Slice = b"") -> Answer:
        """Whatever the status. NotSent when there is no answer."""
        with self._asked(method, url, headers, body) as answer:
            text = b"" if method == "HEAD" else next(answer.iter_content(LONGEST_ANSWER), b"")
            return Answer(answer.status_code, dict(answer.headers), text.decode("utf-8", "replace"))

    def has(self, url: str, headers: Mapping[str, str], file: OutgoingFile) -> bool | None:
        """Whether that very file is at the address; None when nothing is. It is read unless its length tells."""
        with self._asked("GET", url, {**headers, "Accept-Encoding": "identity"}, b"") as answer:
            if answer.status_code == HTTPStatus.NOT_FOUND:
                return None
            if answer.status_code != HTTPStatus.OK:
                raise refusal(Answer(answer.status_code, dict(answer.headers), ""))
            told = answer.headers.get("Content-Length", str(file.size))
            return told == str(file.size) and is_same(answer.iter_content(CHUNK), file)

    @contextmanager
    def _asked(self, method: str, url: str, headers: Mapping[str, str], body: bytes | Slice) -> Iterator[Any]:
        # An empty file would be sent in chunks, which storages refuse.
        data: Any = body if len(body) else b""
        try:
            with self._session.request(
                method,
                url,
                headers=dict(headers),
                data=data,
                timeout=(CONNECT_SECONDS, SECONDS),
                stream=True,
                allow_redirects=False,
            ) as answer:
                yield answer
        except (EgressDenied, OSError) as error:  # every exception of requests is one
            raise connection_trouble(error) from error
        except UnicodeError as error:  # stored before such values were refused
            raise NotSent("settings", type(error).__name__) from error

    def close(self) -> None:
        self._session.close()


def login_header(settings: Mapping[str, Any], credentials: Mapping[str, str]) -> dict[str, str]:
    """Of forms with LOGINS."""
    if settings.get("login") == "basic":
        pair = f"{settings.get('username', '')}:{credentials.get('password', '')}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode('ascii')}"}
    if settings.get("login") == "bearer":
        return {"Authorization": f"Bearer {credentials.get('token', '')}"}
    return {}


def refusal(answer: Answer, own: Mapping[int, str] | None = None) -> NotSent:
    """What a status that is no success means; `own` are the meanings that a protocol has beside the common ones."""
    status = answer.status
    code = {**_BY_STATUS, **(own or {})}.get(status)
    if code is None and status < HTTPStatus.BAD_REQUEST:
        code = "moved"
    if code is None:
        code = "rejected" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    return NotSent(code, f"status {status}", retry_after=_wait(answer), status=_in_words(status))


def _in_words(status: int) -> str:
    known = {one.value: one.phrase for one in HTTPStatus}
    return f"{status} {known[status]}" if status in known else str(status)


def _wait(answer: Answer) -> float | None:
    text = next((value for name, value in answer.headers.items() if name.lower() == "retry-after"), "")
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdigit() else None
