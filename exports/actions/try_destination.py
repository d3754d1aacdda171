"""Tries a destination because a person asked: a probe is written there and removed again."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from exports.destinations import NotSent, open_destination
from exports.models import ExportDestination
from tenants import audit


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it, in words; `code` is empty when it works."""

    text: str
    code: str = ""

    @property
    def works(self) -> bool:
        return not self.code


def try_destination(row: ExportDestination) -> Tried:
    """Takes as long as the other side does. What comes of it is a part of the destination's health."""
    try:
        tried = Tried(open_destination(row).check())
    except NotSent as error:
        tried = Tried(str(error), error.code)
    now = timezone.now()
    health = (
        {"last_success_at": now}
        if tried.works
        else {"last_failure_at": now, "last_failure_reason": tried.text}
    )
    with transaction.atomic():
        ExportDestination.objects.filter(pk=row.pk).update(**health)
        audit.record("exportdestination.tested", row, after={"works": tried.works})
    row.refresh_from_db()
    return tried
