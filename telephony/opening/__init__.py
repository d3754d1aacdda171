"""Opening hours: how they are written, and whether somebody is there at a given moment. Pure."""

from telephony.opening.schedule import DAYS, Exceptional, Hours, Schedule
from telephony.opening.writing import parse_day, parse_exceptions, parse_weekly, written

__all__ = [
    "DAYS",
    "Exceptional",
    "Hours",
    "Schedule",
    "parse_day",
    "parse_exceptions",
    "parse_weekly",
    "written",
]
