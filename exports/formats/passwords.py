"""The password of a file: which ones are taken.

A file leaves the house, so whoever has it may try passwords as fast as a machine can, and for as long as they like. Programs
disagree on how a letter outside of ASCII becomes bytes, and 7-Zip reads no password of more than 99 characters.
"""

import re
from functools import lru_cache

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exports.formats.base import Option

SHORTEST, LONGEST = 12, 99
# As many different characters at least: not one key held down.
LEAST_DIFFERENT = 5
_PLAIN = re.compile(r"[\x20-\x7e]+")


def problem(password: str) -> str:
    """What is wrong with it, without repeating it; empty when nothing is."""
    if not _PLAIN.fullmatch(password):
        return _("Use Latin letters, digits, signs and spaces: programs read others differently.")
    if not SHORTEST <= len(password) <= LONGEST:
        limits = {"shortest": SHORTEST, "longest": LONGEST}
        return _("Give a password of %(shortest)d to %(longest)d characters.") % limits
    if len(set(password)) < LEAST_DIFFERENT or _is_common(password):
        return _("This password is too easy to guess.")
    return ""


def _is_common(password: str) -> bool:
    try:
        _common().validate(password)
    except ValidationError:
        return True
    return False


@lru_cache(maxsize=1)
def _common() -> CommonPasswordValidator:
    return CommonPasswordValidator()  # reads a list of twenty thousand


PASSWORD = Option(
    "password",
    gettext_lazy("Password of the ZIP"),
    secret=problem,
    help=gettext_lazy(
        "12 to 99 characters, with the compression ZIP or for Excel. 7-Zip and WinZip open such files. It is never shown again."
    ),
)
