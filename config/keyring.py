"""Encryption at rest: AES-256-GCM under a ring of keys, newest first.

A sealed value is `sb1.<key id>.<base64 of nonce + ciphertext>`, or the same in bytes without base64. The context (such as `webhooks.EndpointSecret.secret`)
is authenticated with it, so a ciphertext copied into another column does not open.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

FORMAT = "sb1"
NONCE_BYTES = 12


class Unreadable(Exception):
    """A sealed value that no key of the ring opens: the ring lost a key, or the value was altered."""


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    cipher: AESGCM


def parse_key(text: str) -> Key:
    """Read `<id>:<32 bytes as url-safe base64>`."""
    key_id, _, material = text.strip().partition(":")
    try:
        raw = urlsafe_b64decode(material)
    except ValueError as error:
        raise ImproperlyConfigured("ENCRYPTION_KEYS: a key is not url-safe base64") from error
    if not key_id or "." in key_id or len(raw) != 32:
        raise ImproperlyConfigured("ENCRYPTION_KEYS: a key must read <id>:<32 bytes as url-safe base64>")
    return Key(key_id, AESGCM(raw))


class KeyRing:
    """Seals with the newest key, opens with any."""

    def __init__(self, keys: Iterable[str]) -> None:
        parsed = [parse_key(key) for key in keys]
        if not parsed:
            raise ImproperlyConfigured("ENCRYPTION_KEYS is empty")
        self._newest = parsed[0]
        self.newest_id = parsed[0].id
        self._by_id = {key.id: key for key in parsed}
        if len(self._by_id) != len(parsed):
            raise ImproperlyConfigured("ENCRYPTION_KEYS: two keys have the same id")

    def seal(self, plain: bytes, context: str) -> str:
        return f"{FORMAT}.{self._newest.id}.{urlsafe_b64encode(self._sealed(plain, context)).decode()}"

    def seal_bytes(self, plain: bytes, context: str) -> bytes:
        """For columns of bytes, which need no base64 and would grow by a third."""
        return b"%s.%s.%s" % (FORMAT.encode(), self._newest.id.encode(), self._sealed(plain, context))

    def _sealed(self, plain: bytes, context: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._newest.cipher.encrypt(nonce, plain, context.encode())

    def open(self, token: str, context: str) -> bytes:
        """The plain bytes; `Unreadable` when the key is unknown or the value was altered or moved."""
        try:
            form, key_id, body = token.split(".")
            return self._opened(form, key_id, urlsafe_b64decode(body), context)
        except ValueError as error:
            raise Unreadable("no key of the ring opens this value") from error

    def open_bytes(self, token: bytes, context: str) -> bytes:
        """Like `open`, of what `seal_bytes` made."""
        try:
            form, key_id, raw = token.split(b".", 2)
            return self._opened(form.decode(), key_id.decode(), raw, context)
        except ValueError as error:
            raise Unreadable("no key of the ring opens this value") from error

    def _opened(self, form: str, key_id: str, raw: bytes, context: str) -> bytes:
        if form != FORMAT:
            raise Unreadable("unknown form of a sealed value")
        try:
            return self._by_id[key_id].cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode())
        except (ValueError, KeyError, InvalidTag) as error:
            raise Unreadable("no key of the ring opens this value") from error

    def has(self, key_id: str) -> bool:
        return key_id in self._by_id

    @property
    def current_prefix(self) -> str:
        """What every value begins with that the newest key sealed."""
        return f"{FORMAT}.{self._newest.id}."

    def is_current(self, token: str) -> bool:
        """Whether the value was sealed with the newest key; others are to be re-sealed on rotation."""
        return token.startswith(self.current_prefix)


@lru_cache(maxsize=1)
def _ring(keys: tuple[str, ...]) -> KeyRing:
    return KeyRing(keys)


def ring() -> KeyRing:
    return _ring(tuple(settings.ENCRYPTION_KEYS))


def seal(plain: bytes, context: str) -> str:
    return ring().seal(plain, context)


def open_(token: str, context: str) -> bytes:
    return ring().open(token, context)


def seal_bytes(plain: bytes, context: str) -> bytes:
    return ring().seal_bytes(plain, context)


def open_bytes(token: bytes, context: str) -> bytes:
    return ring().open_bytes(token, context)
