"""What a database can keep of text and JSON that came from outside."""

import math
import re
from collections.abc import Mapping
from typing import Any

# NUL and lone surrogates: PostgreSQL refuses them in text and in JSON; SQLite would hand them on to whoever reads.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def storable_text(text: str) -> str:
    return _UNSTORABLE.sub(REPLACEMENT, text)


def storable(value: Any) -> Any:
    """A copy that every database keeps: bad characters are replaced, numbers that JSON lacks become null."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, Mapping):
        return {storable_text(str(key)): storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
