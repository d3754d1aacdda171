"""Makes any decoded value storable as JSON in both databases, and says what it had to change."""

import math
from typing import Any, Final

MAX_DEPTH: Final = 16
MAX_DIGITS: Final = 40  # of a number kept as a number's text; 10^400 is noise, not a fact
_INT64: Final = 2**63


class Scrubber:
    """One pass over one body; `reasons` collects what was found.

    PostgreSQL refuses NUL in text and jsonb, lone surrogates cannot be encoded, infinite and huge numbers are no JSON.
    """

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def clean(self, value: Any, depth: int = 0) -> Any:
        """The value with everything unstorable replaced."""
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value if -_INT64 <= value < _INT64 else self._huge(value)
        if isinstance(value, float):
            return value if math.isfinite(value) else self._noted("huge_number", str(value))
        if depth >= MAX_DEPTH:
            return self._noted("too_deep", "…")
        if isinstance(value, list):
            return [self.clean(item, depth + 1) for item in value]
        return {self.text(str(key)): self.clean(item, depth + 1) for key, item in value.items()}

    def text(self, value: str) -> str:
        """Text without NUL and lone surrogates."""
        if "\x00" in value:
            value = self._noted("nul", value.replace("\x00", ""))
        try:
            value.encode()
        except UnicodeEncodeError:
            value = self._noted("surrogate", value.encode("utf-8", "replace").decode())
        return value

    def _huge(self, value: int) -> str:
        # str() of a huge int is slow and refused beyond 4,300 digits: bit_length tells the size for nothing.
        if value.bit_length() > MAX_DIGITS * 4:
            return self._noted("huge_number", "huge number")
        return self._noted("huge_number", str(value))

    def _noted(self, reason: str, value: str) -> str:
        if reason not in self.reasons:
            self.reasons.append(reason)
        return value


def replaced(value: Any, secret: str, mask: str) -> Any:
    """The clean value with every occurrence of a secret masked, in keys too."""
    if isinstance(value, str):
        return value.replace(secret, mask)
    if isinstance(value, list):
        return [replaced(item, secret, mask) for item in value]
    if isinstance(value, dict):
        return {key.replace(secret, mask): replaced(item, secret, mask) for key, item in value.items()}
    return value
