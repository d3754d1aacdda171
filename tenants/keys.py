"""Finds API keys by what callers present, from memory where it can."""

import time
from threading import Lock

from tenants.models import ApiKey
from tenants.models.api_key import digest

CACHED_SECONDS = 10.0

_cache: dict[str, tuple[float, ApiKey]] = {}
_lock = Lock()


def forget_keys() -> None:
    """Have changed keys read again at once in this process; others follow within ten seconds."""
    with _lock:
        _cache.clear()


def find_key(plain: str) -> ApiKey | None:
    """The live key with its tenant; None for a key that is nobody's."""
    hashed = digest(plain)
    with _lock:
        known = _cache.get(hashed)
    if known and time.monotonic() - known[0] < CACHED_SECONDS:
        return known[1]
    found = (
        ApiKey._base_manager.select_related("tenant")
        .filter(digest=hashed, is_active=True, tenant__is_active=True)
        .first()
    )
    with _lock:
        if found:
            _cache[hashed] = (time.monotonic(), found)
        else:
            _cache.pop(hashed, None)
    return found
