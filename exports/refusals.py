"""How a request for an export is refused: by the field that is wrong."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _


class InvalidRequest(ValueError):
    """Impossible; `field` is a path such as `filters.started_at`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


def unknown(value: Any, known: Iterable[str]) -> str:
    """A name that there is not, with those that there are."""
    return _("“%(value)s” is unknown. Known: %(known)s.") % {
        "value": str(value)[:50],
        "known": ", ".join(known) or "—",
    }
