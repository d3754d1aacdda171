"""What a token's address answers (RFC 6749, 5.1 and 5.2), read with suspicion: every room that asks for tokens reads it so."""

import math
from collections.abc import Mapping
from typing import Any, Final

LONGEST_TOKEN: Final = 16 * 1024
LONGEST_LIFE: Final = 10 * 365 * 86400.0
REFUSING: Final = frozenset({400, 401, 403})
# Said in the form of a refusal, and no refusal.
PASSING: Final = frozenset({"temporarily_unavailable", "server_error", "slow_down", "internal_server_error"})


def is_sound_token(found: object) -> bool:
    """It goes into a header: what could end that header is no token."""
    return (
        isinstance(found, str)
        and 0 < len(found) <= LONGEST_TOKEN
        and all("!" <= char <= "~" for char in found)
    )


def seconds_of(answer: Mapping[str, Any], *names: str) -> float | None:
    """How long something lives, by the first of these names that makes sense."""
    for name in names:
        found = answer.get(name)
        try:
            seconds = float(found) if isinstance(found, int | float | str) else math.nan
        except (ValueError, OverflowError):
            continue
        if not isinstance(found, bool) and 0 < seconds < math.inf:
            return min(seconds, LONGEST_LIFE)
    return None


def refusal_in_words(answer: Mapping[str, Any]) -> str:
    """Why, as they say it."""
    words = [answer.get(name) for name in ("error", "error_description", "hint", "detail")]
    return plain(" ".join(word for word in words if isinstance(word, str) and word))


def plain(text: str) -> str:
    """Somebody else's words, as they may be stored and shown: short, and without control characters."""
    return "".join(char for char in text[:300] if char.isprintable())
