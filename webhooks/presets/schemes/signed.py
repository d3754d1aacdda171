"""HMAC in a header, described by data: which header, over which bytes, with which hash and key, with or without a time."""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from webhooks.presets.arrival import Arrival
from webhooks.presets.schemes.comparing import LONGEST, MISSING, WRONG, is_digest, raw, unless_stale

TOKEN: Final = re.compile(r"\{(\w+)\}")
ALGORITHMS: Final = ("sha256", "sha1", "sha384", "sha512")
KEYS: Final = ("text", "base64", "hex")
BODY: Final = "{body}"


@dataclass(frozen=True, slots=True)
class Signed:
    """`header` carries the signature after `prefix`, in `encoding`; `template` says what is signed, of `TOKENS`.

    `timestamp` and `id` are the headers whose values the template takes. With `pairs` the header is a list such as
    "t=…,v1=…,v1=…": the name of its time and that of its signatures, of which one must be right.
    """

    header: str
    template: str = BODY
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    timestamp: str = ""
    unit: str = ""
    id: str = ""
    key: str = "text"
    pairs: tuple[str, str] = ("", "")

    def __call__(self, arrival: Arrival, secret: str, tolerance: float) -> str:
        given = arrival.headers.get(self.header, "")
        moment = arrival.headers.get(self.timestamp, "") if self.timestamp else ""
        id_ = arrival.headers.get(self.id, "") if self.id else ""
        if not given or (self.timestamp and not moment) or (self.id and not id_):
            return MISSING
        key = key_of(secret, self.key)
        if len(given) > LONGEST or not given.startswith(self.prefix) or key is None:
            return WRONG
        signatures = [given[len(self.prefix) :]]
        if self.pairs[1]:
            moment, signatures = _listed(given, self.pairs)
        signed = signed_bytes(self.template, arrival, moment, id_)
        digest = hmac.digest(key, signed, self.algorithm)
        # All of them are looked at: the time taken must not tell which came close.
        matches = [is_digest(one, digest, self.encoding) for one in signatures]
        if not any(matches):
            return WRONG
        has_time = self.timestamp or self.pairs[0]
        return unless_stale(moment, arrival.at, tolerance, self.unit) if has_time else ""


def _listed(given: str, names: tuple[str, str]) -> tuple[str, list[str]]:
    """The time, unless there are several, and the signatures of a list."""
    parts = [part.strip().partition("=") for part in given.split(",")]
    times = [value for name, _sign, value in parts if name == names[0]]
    found = [value for name, _sign, value in parts if name == names[1]]
    return (times[0], found) if len(times) == 1 or not names[0] else ("", [])


def key_of(secret: str, form: str) -> bytes | None:
    """The bytes of a secret that is written as text, base64 or hex; None when it cannot be that."""
    try:
        if form == "base64":
            return b64decode(raw(secret), validate=True)
        return binascii.unhexlify(raw(secret)) if form == "hex" else raw(secret)
    except (binascii.Error, ValueError):
        return None


def signed_bytes(template: str, arrival: Arrival, timestamp: str = "", id_: str = "") -> bytes:
    """What a template stands for in one request."""
    parts = TOKEN.split(template)
    return b"".join(
        TOKENS[part](arrival, timestamp, id_) if number % 2 else part.encode()
        for number, part in enumerate(parts)
    )


def _sorted_form(arrival: Arrival, _timestamp: str, _id: str) -> bytes:
    return raw("".join(name + value for name, value in sorted(set(arrival.pairs))))


TOKENS: Final[Mapping[str, Callable[[Arrival, str, str], bytes]]] = {
    "body": lambda arrival, _timestamp, _id: arrival.body,
    "timestamp": lambda _arrival, timestamp, _id: raw(timestamp),
    "id": lambda _arrival, _timestamp, id_: raw(id_),
    "method": lambda arrival, _timestamp, _id: raw(arrival.method),
    "url": lambda arrival, _timestamp, _id: raw(arrival.url),
    "path": lambda arrival, _timestamp, _id: raw(arrival.path),
    "query": lambda arrival, _timestamp, _id: raw(arrival.query),
    "body_sha256": lambda arrival, _timestamp, _id: hashlib.sha256(arrival.body).hexdigest().encode(),
    "sorted_form": _sorted_form,
}
COVERS_BODY: Final = frozenset({"body", "body_sha256", "sorted_form"})


def tokens_of(template: str) -> set[str]:
    return set(TOKEN.findall(template))


def custom(arrival: Arrival, secret: str, tolerance: float) -> str:
    """As the source's options describe it."""
    return _described(tuple(sorted(arrival.options.items())))(arrival, secret, tolerance)


@lru_cache(maxsize=500)
def _described(options: tuple[tuple[str, str], ...]) -> Signed:
    given = dict(options)
    time_name, _comma, signature_name = given.get("pairs", "").partition(",")
    return Signed(
        header=given.get("header", "").lower(),
        template=given.get("signed") or BODY,
        algorithm=given.get("algorithm") or "sha256",
        encoding=given.get("encoding") or "hex",
        prefix=given.get("prefix", ""),
        timestamp=given.get("timestamp_header", "").lower(),
        unit=given.get("timestamp_unit", ""),
        id=given.get("id_header", "").lower(),
        key=given.get("key") or "text",
        pairs=(time_name.strip(), signature_name.strip()),
    )
