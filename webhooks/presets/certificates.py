"""Certificates of senders that sign with a private key: known ones stay in memory, and nothing here goes to the network.

Who receives fetches what is missing and has the sender come again (ingest/certificates.py).
"""

from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

MOST: Final = 50
LEAST_BITS: Final = 2048
_known: dict[str, x509.Certificate] = {}


class BadCertificate(ValueError):
    """What came is no certificate that can prove anything."""


def remember(url: str, pem: bytes) -> None:
    """BadCertificate when it is none, or not of a kind that is trusted."""
    try:
        found = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise BadCertificate("not a certificate") from error
    key = found.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
        raise BadCertificate("not an RSA key of 2048 bits or more")
    if len(_known) >= MOST:
        _known.pop(next(iter(_known)))
    _known[url] = found


def known_key(url: str, at: float) -> RSAPublicKey | None:
    """The key behind a certificate that is valid at that time; None when there is none."""
    found = _known.get(url)
    if found is None:
        return None
    moment = datetime.fromtimestamp(at, UTC)
    key = found.public_key()
    is_valid = found.not_valid_before_utc <= moment <= found.not_valid_after_utc
    return key if is_valid and isinstance(key, RSAPublicKey) else None


def is_known(url: str) -> bool:
    return url in _known


def forget_all() -> None:
    _known.clear()
