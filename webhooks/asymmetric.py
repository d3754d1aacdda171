"""Standard Webhooks v1a: Ed25519 over the same bytes as v1. The private key stays here, subscribers have the public one.

The forms are those of the specification: `whsk_` and the base64 of seed and public key (64 bytes, as libsodium has them),
`whpk_` and the base64 of the public key (32 bytes).
"""

import binascii
from base64 import b64decode, b64encode
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils.translation import gettext_lazy as _

PRIVATE: Final = "whsk_"
PUBLIC: Final = "whpk_"
_SEED: Final = 32
_MARK: Final = PRIVATE.encode()
# Longer than any key of v1 may be, so that neither is ever taken for the other.
_LENGTH: Final = len(_MARK) + 2 * _SEED


class BadPrivateKey(ValueError):
    """`message` is written for the person who typed it."""

    message = _(
        "A private key is “whsk_” followed by the base64 form of its 32 bytes, or of these and the public key."
    )


def new_private_key() -> str:
    return _written(Ed25519PrivateKey.generate().private_bytes_raw())


def private_key(secret: str) -> bytes:
    """The marked bytes behind `whsk_…`, seed and public key; BadPrivateKey when it is anything else."""
    try:
        found = b64decode(secret.removeprefix(PRIVATE), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadPrivateKey from error
    if not secret.startswith(PRIVATE) or len(found) not in (_SEED, 2 * _SEED):
        raise BadPrivateKey
    whole = found[:_SEED] + _public(found[:_SEED])
    if len(found) > _SEED and found != whole:
        raise BadPrivateKey
    return _MARK + whole


def is_private(key: bytes) -> bool:
    return len(key) == _LENGTH


def signature(key: bytes, signed: bytes) -> str:
    """An entry of `webhook-signature`."""
    made = _opened(key[len(_MARK) : len(_MARK) + _SEED]).sign(signed)
    return f"v1a,{b64encode(made).decode()}"


def public_key(secret: str) -> str:
    """What subscribers verify with."""
    return PUBLIC + b64encode(private_key(secret)[-_SEED:]).decode()


def _written(seed: bytes) -> str:
    return PRIVATE + b64encode(seed + _public(seed)).decode()


def _public(seed: bytes) -> bytes:
    return _opened(seed).public_key().public_bytes_raw()


@lru_cache(maxsize=1000)
def _opened(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)
