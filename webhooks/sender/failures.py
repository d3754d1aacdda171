"""Names for the ways in which a transfer fails, out of libcurl's error numbers."""

from collections.abc import Sequence

import pycurl

DENIED = "target_not_allowed"
TIMEOUT = "timeout"
CONNECT_TIMEOUT = "connect_timeout"
UNEXPECTED = "transfer_failed"
PROXY = "proxy"
BROKEN = "reset"
LARGE_HEAD = "headers_too_large"
NOT_HTTP = "not_http"
TLS = "tls"

_NAMES: dict[int, str] = {
    pycurl.E_COULDNT_RESOLVE_HOST: "dns",
    pycurl.E_COULDNT_RESOLVE_PROXY: PROXY,
    97: PROXY,  # CURLE_PROXY, which pycurl does not name: a SOCKS proxy refused
    pycurl.E_COULDNT_CONNECT: "connect",
    pycurl.E_SSL_CONNECT_ERROR: TLS,
    pycurl.E_SSL_CERTPROBLEM: TLS,
    pycurl.E_PEER_FAILED_VERIFICATION: "tls_certificate",
    pycurl.E_SSL_CACERT_BADFILE: TLS,
    pycurl.E_SSL_CIPHER: TLS,
    pycurl.E_SEND_ERROR: BROKEN,
    pycurl.E_RECV_ERROR: BROKEN,
    pycurl.E_PARTIAL_FILE: BROKEN,
    pycurl.E_GOT_NOTHING: BROKEN,
    pycurl.E_HTTP2: NOT_HTTP,
    8: NOT_HTTP,  # CURLE_WEIRD_SERVER_REPLY, which pycurl does not name
    pycurl.E_UNSUPPORTED_PROTOCOL: NOT_HTTP,
    100: LARGE_HEAD,  # CURLE_TOO_LARGE: more than 5,000 header lines, or a line of more than 100 KB
    pycurl.E_BAD_CONTENT_ENCODING: NOT_HTTP,
    pycurl.E_URL_MALFORMAT: "bad_url",
}

# What libcurl 8 says under the number of a broken connection although nothing broke.
_SAID: dict[str, str] = {
    "Too large response headers": LARGE_HEAD,  # more than 300 KB of them
    "chunk hex-length": NOT_HTTP,
    "invalid chunk size": NOT_HTTP,
    " alert ": TLS,  # by TLS 1.3 a receiver refuses our certificate after the handshake
}


def name_of(number: int, detail: str, *, was_denied: bool, was_connected: bool) -> str:
    """`detail` is libcurl's text: for some failures it is all that tells them from others."""
    if was_denied:
        return DENIED
    if number == pycurl.E_OPERATION_TIMEDOUT:
        return TIMEOUT if was_connected else CONNECT_TIMEOUT
    if number == pycurl.E_RECV_ERROR:
        return next((name for said, name in _SAID.items() if said in detail), BROKEN)
    return _NAMES.get(number, UNEXPECTED)


def is_head_whole(lines: Sequence[bytes]) -> bool:
    """Whether the last head among these header lines came to its blank line; trailers may follow it.

    libcurl calls it a success when the receiver hangs up in the middle of its headers.
    """
    for line in reversed(lines):
        if line in (b"\r\n", b"\n"):
            return True
        if line.startswith(b"HTTP/"):
            return False
    return False
