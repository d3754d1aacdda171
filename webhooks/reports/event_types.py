"""The events that carry reports."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from tenants.events import EventType, register

DAILY: Final = "report.daily"
WEEKLY: Final = "report.weekly"
REPORTS: Final = frozenset({DAILY, WEEKLY})

_TEXT: Final = {"type": "string"}
_NUMBER: Final = {"type": ["number", "null"]}
_MOMENT: Final = {"type": "string", "format": "date-time"}
_FIGURE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["name", "title", "value", "unit", "text"],
    "properties": {
        "name": _TEXT,
        "title": {**_TEXT, "description": "In the company's language."},
        "value": {**_NUMBER, "description": "Null where there was nothing to measure."},
        "unit": {"enum": ["count", "percent", "seconds", "hours", "ms"]},
        "text": {**_TEXT, "description": "The value as people read it."},
        "before": {**_NUMBER, "description": "The value in the period before."},
        "change": {**_TEXT, "description": "Against the period before, such as +12 %; may be empty."},
        "is_trouble": {"type": "boolean"},
    },
}
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["report_id", "name", "title", "summary", "period", "is_quiet", "sections"],
    "properties": {
        "report_id": {"type": "string", "format": "uuid"},
        "name": {**_TEXT, "description": "As the company calls the report."},
        "title": _TEXT,
        "summary": {**_TEXT, "description": "One line of words."},
        "language": _TEXT,
        "period": {
            "type": "object",
            "required": ["since", "until", "first_day", "last_day", "timezone"],
            "properties": {
                "since": _MOMENT,
                "until": {**_MOMENT, "description": "Not included."},
                "first_day": {"type": "string", "format": "date"},
                "last_day": {"type": "string", "format": "date", "description": "Included."},
                "timezone": _TEXT,
            },
        },
        "is_quiet": {"type": "boolean", "description": "Whether nothing happened."},
        "sections": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "title", "figures"],
                "properties": {
                    "name": _TEXT,
                    "title": _TEXT,
                    "figures": {"type": "array", "items": _FIGURE},
                },
            },
        },
        "endpoint_ids": {
            "type": "array",
            "items": _TEXT,
            "description": "Endpoints that the report names, beside those that subscribe to it.",
        },
    },
}


def _figure(name: str, title: str, value: float, text: str, **more: Any) -> dict[str, Any]:
    usual = {"unit": "count", "before": value, "change": "", "is_trouble": False}
    return {"name": name, "title": title, "value": value, "text": text, **usual, **more}


_EXAMPLE: Final[dict[str, Any]] = {
    "report_id": "019aa0a5-1c2e-7b1a-8d7e-2f4f4c1f0a31",
    "name": "Sales",
    "title": "Sales: 11/20/2026",
    "summary": "124 calls, 3 missed calls, 18 new orders",
    "language": "en",
    "period": {
        "since": "2026-11-19T21:00:00+00:00",
        "until": "2026-11-20T21:00:00+00:00",
        "first_day": "2026-11-20",
        "last_day": "2026-11-20",
        "timezone": "Europe/Minsk",
    },
    "is_quiet": False,
    "sections": [
        {
            "name": "calls",
            "title": "Calls",
            "figures": [
                _figure("total", "Calls", 124, "124", before=110, change="+13 %"),
                _figure("missed", "Missed", 3, "3", is_trouble=True),
                _figure("answered_share", "Answered", 97.0, "97 %", unit="percent"),
            ],
        },
        {"name": "sales", "title": "Sales", "figures": [_figure("orders", "New orders", 18, "18")]},
    ],
    "endpoint_ids": [],
}

register(
    EventType(
        DAILY,
        _("Daily report"),
        _("A summary of the day before, as the company has set it up."),
        SCHEMA,
        _EXAMPLE,
    ),
    EventType(
        WEEKLY,
        _("Weekly report"),
        _("A summary of the seven days before, as the company has set it up."),
        SCHEMA,
        {
            **_EXAMPLE,
            "title": "Sales: 11/16/2026 to 11/22/2026",
            "period": {
                **_EXAMPLE["period"],
                "since": "2026-11-15T21:00:00+00:00",
                "until": "2026-11-22T21:00:00+00:00",
                "first_day": "2026-11-16",
                "last_day": "2026-11-22",
            },
        },
    ),
)
