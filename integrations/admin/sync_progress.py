"""How a run's state is told to people: the bar, the figures."""

from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from integrations.models import RunPhase, RunState, SyncRun

TONES = {
    RunState.COMPLETED: "good",
    RunState.FAILED: "bad",
    RunState.STOPPED: "bad",
    RunState.CANCELLED: "muted",
}


def describe(run: SyncRun) -> dict[str, Any]:
    """What a page shows and what its script asks for again. The keys are those of the bars of exports."""
    return {
        "id": str(run.pk),
        "state": run.state,
        "label": label(run),
        "tone": "warn" if run.is_partial else TONES.get(RunState(run.state), "busy"),
        "is_finished": run.is_finished,
        "percent": run.percent or 0,
        "rows": figures(run),
        "reason": run.reason,
        "size": "",
        "download": "",
    }


def label(run: SyncRun) -> str:
    if run.state == RunState.RUNNING:
        return str(RunPhase(run.phase).label)
    return run.outcome


def figures(run: SyncRun) -> str:
    """What was done, in words; what did not happen is not named."""
    parts = [
        (_("read: %(count)s"), run.read),
        (_("new: %(count)s"), run.created),
        (_("changed: %(count)s"), run.updated),
        (_("deleted: %(count)s"), run.deleted),
        (_("written there: %(count)s"), run.written),
        (_("conflicts: %(count)s"), run.conflicts),
        (_("failed: %(count)s"), run.failed),
    ]
    return " · ".join(text % {"count": intcomma(number)} for text, number in parts if number) or "—"
