"""Dates and times as systems write them; without a zone they are the company's, or UTC."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.fields import Field, FieldType
from integrations.mapping.transforms.base import Transform
from integrations.mapping.values import Context, NotConvertible, as_decimal, as_text

ISO, UNIX, UNIX_MS = "iso", "unix", "unix_ms"
PATTERNS: dict[str, str] = {
    "d.m.Y": "%d.%m.%Y",
    "d.m.Y H:M": "%d.%m.%Y %H:%M",
    "d.m.Y H:M:S": "%d.%m.%Y %H:%M:%S",
    "Y-m-d": "%Y-%m-%d",
    "Y-m-d H:M": "%Y-%m-%d %H:%M",
    "Y-m-d H:M:S": "%Y-%m-%d %H:%M:%S",
    "Y-m-dTH:M:S": "%Y-%m-%dT%H:%M:%S",
    "YmdHMS": "%Y%m%d%H%M%S",
    "d/m/Y": "%d/%m/%Y",
    "m/d/Y": "%m/%d/%Y",
}
CHOICES = (
    (ISO, _("ISO 8601: 2026-06-10T14:03:00+03:00")),
    ("d.m.Y", "10.06.2026"),
    ("d.m.Y H:M", "10.06.2026 14:03"),
    ("d.m.Y H:M:S", "10.06.2026 14:03:00"),
    ("Y-m-d", "2026-06-10"),
    ("Y-m-d H:M", "2026-06-10 14:03"),
    ("Y-m-d H:M:S", "2026-06-10 14:03:00"),
    ("Y-m-dTH:M:S", "2026-06-10T14:03:00"),
    ("YmdHMS", "20260610140300"),
    ("d/m/Y", _("10/06/2026 (the day first)")),
    ("m/d/Y", _("06/10/2026 (the month first)")),
    (UNIX, _("seconds since 1970")),
    (UNIX_MS, _("milliseconds since 1970")),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEPS = {UNIX: timedelta(seconds=1), UNIX_MS: timedelta(milliseconds=1)}


def read_time(value: Any, written: str, zone: tzinfo) -> datetime:
    """An aware time in UTC; NotConvertible for everything that is not written so."""
    try:
        if written in _STEPS:
            return _EPOCH + _STEPS[written] * float(as_decimal(value))
        text = as_text(value).strip()
        found = datetime.fromisoformat(text) if written == ISO else datetime.strptime(text, PATTERNS[written])  # noqa: DTZ007 the zone follows
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except NotConvertible:
        raise
    except (ValueError, OverflowError) as error:
        raise NotConvertible(_("This is no date in the form that was chosen.")) from error


def write_time(value: datetime, written: str, zone: tzinfo) -> str | int:
    """The time in that form; with ISO 8601 in UTC."""
    if written in _STEPS:
        return (value - _EPOCH) // _STEPS[written]
    try:
        if written == ISO:
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        # strftime leaves the year 33 without its zeros.
        local = value.astimezone(zone)
        return local.strftime(PATTERNS[written].replace("%Y", f"{local.year:04d}"))
    except (ValueError, OverflowError) as error:
        raise NotConvertible(_("This date cannot be written.")) from error


def _inward(value: Any, parameters: Mapping[str, Any], context: Context) -> datetime:
    return read_time(value, parameters["format"], _zone(parameters, context))


def _outward(value: Any, parameters: Mapping[str, Any], context: Context) -> str | int:
    if isinstance(value, date) and not isinstance(value, datetime):
        raise NotConvertible(_("This must be a date with its time."))
    moment = value if isinstance(value, datetime) else read_time(value, ISO, context.zone)
    return write_time(moment, parameters["format"], _zone(parameters, context))


def _zone(parameters: Mapping[str, Any], context: Context) -> tzinfo:
    return UTC if parameters.get("zone") == "utc" else context.zone


DATES: tuple[Transform, ...] = (
    Transform(
        code="date",
        title=_("date and time"),
        help=_("Reads a date as that system writes it; outwards it is written so."),
        parameters=(
            Field("format", _("how it is written there"), FieldType.CHOICE, default=ISO, choices=CHOICES),
            Field(
                "zone",
                _("zone of times without one"),
                FieldType.CHOICE,
                default="company",
                choices=(("company", _("the company's zone")), ("utc", "UTC")),
            ),
        ),
        inward=_inward,
        outward=_outward,
    ),
)
