"""Names for the ways in which a transfer fails, out of libcurl's error numbers."""

import pycurl

DENIED = "target_not_allowed"
TIMEOUT = "timeout"
CONNECT_TIMEOUT = "connect_timeout"
UNEXPECTED = "transfer_failed"
PROXY = "proxy"

_NAMES: dict[int, str] = {
    pycurl.E_COULDNT_RESOLVE_HOST: "dns",
    pycurl.E_COULDNT_RESOLVE_PROXY: PROXY,
    97: PROXY,  # CURLE_PROXY, which pycurl does not name: a SOCKS proxy refused
    pycurl.E_COULDNT_CONNECT: "connect",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_SSL_CERTPROBLEM: "tls",
    pycurl.E_PEER_FAILED_VERIFICATION: "tls_certificate",
    pycurl.E_SSL_CACERT_BADFILE: "tls",
    pycurl.E_SSL_CIPHER: "tls",
    pycurl.E_SEND_ERROR: "reset",
    pycurl.E_RECV_ERROR: "reset",
    pycurl.E_PARTIAL_FILE: "reset",
    pycurl.E_GOT_NOTHING: "reset",
    pycurl.E_HTTP2: "not_http",
    8: "not_http",  # CURLE_WEIRD_SERVER_REPLY, which pycurl does not name
    pycurl.E_UNSUPPORTED_PROTOCOL: "not_http",
    100: "not_http",  # CURLE_TOO_LARGE: headers beyond all measure
    pycurl.E_BAD_CONTENT_ENCODING: "not_http",
    pycurl.E_URL_MALFORMAT: "bad_url",
}


def name_of(number: int, *, was_denied: bool, was_connected: bool) -> str:
    if was_denied:
        return DENIED
    if number == pycurl.E_OPERATION_TIMEDOUT:
        return TIMEOUT if was_connected else CONNECT_TIMEOUT
    return _NAMES.get(number, UNEXPECTED)
