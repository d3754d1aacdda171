"""Checks a URL when a person saves it and says what is wrong; the connection itself is checked again."""

import re
import socket
from collections.abc import Sequence
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

import idna
from django.utils.translation import gettext as _

from config.egress.allow import Allowed, allow_list, parse_allow_list
from config.egress.errors import EgressDenied, UrlProblem
from config.egress.networks import METADATA_NAMES
from config.egress.policy import check_address

_LOOPBACK_NAME = re.compile(r"(?:.+\.)?(?:localhost|localdomain|ip6-localhost|ip6-loopback)")
_INTERNAL_NAME = re.compile(
    r"[^.]+|.+\.(?:local|internal|intranet|lan|corp|home|home\.arpa|private|svc|consul|kubernetes|test|invalid|onion)"
)
_ASCII_NAME = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PATH_SAFE = "/%:@!$&'()*+,;=~-._?[]|"


def check_url(url: str, extra: str = "") -> str:
    """The URL as it should be stored (ASCII host, no fragment), or UrlProblem with the reason in words.

    `extra` are the company's own exceptions.
    """
    parts = _split(url.strip())
    host = _ascii_host(parts)
    rules = (*allow_list(), *parse_allow_list(extra))
    port = _port(parts, rules)
    _check_host(host, port or _DEFAULT_PORTS[parts.scheme], extra, has_exceptions=bool(rules))
    netloc = f"[{host}]" if ":" in host else host
    if port not in (None, _DEFAULT_PORTS[parts.scheme]):
        netloc += f":{port}"
    path, query = quote(parts.path or "/", safe=_PATH_SAFE), quote(parts.query, safe=_PATH_SAFE)
    return urlunsplit((parts.scheme, netloc, path, query, ""))


def _split(url: str) -> SplitResult:
    # urlsplit drops tabs and newlines in silence, and readers of URLs disagree about backslashes.
    if any(ord(char) <= 0x20 or ord(char) == 0x7F for char in url):
        raise UrlProblem("url_characters", _("The address contains spaces or control characters."))
    if "\\" in url:
        raise UrlProblem("url_backslash", _("The address contains a backslash; use / instead."))
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UrlProblem("url_malformed", _("This is not a complete web address.")) from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise UrlProblem("url_scheme", _("The address must begin with http:// or https://."))
    if "@" in parts.netloc:
        raise UrlProblem(
            "url_userinfo", _("Do not put a user name or password into the address; use a header.")
        )
    if "%" in parts.netloc:
        raise UrlProblem("url_host", _("The host name contains a percent sign."))
    return parts


def _ascii_host(parts: SplitResult) -> str:
    host = (parts.hostname or "").removesuffix(".")
    if not host:
        raise UrlProblem("url_host", _("The address has no host name."))
    if ":" in host:
        return host
    try:
        ascii_host = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise UrlProblem("url_host", _("The host name is not valid.")) from error
    if not _ASCII_NAME.fullmatch(ascii_host):
        raise UrlProblem("url_host", _("The host name is not valid."))
    return ascii_host


def _port(parts: SplitResult, rules: Sequence[Allowed]) -> int | None:
    try:
        port = parts.port
    except ValueError as error:
        raise UrlProblem("url_port", _("The port is not a number between 1 and 65535.")) from error
    if port is None or port in (80, 443) or port >= 1024 or any(rule.port == port for rule in rules):
        return port
    raise UrlProblem("url_port", _("This port is not allowed; use 80, 443 or a port from 1024 up."))


def _check_host(host: str, port: int, extra: str, *, has_exceptions: bool) -> None:
    literal = _literal(host)
    if literal is not None:
        _check_literal(literal, port, extra)
    elif host in METADATA_NAMES:
        raise _private()
    elif _LOOPBACK_NAME.fullmatch(host):
        _check_literal("127.0.0.1", port, extra)
    elif _INTERNAL_NAME.fullmatch(host) and not has_exceptions:
        # With exceptions in force an internal name may lead to one of them; the connection decides.
        raise _private()


def _check_literal(literal: str, port: int, extra: str) -> None:
    try:
        check_address(literal, port, extra)
    except EgressDenied as error:
        raise _private() from error


def _private() -> UrlProblem:
    return UrlProblem(
        "url_private",
        _("The address leads to a private or local network. The operator can allow it with EGRESS_ALLOW."),
    )


def _literal(host: str) -> str | None:
    """The address that `host` spells, in any form a resolver takes: 127.1, 0x7f000001, 2130706433, 0177.1."""
    try:
        return host if ":" in host else socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None
