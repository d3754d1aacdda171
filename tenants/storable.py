"""What a database can keep of text and JSON that came from outside."""

import math
import re
from collections.abc import Mapping
from typing import Any

# NUL and lone surrogates: PostgreSQL refuses them in text and in JSON; SQLite would hand them on to whoever reads.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"
# PostgreSQL hands 1.8e19 back as a whole number, and writers of JSON know none beyond 64 bits.
SMALLEST, LARGEST = -(2**63), 2**63 - 1


def storable_text(text: str) -> str:
    """Nearly every text is sound, which the encoder finds out many times faster than the expression."""
    if "\x00" not in text:
        try:
            text.encode()
        except UnicodeEncodeError:
            return _UNSTORABLE.sub(REPLACEMENT, text)
        return text
    return _UNSTORABLE.sub(REPLACEMENT, text)


def storable(value: Any) -> Any:
    """A copy that every database keeps and every reader takes.

    Bad characters are replaced, numbers that JSON lacks become null, those beyond 64 bits their text.
    """
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, Mapping):
        return {storable_text(str(key)): storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int) and not SMALLEST <= value <= LARGEST:
        return str(value)
    return value


def _number(value: float) -> float | str | None:
    if not math.isfinite(value):
        return None
    return value if SMALLEST <= value <= LARGEST else repr(value)
