"""Rules for passwords beyond Django's: not one that leaked elsewhere, not one that repeats itself."""

import hashlib
from pathlib import Path
from typing import IO

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.translation import gettext as _

from tenants.models import User

DIGEST_LENGTH = 40
LONGEST_LINE = 128
FEWEST_LETTERS = 5


class BreachedPasswordValidator:
    """Looks into a file on this machine of SHA-1 digests in their order, one a line, with or without `:count`.

    That is the form of Have I Been Pwned's downloader. Some 30 short reads find a line among a thousand million; nothing
    of the password leaves the machine.
    """

    def __init__(self, path: str = "") -> None:
        self.path = Path(path) if path else None
        if self.path is not None and not self.path.is_file():
            raise ImproperlyConfigured(f"BREACHED_PASSWORDS: there is no file {self.path}")

    def validate(self, password: str, user: User | None = None) -> None:
        if self.path is None:
            return
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
        with self.path.open("rb") as file:
            if _holds(file, digest, self.path.stat().st_size):
                raise ValidationError(
                    _("This password was found in a leak. Choose another one."), code="password_breached"
                )

    def get_help_text(self) -> str:
        return _("Your password can’t be one that is known from a leak.") if self.path else ""


def _holds(file: IO[bytes], digest: bytes, size: int) -> bool:
    """Halve the part of the file in which the line can begin."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        file.seek(middle)
        if middle:
            file.readline(LONGEST_LINE)  # the rest of a line that began before
        start = file.tell()
        found = file.readline(LONGEST_LINE)[:DIGEST_LENGTH].upper()
        if found == digest:
            return True
        if found and found < digest:
            low = max(start, middle + 1)
        else:
            high = middle
    return False


class MonotonousPasswordValidator:
    """Length alone is no strength: `aaaaaaaaaaaa` and `121212121212` are long."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(set(password.casefold())) < FEWEST_LETTERS:
            raise ValidationError(self.get_help_text(), code="password_monotonous")

    def get_help_text(self) -> str:
        return _("Your password must contain at least %(count)d different characters.") % {
            "count": FEWEST_LETTERS
        }
