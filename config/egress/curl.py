"""The same policy for libcurl: a socket hook that sees each concrete address before it is dialled."""

import socket
from typing import Any

import pycurl

from config.egress.errors import EgressDenied
from config.egress.policy import check_address

_NO_SOCKET: int = pycurl.SOCKET_BAD
# For a proxy that the operator named; the addresses of metadata stay closed even so.
EVERYWHERE = "0.0.0.0/0,::/0"


class SocketGate:
    """CURLOPT_OPENSOCKETFUNCTION of one easy handle; `denied` tells a refusal from a failed connection."""

    __slots__ = ("denied", "extra", "is_own_proxy")

    def __init__(self) -> None:
        self.denied = False
        self.extra = ""
        self.is_own_proxy = False

    def __call__(self, purpose: int, address: Any) -> int:
        family, kind, protocol, target = address
        # Once one answer of a name was denied, the rest of its answers are refused too.
        if self.denied or family not in (socket.AF_INET, socket.AF_INET6):
            self.denied = True
            return _NO_SOCKET
        try:
            check_address(target[0], target[1], EVERYWHERE if self.is_own_proxy else self.extra)
        except EgressDenied:
            self.denied = True
            return _NO_SOCKET
        # libcurl owns the descriptor from here on and closes it.
        return socket.socket(family, kind, protocol).detach()


def guard(handle: pycurl.Curl) -> SocketGate:
    """Set what every handle must have before its first request, and return its gate.

    Call `admit` before each transfer. A reused connection was checked when it was opened.
    """
    gate = SocketGate()
    handle.setopt(pycurl.OPENSOCKETFUNCTION, gate)
    handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    handle.setopt(pycurl.FOLLOWLOCATION, 0)
    # Empty ones switch off http_proxy, no_proxy and friends of the environment.
    handle.setopt(pycurl.PROXY, "")
    handle.setopt(pycurl.NOPROXY, "")
    handle.setopt(pycurl.NETRC, pycurl.NETRC_IGNORED)
    # Without it libcurl's resolver time-out raises SIGALRM in a threaded process.
    handle.setopt(pycurl.NOSIGNAL, 1)
    return gate


def admit(handle: pycurl.Curl, gate: SocketGate, extra: str, *, is_own_proxy: bool = False) -> None:
    """Make the gate ready for a transfer of a company with these exceptions.

    libcurl keeps connections by host name for whoever comes next. One that an exception of one company let through
    must not serve another, so a company with exceptions has its connections for itself: not taken, not left behind.
    `is_own_proxy`: the handle dials nothing but the proxy that the operator named.
    """
    gate.denied, gate.extra, gate.is_own_proxy = False, extra, is_own_proxy
    handle.setopt(pycurl.FRESH_CONNECT, int(bool(extra)))
    handle.setopt(pycurl.FORBID_REUSE, int(bool(extra)))
