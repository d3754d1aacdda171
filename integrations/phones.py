"""Telephone numbers: what people and systems write -> E.164, and E.164 as outside systems want it."""

import re
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

ANONYMOUS: Final = frozenset(
    (
        "",
        "anonymous",
        "unknown",
        "<unknown>",
        "private",
        "unavailable",
        "restricted",
        "withheld",
        "s",
        "asterisk",
    )
)
LONGEST_SHORT: Final = 6
"""Up to so many digits it is an internal or a service number rather than a telephone number."""
_NOISE = re.compile(r"[^0-9+]")
_TEXT = re.compile(r"[A-Za-zА-Яа-я]{2,}")


def digits(phone: str) -> str:
    """Numbers go without plus and without decoration."""
    return "".join(char for char in phone if char in "0123456789")


def is_anonymous(raw: str) -> bool:
    """Whether a caller id says that the caller withheld it."""
    return raw.strip().lower() in ANONYMOUS


@lru_cache(maxsize=20_000)
def to_e164(raw: str, region: str) -> str:
    """`8 (029) 123-45-70` in BY -> `+375291234570`; empty when it is no possible telephone number.

    A number that is valid as it stands wins; then one that lacks only its plus; then one that is merely possible.
    """
    if len(raw) > 40 or is_anonymous(raw) or _TEXT.search(raw):
        return ""
    cleaned = _NOISE.sub("", raw)
    local = _parsed(cleaned, region)
    if local is not None and phonenumbers.is_valid_number(local):
        return phonenumbers.format_number(local, PhoneNumberFormat.E164)
    if not cleaned.startswith("+"):
        for spelling in _international(cleaned):
            foreign = _parsed(spelling, None)
            if foreign is not None and phonenumbers.is_valid_number(foreign):
                return phonenumbers.format_number(foreign, PhoneNumberFormat.E164)
    if local is not None and phonenumbers.is_possible_number(local) and len(cleaned) > LONGEST_SHORT:
        return phonenumbers.format_number(local, PhoneNumberFormat.E164)
    return ""


def _international(digits: str) -> list[str]:
    """The spellings with a plus that these digits may be short of: 810375… and 00375… are dialled, 375… is stored."""
    spellings = [f"+{digits}"] if len(digits) >= 11 else []
    spellings += [f"+{digits[len(prefix) :]}" for prefix in ("810", "00") if digits.startswith(prefix)]
    return spellings


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None
