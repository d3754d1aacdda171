"""`GET /r/{token}`: a recording, whole or a range of it, streamed from where it lies, to whoever has a link that works."""

import re
import threading
from collections.abc import Callable, Iterator
from typing import Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header, http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from telephony.models.recording import Recording, RecordingLink, RecordingState, link_digest
from telephony.recordings import keeping
from telephony.recordings.checking import store_of
from telephony.recordings.paths import UnsafePath, content_type, extension_of, parts_of
from telephony.recordings.places import Place, open_place
from tenants import audit
from tenants.counters import is_first
from tenants.errors import HubError
from tenants.scoping import all_tenants, tenant_scope

MOST_STREAMS: Final = 4
"""Each holds one of the web process' threads; the rest is for everybody else."""
RETRY_SECONDS: Final = 3
HEARD_SECONDS: Final = 600
"""A player asks for many ranges: within so long they are one listening."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")
_streams = threading.BoundedSemaphore(MOST_STREAMS)


@require_safe
def recording(request: HttpRequest, token: str) -> HttpResponseBase:
    """404 for a link that is none or has ended, 425 before the recording is complete, 410 when it is kept no longer."""
    with all_tenants():
        live = RecordingLink.objects.filter(
            token_digest=link_digest(token), expires_at__gt=timezone.now(), tenant__is_active=True
        )
        link = live.select_related("recording__call", "user").first()
    if link is None:
        return _plain(404, _("There is no such recording, or the link has ended."))
    with tenant_scope(link.tenant_id):
        return _answer(request, link)


def _answer(request: HttpRequest, link: RecordingLink) -> HttpResponseBase:
    row = link.recording
    if row.state == RecordingState.EXPECTED:
        return _plain(425, _("The recording is not complete yet."), {"Retry-After": str(RETRY_SECONDS)})
    if not row.is_playable or row.size is None:
        return _plain(410, _("There is nothing to listen to any more."))
    if request.method == "HEAD":
        return _described(HttpResponse(), row, row.size)
    span = _span(request, row)
    if span is not None and span[0] > span[1]:
        return _plain(416, "", {"Content-Range": f"bytes */{row.size}"})
    first, last = span or (0, row.size - 1)
    if not _streams.acquire(blocking=False):
        return _plain(503, _("Too busy. Try again."), {"Retry-After": str(RETRY_SECONDS)})
    try:
        stream = _Stream(_source(row), first, last - first + 1)
    except (FileNotFoundError, UnsafePath):
        _streams.release()
        return _plain(410, _("There is nothing to listen to any more."))
    except HubError as error:
        _streams.release()
        return _plain(502, str(error), {"Retry-After": "30"})
    except BaseException:
        _streams.release()
        raise
    _note(request, link)
    response = StreamingHttpResponse(stream, status=206 if span else 200)
    if span:
        response.headers["Content-Range"] = f"bytes {first}-{last}/{row.size}"
    return _described(response, row, last - first + 1)


class _Source:
    """A copy of ours, or the place at the exchange."""

    def __init__(self, read: Callable[[int, int], Iterator[bytes]], place: Place | None = None) -> None:
        self.read = read
        self._place = place

    def close(self) -> None:
        if self._place is not None:
            self._place.close()


def _source(row: Recording) -> _Source:
    if row.copy:
        return _Source(lambda first, length: keeping.read_copy(row, first, length))
    store = store_of(row.pbx_id)
    if store is None:
        raise FileNotFoundError
    parts = parts_of(row.path, store.cut)
    place = open_place(store)
    return _Source(lambda first, length: place.read(parts, first, length), place)


class _Stream:
    """The first piece is fetched at once, so that an error is still an answer. Closed by Django, begun or not."""

    def __init__(self, source: _Source, first: int, length: int) -> None:
        self._source = source
        self._pieces = source.read(first, length)
        self._is_open = True
        try:
            self._next = next(self._pieces, b"")
        except BaseException:
            source.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        try:
            if self._next:
                yield self._next
            yield from self._pieces
        finally:
            self.close()

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._source.close()
            _streams.release()


def _described(response: HttpResponseBase, row: Recording, length: int) -> HttpResponseBase:
    parts = tuple(row.path.rsplit("/", 1)[-1:]) or ("",)
    ending = extension_of(parts)
    name = f"{timezone.localtime(row.call.started_at):%Y-%m-%d-%H-%M-%S}" + (f".{ending}" if ending else "")
    response.headers["Content-Type"] = content_type(parts)
    response.headers["Content-Length"] = str(length)
    response.headers["Content-Disposition"] = str(content_disposition_header(False, name))
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = _tag(row)
    response.headers["Last-Modified"] = http_date((row.checked_at or row.created_at).timestamp())
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _tag(row: Recording) -> str:
    return f'"{row.pk.hex}-{row.size}"'


def _span(request: HttpRequest, row: Recording) -> tuple[int, int] | None:
    """First and last byte; None for the whole, also for what RFC 9110 lets a server ignore."""
    match = _RANGE.match(request.headers.get("Range", ""))
    size = row.size or 0
    if match is None or match[0] == "bytes=-" or request.headers.get("If-Range", _tag(row)) != _tag(row):
        return None
    first, last = match.groups()
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else (1, 0)
    return int(first), min(int(last), size - 1) if last else size - 1


def _note(request: HttpRequest, link: RecordingLink) -> None:
    """Who listened, when, by which link, from where."""
    if not is_first(f"heard:{link.pk}:{request.META.get('REMOTE_ADDR')}", HEARD_SECONDS):
        return
    name = link.user.get_username() if link.user else link.made_for or str(link.get_audience_display())
    with audit.acting(audit.Actor.of_request(request, name, "person" if link.user else "key")):
        audit.record(
            "recording.listened",
            link.recording,
            after={"link": str(link.pk), "for": link.audience, "call": str(link.recording.call_id)},
        )


def _plain(status: int, text: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(text, "text/plain; charset=utf-8", status, headers=headers)
