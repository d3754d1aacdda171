"""The certificate by which we are known to a receiver, and the authority by which we know it, as PEM."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.masking import MASK

KEYS: Final = ("certificate", "key", "ca")
LONGEST: Final = 64 * 1024
WARNED_BEFORE: Final = timedelta(days=30)


def clean_tls(tls: object) -> dict[str, str]:
    """The parts as they are stored, empty for none; ValidationError names the one that cannot be used."""
    if not isinstance(tls, Mapping):
        raise ValidationError(_("Certificates are described by pairs of name and value."))
    found = {str(name): str(value).strip() + "\n" for name, value in tls.items() if value not in ("", None)}
    for name, value in found.items():
        if name not in KEYS:
            raise _wrong(name, _("known are %(known)s") % {"known": ", ".join(KEYS)})
        if len(value) > LONGEST:
            raise _wrong(name, _("at most 64 KB"))
    if "ca" in found:
        _certificates("ca", found["ca"])
    if "certificate" in found and "key" not in found:
        raise _wrong("key", _("the certificate needs its private key"))
    if "key" in found and "certificate" not in found:
        raise _wrong("certificate", _("the private key needs its certificate"))
    if "key" in found:
        _check_pair(_certificates("certificate", found["certificate"])[0], found["key"])
    return found


def with_stored(given: object, stored: Mapping[str, str]) -> Any:
    """What was typed, with the stored key where it leaves it out or repeats its mask, and the certificate is there."""
    if isinstance(given, Mapping) and given.get("certificate") and given.get("key") in (None, "", MASK):
        return {**given, "key": stored.get("key", "")}
    return given


def shown(tls: Mapping[str, str]) -> dict[str, str]:
    """For people's eyes: certificates are public, the key is a mask."""
    return {name: MASK if name == "key" else value for name, value in tls.items()}


def ends_at(tls: Mapping[str, str]) -> datetime | None:
    """When our certificate ends."""
    pem = tls.get("certificate")
    return x509.load_pem_x509_certificates(pem.encode())[0].not_valid_after_utc if pem else None


def subject_of(tls: Mapping[str, str]) -> str:
    """Whom our certificate names, such as `CN=hub,O=Example`."""
    pem = tls.get("certificate")
    return x509.load_pem_x509_certificates(pem.encode())[0].subject.rfc4514_string() if pem else ""


def is_ending(until: datetime | None, now: datetime | None = None) -> bool:
    """Whether somebody should be told that it ends soon, or has ended."""
    return until is not None and until - (now or timezone.now()) < WARNED_BEFORE


def _certificates(name: str, pem: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise _wrong(name, _("this is no certificate in PEM (-----BEGIN CERTIFICATE-----)")) from error


def _check_pair(certificate: x509.Certificate, pem: str) -> None:
    try:
        key: Any = load_pem_private_key(pem.encode(), password=None)
    except TypeError as error:
        raise _wrong("key", _("it is encrypted; enter it without a password, it is sealed here")) from error
    except ValueError as error:
        raise _wrong("key", _("this is no private key in PEM (-----BEGIN PRIVATE KEY-----)")) from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise _wrong("key", _("only RSA, EC and Ed25519 keys can be used"))
    spelling = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*spelling) != certificate.public_key().public_bytes(*spelling):
        raise _wrong("key", _("it does not belong to the certificate"))


def _wrong(name: str, what: Any) -> ValidationError:
    return ValidationError(_("%(name)s: %(what)s."), params={"name": name[:50], "what": what}, code="tls")
