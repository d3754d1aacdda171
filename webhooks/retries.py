"""When a delivery is tried again: presets, or delays as people write them."""

import re
from collections.abc import Mapping
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from webhooks.limits import SCHEDULE

MOST: Final = 20
LONGEST: Final = 7 * 86_400.0
ALL_TOGETHER: Final = 14 * 86_400.0
NONE: Final = "none"
# Seconds before each retry: within an hour, about three days, about eight days.
PRESETS: Final[Mapping[str, tuple[float, ...]]] = {
    "fast": (5.0, 30.0, 120.0, 300.0, 900.0, 1800.0),
    "standard": SCHEDULE,
    "long": (*SCHEDULE, 86_400.0, 86_400.0, 86_400.0, 86_400.0, 86_400.0),
    NONE: (),
}
_UNITS: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_STEP: Final = re.compile(r"([0-9]{1,6})([smhd])\Z")


def schedule_of(retries: str) -> tuple[float, ...] | None:
    """Seconds before each retry; None for the installation's own schedule. ValueError for what is none."""
    if not retries:
        return None
    if retries in PRESETS:
        return PRESETS[retries]
    return tuple(map(_seconds, retries.replace(",", " ").split()))


def _seconds(step: str) -> float:
    match = _STEP.match(step)
    if match is None:
        raise ValueError(step)
    return float(int(match[1]) * _UNITS[match[2]])


def clean_retries(text: str) -> str:
    """In the spelling that is stored, or a ValidationError that says what is possible."""
    written = " ".join(str(text or "").lower().replace(",", " ").split())
    try:
        schedule = schedule_of(written)
    except ValueError as error:
        raise ValidationError(
            _("“%(step)s” is no delay; examples are 30s, 5m, 2h and 1d, or one of %(known)s."),
            params={"step": str(error)[:20], "known": ", ".join(PRESETS)},
            code="retries",
        ) from error
    if schedule and (len(schedule) > MOST or max(schedule) > LONGEST or sum(schedule) > ALL_TOGETHER):
        raise ValidationError(
            _("At most %(count)d retries, 7 days between two and 14 days in all."),
            params={"count": MOST},
            code="retries",
        )
    if schedule and min(schedule) < 1:
        raise ValidationError(_("A retry waits for a second at least."), code="retries")
    return written
