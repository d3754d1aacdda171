"""One reusable libcurl handle: prepared once, then a handful of options for each request."""

import time

import certifi
import pycurl

from config.egress.curl import admit, guard
from webhooks.sender.failures import BROKEN, DENIED, PROXY, is_head_whole, name_of
from webhooks.sender.messages import REPLY_BODY_LIMIT, Reply, Request
from webhooks.sender.ways import Way

USER_AGENT = "Switchboard-Webhooks/1.0"


class Transfer:
    """A handle, its buffers and the request it carries now."""

    __slots__ = (
        "_chunks",
        "_gate",
        "_headers",
        "_room",
        "_set",
        "handle",
        "request",
        "sent_headers",
        "started_at",
    )

    def __init__(self, way: Way | None = None) -> None:
        self.handle = pycurl.Curl()
        self.request: Request
        self.sent_headers: list[str] = []
        self.started_at = 0.0
        self._headers: list[bytes] = []
        self._chunks: list[bytes] = []
        self._room = REPLY_BODY_LIMIT
        self._set: tuple[str, int, int] = ("", 0, 0)
        self._gate = guard(self.handle)
        self._prepare()
        if way is not None:
            way.prepare(self.handle)

    def _prepare(self) -> None:
        setopt = self.handle.setopt
        setopt(pycurl.POST, 1)
        setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        setopt(pycurl.USERAGENT, USER_AGENT)
        setopt(pycurl.CAINFO, certifi.where())
        setopt(pycurl.TCP_KEEPALIVE, 1)
        setopt(pycurl.TCP_NODELAY, 1)
        setopt(pycurl.DNS_CACHE_TIMEOUT, 30)
        # A bound C method: libcurl hands over header lines without running Python code.
        setopt(pycurl.HEADERFUNCTION, self._headers.append)
        setopt(pycurl.WRITEFUNCTION, self._take)

    def begin(self, request: Request) -> None:
        self.request = request
        self._headers.clear()
        self._chunks.clear()
        self._room = request.most_bytes
        way = request.way
        is_own_proxy = way is not None and way.is_own_proxy
        admit(self.handle, self._gate, request.egress_allow, is_own_proxy=is_own_proxy)
        self.started_at = time.time()
        self.sent_headers = request.headers()
        setopt = self.handle.setopt
        fixed = (request.url, request.timeout_ms, request.connect_timeout_ms)
        if fixed != self._set:
            setopt(pycurl.URL, request.url)
            setopt(pycurl.TIMEOUT_MS, request.timeout_ms)
            setopt(pycurl.CONNECTTIMEOUT_MS, request.connect_timeout_ms)
            self._set = fixed
        # libcurl would ask "Expect: 100-continue" before larger bodies, which many receivers never answer.
        setopt(pycurl.HTTPHEADER, [*self.sent_headers, "Expect:"])
        if request.is_get:
            setopt(pycurl.HTTPGET, 1)
        else:
            setopt(pycurl.POSTFIELDS, request.body)

    def _take(self, chunk: bytes) -> int:
        self._chunks.append(chunk[: self._room])
        self._room -= len(chunk)
        # Less than was offered ends the transfer: what was cut off is never even read from the network.
        return len(chunk) if self._room >= 0 else 0

    def finish(self, number: int, detail: str) -> Reply:
        """The reply to the request carried; `number` is libcurl's error number, 0 for none."""
        info = self.handle.getinfo
        is_cut = self._room < 0
        status = info(pycurl.RESPONSE_CODE)
        connect = info(pycurl.CONNECT_TIME)
        is_reused = info(pycurl.NUM_CONNECTS) == 0
        error = ""
        if number and not (is_cut and status and number == pycurl.E_WRITE_ERROR):
            is_there = is_reused or connect > 0
            error = name_of(number, detail, was_denied=self._gate.denied, was_connected=is_there)
            if error != DENIED and info(pycurl.HTTP_CONNECTCODE) >= 300:
                error = PROXY
        elif status == 407 and self.request.way is not None and self.request.way.proxy:
            error, detail = PROXY, "407"
        elif not is_head_whole(self._headers):
            error, detail = BROKEN, "the headers end in the middle"
        return Reply(
            request=self.request,
            sent_headers=self.sent_headers,
            started_at=self.started_at,
            error=error,
            # libcurl's text may name the resolved address, which a refusal must not tell.
            detail=detail if error and error != DENIED else "",
            status=status,
            headers=b"".join(self._headers),
            body=b"".join(self._chunks),
            is_cut=is_cut,
            dns_ms=info(pycurl.NAMELOOKUP_TIME) * 1000,
            connect_ms=connect * 1000,
            tls_ms=info(pycurl.APPCONNECT_TIME) * 1000,
            first_byte_ms=info(pycurl.STARTTRANSFER_TIME) * 1000,
            total_ms=info(pycurl.TOTAL_TIME) * 1000,
            is_reused=is_reused,
        )


def failed(request: Request, error: str, detail: str) -> Reply:
    """A reply for a request that never left."""
    return Reply(request, [], time.time(), error, detail, 0, b"", b"", False, 0.0, 0.0, 0.0, 0.0, 0.0, False)
