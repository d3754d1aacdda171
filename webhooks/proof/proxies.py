"""The proxy that requests go through: an endpoint's own, or the installation's."""

import re
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from config.egress import UrlProblem, check_url
from config.masking import MASK

SCHEMES: Final = ("http", "socks5h")
LONGEST: Final = 500
_USER: Final = re.compile(r"[!-~]+")


def clean_proxy(proxy: object, egress_allow: str = "") -> str:
    """`http://user:password@host:3128` or `socks5h://host:1080`; ValidationError says what is wrong.

    With socks5h the proxy looks the receiver's name up, as an HTTP proxy always does: so no plain socks5.
    """
    text = str(proxy or "").strip()
    if not text:
        return ""
    user, at, host = text.rpartition("@")
    scheme = text.partition("://")[0]
    if scheme not in SCHEMES or len(text) > LONGEST:
        raise ValidationError(_("A proxy is http://host:port or socks5h://host:port."), code="proxy")
    user = user.removeprefix(f"{scheme}://") if at else ""
    host = host.removeprefix(f"{scheme}://")
    if user and (not _USER.fullmatch(user) or "/" in user or "@" in user):
        raise ValidationError(
            _("Write special characters of the proxy's user name and password as %40 and the like."),
            code="proxy",
        )
    try:
        checked = urlsplit(check_url(f"http://{host}", egress_allow))
        port = urlsplit(f"http://{host}").port
    except (UrlProblem, ValueError) as problem:
        raise ValidationError(
            _("The proxy: %(why)s"), params={"why": str(problem)}, code="proxy"
        ) from problem
    if checked.path != "/" or checked.query or port is None:
        raise ValidationError(_("A proxy is http://host:port or socks5h://host:port."), code="proxy")
    return f"{scheme}://{user}{at and '@'}{checked.hostname}:{port}"


def shown(proxy: str) -> str:
    """For people's eyes: who logs in there is hidden."""
    head, at, host = proxy.rpartition("@")
    return f"{head.partition('://')[0]}://{MASK}@{host}" if at else proxy


def with_stored(given: str, stored: str) -> str:
    """What was typed; the stored one when it is only its masked form."""
    return stored if stored and given == shown(stored) else given
