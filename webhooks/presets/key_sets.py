"""Sets of public keys that senders publish at an address (JWKS, RFC 7517): those that were fetched stay in memory.

Nothing here goes to the network. Who receives fetches what is missing or old and has the sender come again (ingest/key_sets.py).
"""

import json
import time
from dataclasses import dataclass
from typing import Final

MOST: Final = 500
PLACE: Final = "https://"
_known: dict[str, "KeySet"] = {}


class BadKeySet(ValueError):
    """What came is no set of keys; the text says what it is."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """`text` is the set as it came, `at` when that was, by the clock that only goes forward."""

    text: str
    names: frozenset[str]
    at: float

    @property
    def age(self) -> float:
        return time.monotonic() - self.at


def is_place(secret: str) -> bool:
    """Whether a source's secret is the address of a set and not a key."""
    return secret.startswith(PLACE)


def remember(place: str, body: bytes) -> None:
    """BadKeySet when it is none; what was known before is then kept."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadKeySet("no JSON") from error
    listed = data.get("keys") if isinstance(data, dict) else None
    if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
        raise BadKeySet("no set of keys")
    names = frozenset(one["kid"] for one in listed if isinstance(one.get("kid"), str))
    if len(_known) >= MOST and place not in _known:
        _known.pop(next(iter(_known)))
    _known[place] = KeySet(body.decode("utf-8", "replace"), names, time.monotonic())


def known(place: str) -> KeySet | None:
    return _known.get(place)


def forget_all() -> None:
    _known.clear()
