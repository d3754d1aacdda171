"""The pattern by which a colleague's phone is named to the exchange, such as `PJSIP/{extension}`.

Its grammar leaves no room for what means something to Asterisk or a shell: with checked values in its places the result
is a technology, a slash, and letters, digits and `_ . - * # @ /`.
"""

import re
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_WORD: Final = r"[A-Za-z0-9_.-]{0,40}"
_TEMPLATE: Final = re.compile(
    rf"(?P<technology>[A-Za-z0-9]{{2,20}})/{_WORD}\{{extension\}}{_WORD}"
    rf"(?:@(?:\{{context\}}|[A-Za-z0-9_-]{{1,79}}))?(?:/n)?"
)


def check_template(template: str) -> None:
    """ValidationError for anything but the grammar."""
    if not _TEMPLATE.fullmatch(template):
        raise ValidationError(_("Such as PJSIP/{extension} or Local/{extension}@{context}/n."))


def filled(template: str, extension: str, context: str) -> str:
    """The device's name; `extension` and `context` were checked before."""
    check_template(template)
    return template.replace("{extension}", extension).replace("{context}", context)


def is_local(template: str) -> bool:
    """Whether it goes through the dialplan."""
    return template.startswith("Local/")
