"""What the network says when it does not work, in the codes of failures.py."""

import socket
import ssl

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from config.egress import EgressDenied
from exports.destinations.failures import NotSent


def connection_trouble(error: Exception) -> NotSent:
    """Of a socket, of SSH, or of requests."""
    return NotSent(_code(error), type(error).__name__)


def _code(error: Exception) -> str:
    reason = _reason(error)
    if isinstance(error, EgressDenied):
        return "not_allowed"
    if isinstance(error, requests.exceptions.SSLError | ssl.SSLError):
        return "tls"
    if isinstance(error, socket.gaierror) or isinstance(reason, NameResolutionError):
        return "host_unknown"
    if isinstance(error, TimeoutError | requests.Timeout):
        return "timeout"
    if isinstance(error, ConnectionRefusedError) or isinstance(reason, NewConnectionError):
        return "unreachable"
    # Without a route there is a number, and no class of its own.
    return (
        "broken"
        if isinstance(error, ConnectionError) or getattr(error, "errno", None) is None
        else "unreachable"
    )


def _reason(error: Exception) -> object:
    """What urllib3 had to say, inside of what requests makes of it."""
    return getattr(error.args[0], "reason", None) if error.args else None
