"""The scopes that API keys can be given."""

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SHAPE = re.compile(r"^(\*|[a-z][a-z-]*:(read|write|\*))\Z")


def clean_scopes(scopes: Iterable[object]) -> list[str]:
    """The scopes without repeats; ValidationError names the one that is none."""
    wanted = list(dict.fromkeys(str(scope) for scope in scopes))
    for scope in wanted:
        if not SHAPE.match(scope):
            raise ValidationError(
                _("“%(scope)s” is not a scope; examples are calls:read, endpoints:* and *.")
                % {"scope": scope}
            )
    if not wanted:
        raise ValidationError(_("At least one scope is needed."))
    return wanted
