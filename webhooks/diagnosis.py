"""What is wrong with a receiver, read off one failed try: more exact than its code, in plain words, with the fix."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from config.masking import masked_url
from webhooks.models import Attempt
from webhooks.reasons import explained

_TITLE: Final = re.compile(r"<title[^>]*>\s*([^<]{1,120})", re.IGNORECASE)
_SIGNATURE: Final = re.compile(
    r"signature|hmac|подпис|webhook secret|invalid secret|no matching", re.IGNORECASE
)
_GUARDS: Final = re.compile(
    r"cloudflare|captcha|ddos-guard|access denied|request blocked|firewall|attention required", re.IGNORECASE
)

# What receivers say of our certificate, or of none, in the words of OpenSSL. TLS 1.3 lets them say it after the handshake.
_CLIENT_REFUSED: Final = (
    "certificate required",
    "handshake failure",
    "bad certificate",
    "alert unknown ca",
    "alert certificate unknown",
    "alert certificate revoked",
    "alert unsupported certificate",
    "alert access denied",
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`code` is for programs, such as `tls_expired`; `what` and `fix` are for people."""

    code: str
    what: str
    fix: str


def diagnose(attempt: Attempt) -> Diagnosis | None:
    """None for a try that went well."""
    if not attempt.error:
        return None
    special = _SPECIAL.get(attempt.error)
    found = special(attempt) if special else None
    if found is not None:
        return found
    words = explained(attempt.error, attempt.status)
    return Diagnosis(attempt.error, words.what, words.fix)


def header_of(lines: str, name: str) -> str:
    """Of a stored block of header lines."""
    for line in lines.splitlines():
        found, _colon, value = line.partition(":")
        if found.strip().lower() == name:
            return value.strip()
    return ""


def _certificate(attempt: Attempt) -> Diagnosis | None:
    text = attempt.detail.lower()
    if "verification failed" in text:
        # Theirs was found good: what libcurl says so of is their verdict on ours, and only when ours is too old.
        return _client_expired()
    if "expired" in text:
        return Diagnosis(
            "tls_expired",
            _("The receiver's certificate has expired."),
            _("Renew it there; an automatic renewal has probably stopped working."),
        )
    if "not yet valid" in text:
        return Diagnosis(
            "tls_early",
            _("The receiver's certificate is not valid yet."),
            _("Compare the clocks of both machines, and the certificate's beginning."),
        )
    if "subject name" in text or "does not match" in text or "hostname" in text:
        return Diagnosis(
            "tls_hostname",
            _("The receiver's certificate is for another name."),
            _("Use the name in the certificate as the host of the URL, or get a certificate for this host."),
        )
    if "self-signed certificate in" in text or "self signed certificate in" in text:
        return Diagnosis(
            "tls_authority",
            _("The receiver's certificate comes from an authority that nobody knows here."),
            _("Enter that authority's certificate under “The receiver's authority”, or use a public one."),
        )
    if "self-signed" in text or "self signed" in text:
        return Diagnosis(
            "tls_self_signed",
            _("The receiver's certificate is signed by itself."),
            _("Enter it under “The receiver's authority”, or have one made by a public authority."),
        )
    if "issuer" in text:
        return Diagnosis(
            "tls_chain",
            _(
                "The receiver does not send the whole chain of its certificate, or its authority is not a public one."
            ),
            _(
                "Have the server send the intermediate certificates too (fullchain.pem), or enter its authority here."
            ),
        )
    return None


def _client_expired() -> Diagnosis:
    return Diagnosis(
        "tls_client_expired",
        _("The receiver says that our client certificate has expired."),
        _("Enter a new one with its private key; if it is still valid, compare the clocks of both machines."),
    )


def _tls(attempt: Attempt) -> Diagnosis | None:
    text = attempt.detail.lower()
    if "alert certificate expired" in text:
        return _client_expired()
    if any(said in text for said in _CLIENT_REFUSED):
        return Diagnosis(
            "tls_client",
            _("The receiver wants a client certificate, or does not accept ours."),
            _("Enter a client certificate from the receiver's authority, with its private key."),
        )
    if "wrong version number" in text or "packet length too long" in text:
        return Diagnosis(
            "tls_plain",
            _("The port does not speak HTTPS."),
            _("Use http:// in the URL for this port, or the port of HTTPS."),
        )
    return None


def _refused(attempt: Attempt) -> Diagnosis | None:
    if _SIGNATURE.search(attempt.response_body):
        return Diagnosis(
            "signature",
            _("The receiver says that the signature is wrong."),
            _(
                "Check that it has the present secret and computes over the raw bytes of the body, before they are parsed."
                " “Verify signatures” has a program for this endpoint."
            ),
        )
    if page := _html_page(attempt):
        return page
    if attempt.status == 401:
        return Diagnosis(
            "unauthorized",
            _("The receiver wants a log-in (401)."),
            _("Enter what it wants under “How we prove ourselves”, or correct the log-in that is there."),
        )
    return None


def _rejected(attempt: Attempt) -> Diagnosis | None:
    if _SIGNATURE.search(attempt.response_body):
        return _refused(attempt)
    return _html_page(attempt)


def _html_page(attempt: Attempt) -> Diagnosis | None:
    if "text/html" not in header_of(attempt.response_headers, "content-type").lower():
        return None
    title = _TITLE.search(attempt.response_body)
    shown = " ".join(title[1].split()) if title else "HTML"
    if _GUARDS.search(attempt.response_body):
        return Diagnosis(
            "guarded",
            _("A protection before the receiver answers with a page of its own (“%(title)s”).")
            % {"title": shown},
            _(
                "Let our requests through there: by the path, by a header of the endpoint's own, or by our address."
            ),
        )
    return Diagnosis(
        "html_page",
        _("A web page answers, not a program (“%(title)s”).") % {"title": shown},
        _("Check the path of the URL: it leads to a page for people."),
    )


def _redirect(attempt: Attempt) -> Diagnosis | None:
    target = header_of(attempt.response_headers, "location")
    if not target:
        return None
    shown = masked_url(target)[:200] if urlsplit(target).netloc else target.partition("?")[0][:200]
    return Diagnosis(
        "redirect",
        _("The receiver sends us on to %(target)s, where we do not follow.") % {"target": shown},
        _("If that is the right address, enter it as the endpoint's URL."),
    )


def _slow(attempt: Attempt) -> Diagnosis | None:
    if attempt.first_byte_ms is None:
        return None
    return Diagnosis(
        "slow_body",
        _("The answer began, but did not end in time."),
        _("Answer with a short body, or none, and end the answer at once."),
    )


_SPECIAL: Final[dict[str, Callable[[Attempt], Diagnosis | None]]] = {
    "tls_certificate": _certificate,
    "tls": _tls,
    "reset": _tls,
    "unauthorized": _refused,
    "rejected": _rejected,
    "not_found": _html_page,
    "unexpected_status": _html_page,
    "server_error": _html_page,
    "redirect": _redirect,
    "timeout": _slow,
}
