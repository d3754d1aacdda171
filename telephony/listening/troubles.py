"""What can be wrong between us and an exchange: from an exception to a word, and from a word to a sentence that says what to do."""

import socket
import ssl
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config.egress import EgressDenied
from telephony.ami import AmiGone, AmiRefused, NoAmi
from telephony.models.listening import ListenerState

REASONS: Final[dict[str, str | Promise]] = {
    "egress": _(
        "The address is in a private network, which is not allowed. The operator can allow it with EGRESS_ALLOW or in the company's settings."
    ),
    "dns": _("The host's name cannot be resolved. Check how it is written."),
    "refused": _(
        "The connection was refused: nothing listens on that port. Check host and port, and “enabled” and “bindaddr” in manager.conf."
    ),
    "timeout": _("The host does not answer. Check the address, and whether a firewall lets us through."),
    "tls": _(
        "The encryption failed: the certificate is not trusted, or the port speaks no TLS. Check the certificate, or choose another encryption."
    ),
    "no_ami": _(
        "Something else answers there, not the manager interface of Asterisk. Check the port (5038, with TLS 5039)."
    ),
    "login": _(
        "The exchange refused user name or password. Check them in manager.conf, and “permit” there: it has to name our address."
    ),
    "permission": _("The exchange does not permit what we ask for: %(detail)s"),
    "ended": _("The exchange ended the connection."),
    "lost": _("The connection was lost."),
    "network": _("The network failed: %(detail)s"),
    "database": _("Our database does not answer."),
}
WARNINGS: Final[dict[str, str | Promise]] = {
    "too_many_rights": _(
        "The account may run commands on the exchange. Give it no more than write = originate,call,reporting."
    ),
    "no_status": _("The account may not ask for the exchange's state: write = … reporting is missing."),
    "no_channels": _(
        "The account may not list the channels, so calls that go on while nobody listens are not found again: write = … reporting is missing."
    ),
    "no_phones": _("The account may not list the phones' states: write = … reporting is missing."),
    "no_system": _("The account lacks read = system, so a restart of the exchange is noticed late."),
    "no_call": _(
        "There are calls on the exchange, but it tells us nothing of them: read = call is missing, or a filter keeps it back."
    ),
    "no_timestamps": _(
        "The exchange does not say when things happened. Set timestampevents = yes in manager.conf."
    ),
}


def reason_of(error: Exception) -> tuple[str, str]:
    """The word, and a detail that holds no secret."""
    if isinstance(error, AmiRefused):
        return (
            ("login", "")
            if error.action == "Login"
            else ("permission", f"{error.action}: {error.message}"[:300])
        )
    for kind, reason in _KINDS:
        if isinstance(error, kind):
            return reason, ""
    return "network", (
        error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    )


_KINDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (EgressDenied, "egress"),
    (ssl.SSLError, "tls"),
    (socket.gaierror, "dns"),
    (ConnectionRefusedError, "refused"),
    (TimeoutError, "timeout"),
    (NoAmi, "no_ami"),
    (AmiGone, "ended"),
    (ConnectionError, "lost"),
)


def state_of(reason: str) -> ListenerState:
    """How that reads in a list: whether people or the network have to act."""
    return ListenerState.REFUSED if reason in ("login", "permission", "egress") else ListenerState.FAILING


def in_words(reason: str, detail: str = "") -> str:
    """For people, in their language; empty when there is nothing to say."""
    text = str(REASONS.get(reason, reason))
    return text % {"detail": detail} if "%(detail)s" in text else text


def warnings_in_words(codes: list[str]) -> list[str]:
    return [str(WARNINGS.get(code, code)) for code in codes]
