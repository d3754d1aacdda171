"""How an export's state is told to people: the bar, the figures, the filters in words."""

from collections.abc import Mapping
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from exports.filters import ChoiceFilter
from exports.models import UNFINISHED, Export, State
from exports.registry import Dataset, UnknownDataset, get_dataset

_TONES = {State.DONE: "good", State.FAILED: "bad", State.CANCELLED: "muted", State.EXPIRED: "muted"}


def describe(export: Export) -> dict[str, Any]:
    """What a page shows and what its script asks for again."""
    is_done = export.state == State.DONE
    return {
        "id": str(export.pk),
        "state": export.state,
        "label": str(export.get_state_display()),
        "tone": _TONES.get(State(export.state), "busy"),
        "is_finished": export.is_finished,
        "can_cancel": export.state in UNFINISHED,
        "percent": export.percent,
        "rows": _rows(export),
        "size": filesizeformat(export.size) if export.size else "",
        "reason": export.reason,
        "file_name": export.file_name,
        "expires_at": export.expires_at,
        "download": reverse("download-export", args=[export.pk]) if is_done else "",
    }


def _rows(export: Export) -> str:
    if export.state == State.RUNNING and export.rows_total:
        return _("%(done)s of about %(total)s") % {
            "done": intcomma(export.rows_done),
            "total": intcomma(max(export.rows_done, export.rows_total)),
        }
    return str(intcomma(export.rows_done))


def filters_in_words(name: str, filters: Mapping[str, Any]) -> list[str]:
    """One text for each filter, such as "Start: from 2026-01-01"."""
    try:
        dataset = get_dataset(name)
    except UnknownDataset:
        return [f"{key}: {value}" for key, value in filters.items()]
    return [_in_words(dataset, key, value) for key, value in filters.items()]


def _in_words(dataset: Dataset, key: str, value: Any) -> str:
    known = dataset.filters_by_name.get(key)
    title = known.title if known else key
    labels = dict(known.choices) if isinstance(known, ChoiceFilter) else {}
    if isinstance(value, dict):
        ends = {"from": _("from"), "to": _("to")}
        return f"{title}: " + " ".join(
            f"{ends.get(side, side)} {_end_in_words(value[side])}"
            # PostgreSQL keeps the names of an object in an order of its own.
            for side in sorted(value)
        )
    values = value if isinstance(value, list) else [value]
    if key == "ids":
        return f"{title}: {len(values)}"
    return f"{title}: " + ", ".join(str(labels.get(str(item), item)) for item in values)


def _end_in_words(end: Any) -> str:
    """Days and times as the reader writes them, by the clock in force; numbers as they are."""
    if "-" not in str(end)[1:]:
        return str(end)
    try:
        day = parse_date(str(end))
        if day is not None:
            return date_format(day, "SHORT_DATE_FORMAT")
        moment = parse_datetime(str(end))
    except ValueError:
        return str(end)
    if moment is None:
        return str(end)
    return date_format(timezone.localtime(moment) if moment.tzinfo else moment, "SHORT_DATETIME_FORMAT")
