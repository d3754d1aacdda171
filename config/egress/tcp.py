"""Plain TCP and TLS to hosts that are no web servers: telephone exchanges, SSH. The same policy as for everything else."""

import socket
import ssl
from typing import Any

from config.egress.policy import check_address


def dial(host: str, port: int, seconds: float, extra: str = "") -> socket.socket:
    """A connected socket whose operations take at most `seconds` each.

    `extra` are the company's own exceptions. Raises EgressDenied, or OSError (of which TimeoutError and
    socket.gaierror are kinds). One look-up, every answer checked: a mix of public and private ones is refused.
    """
    found = _looked_up(host, port)
    for *_, address in found:
        check_address(str(address[0]), int(address[1]), extra)
    return _first(found, seconds)


def addresses(host: str, port: int, extra: str = "") -> list[str]:
    """The addresses of a host, all checked, for libraries that dial by themselves: exactly these may be handed to them."""
    found = [str(address[0]) for *_, address in _looked_up(host, port)]
    for address in found:
        check_address(address, port, extra)
    return list(dict.fromkeys(found))


def secured(plain: socket.socket, host: str, *, ca: str = "", is_verified: bool = True) -> ssl.SSLSocket:
    """TLS on top. `ca`: PEM certificates that are trusted instead of the system's. Raises OSError (ssl.SSLError)."""
    context = ssl.create_default_context(cadata=ca or None)
    if not is_verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=host)


def _looked_up(host: str, port: int) -> list[Any]:
    try:
        return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from error


def _first(found: list[Any], seconds: float) -> socket.socket:
    last: OSError = OSError("the name has no addresses")
    for family, kind, protocol, _name, address in found:
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(seconds)
        try:
            sock.connect(address)
        except OSError as error:
            sock.close()
            last = error
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    raise last
