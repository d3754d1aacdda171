"""How an import's state and its rows are told to people."""

from collections.abc import Mapping
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from exports.imports.judging import short
from exports.models import WORKING, Import, ImportRow, ImportState, RowAction, RowOutcome
from exports.registry import UnknownDataset, get_dataset

_TONES = {
    ImportState.READY: "busy",
    ImportState.DONE: "good",
    ImportState.UNDONE: "muted",
    ImportState.FAILED: "bad",
    ImportState.CANCELLED: "muted",
    ImportState.EXPIRED: "muted",
}
_ROW_TONES = {
    RowAction.NEW: "good",
    RowAction.CHANGED: "busy",
    RowAction.REMOVED: "bad",
    RowAction.SAME: "muted",
    RowAction.ERROR: "bad",
    RowAction.SKIPPED: "muted",
}


def describe(job: Import) -> dict[str, Any]:
    """What a page shows and what its script asks for again (static/exports/progress.js)."""
    return {
        "id": str(job.pk),
        # The script writes the percentage beside the label of what runs.
        "state": "running" if job.is_working else job.state,
        "label": _("nothing to write") if _is_idle(job) else str(job.get_state_display()),
        "tone": "muted" if _is_idle(job) else _TONES.get(ImportState(job.state), "busy"),
        "is_finished": not job.is_working,
        "can_cancel": job.state in WORKING or job.state == ImportState.READY,
        "percent": job.percent,
        "rows": str(intcomma(job.rows_read)),
        "size": "",
        "download": "",
    }


def _is_idle(job: Import) -> bool:
    return job.state == ImportState.READY and not job.to_write


def chips(job: Import) -> list[dict[str, Any]]:
    """The counts that are filters of the table, too."""
    found: list[dict[str, Any]] = [
        {"name": "action", "value": value, "label": label, "count": count, "tone": _ROW_TONES[value]}
        for value, label, count in (
            (RowAction.NEW, RowAction.NEW.label, job.new),
            (RowAction.CHANGED, RowAction.CHANGED.label, job.changed),
            (RowAction.REMOVED, RowAction.REMOVED.label, job.removed),
            (RowAction.SAME, RowAction.SAME.label, job.same),
            (RowAction.ERROR, RowAction.ERROR.label, job.errors),
            (RowAction.SKIPPED, RowAction.SKIPPED.label, job.skipped),
        )
    ]
    outcomes = (
        (RowOutcome.WRITTEN, job.written - job.undone - job.kept, "good"),
        (RowOutcome.REFUSED, job.refused, "bad"),
        (RowOutcome.UNDONE, job.undone, "muted"),
        (RowOutcome.KEPT, job.kept, "bad"),
    )
    found += [
        {"name": "outcome", "value": value, "label": value.label, "count": count, "tone": tone}
        for value, count, tone in outcomes
    ]
    return [{**one, "count": intcomma(one["count"])} for one in found if one["count"]]


def row_shown(row: ImportRow, headings: Mapping[str, str]) -> dict[str, Any]:
    """One row of the table: what it is, and field by field what becomes of it."""
    # What is sealed has lost its order: it is shown in that of the dataset.
    order = list(headings)
    values = dict(
        sorted(row.part("values").items(), key=lambda one: order.index(one[0]) if one[0] in order else 0)
    )
    before = row.part("before")
    errors = row.part("errors")
    return {
        "number": row.number,
        "title": row.content.get("title") or "—",
        "action": row.get_action_display(),
        "tone": _ROW_TONES[RowAction(row.action)],
        "is_new": row.action == RowAction.NEW,
        "outcome": row.get_outcome_display() if row.outcome else "",
        "reason": row.content.get("reason", ""),
        "fields": [
            {
                "heading": headings.get(name, name),
                "before": _in_words(before.get(name)),
                "has_before": name in before,
                "after": _in_words(value),
            }
            for name, value in values.items()
            if name not in errors and (name in before or value not in (None, "", []))
        ],
        "errors": [
            {
                "heading": headings.get(name, name) if name else "",
                "text": text,
                "value": _in_words(values.get(name)),
            }
            for name, text in errors.items()
        ],
    }


def headings_of(job: Import) -> dict[str, str]:
    try:
        return {name: str(column.heading) for name, column in get_dataset(job.dataset).columns.items()}
    except UnknownDataset:
        return {}


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, short(value)))
    return "" if value is None else str(short(value))
