"""What is an extension rather than a telephone number; the numbers themselves are read by `integrations.phones`."""

from integrations.phones import LONGEST_SHORT, is_anonymous, to_e164

__all__ = ["is_anonymous", "is_extension", "to_e164"]


def is_extension(text: str) -> bool:
    """Whether this can be an internal number: a few digits, stars and hashes."""
    return 0 < len(text) <= LONGEST_SHORT and all(character in "0123456789*#" for character in text)
