"""Gives many managers their numbers at once: only what differs is changed, all or nothing."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from integrations.actions.assign_extension import assign_extension
from integrations.models import Integration
from integrations.selectors import assignments_in_force


def save_extensions(row: Integration, wanted: Mapping[str, str | None]) -> int:
    """By outside user id; who is not named keeps theirs. How many were changed; ValidationError when nothing was."""
    given = [number for number in wanted.values() if number]
    if twice := sorted({number for number in given if given.count(number) > 1}):
        text = _("Nothing was saved: extension %(numbers)s was given to two managers.")
        raise ValidationError({"extensions": text % {"numbers": ", ".join(twice)}})
    with transaction.atomic():
        Integration.objects.select_for_update(no_key=True).get(pk=row.pk)
        former = assignments_in_force(row)
        changes = {
            user: number or "" for user, number in wanted.items() if former.get(user, "") != (number or "")
        }
        # Numbers are given back first, so that two managers can swap theirs.
        for user, number in sorted(changes.items(), key=lambda change: bool(change[1])):
            assign_extension(row, user, number or None)
    return len(changes)
