"""Removes what nobody asks for any more: old history of schedules, old mails."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from config.ids import uuid7_at
from exports.models import ExportLetter, ScheduleRun

RUNS_KEPT: Final = timedelta(days=400)
LETTERS_KEPT: Final = timedelta(days=90)


def forget_history() -> int:
    """How many rows were removed. Ids are time-ordered: the old ones are found without a further index."""
    now = timezone.now()
    runs, _details = ScheduleRun.objects.filter(pk__lt=uuid7_at(now - RUNS_KEPT)).delete()
    letters, _details = ExportLetter.objects.filter(pk__lt=uuid7_at(now - LETTERS_KEPT)).delete()
    return runs + letters
