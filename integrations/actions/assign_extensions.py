"""Gives many managers their numbers, or takes them away, in a constant number of statements for each integration."""

from collections.abc import Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations import live as configurations
from integrations.actions.push_directory import queue_push
from integrations.models import ExtensionAssignment, Integration
from tenants import audit, bulk
from tenants.models import Extension

Wanted = Mapping[UUID, Mapping[str, str]]
"""Integration -> outside user -> number, "" for none."""


@transaction.atomic
def assign_extensions(tenant_id: int, wanted: Wanted) -> None:
    """ValidationError for a number that does not exist; IntegrityError for one that is somebody else's there."""
    numbers = {number for several in wanted.values() for number in several.values() if number}
    known = set(Extension.objects.filter(number__in=numbers).values_list("number", flat=True))
    for number in sorted(numbers - known):
        raise ValidationError({"extension": _("There is no extension %(number)s.") % {"number": number}})
    # The integrations' rows are the locks under which their tables change.
    locked = Integration.objects.select_for_update(no_key=True).filter(pk__in=list(wanted)).order_by("pk")
    now, done, made = timezone.now(), [], []
    rows = list(locked)
    former = ExtensionAssignment.objects.filter(integration__in=rows, valid_to__isnull=True)
    in_force = {(row.integration_id, row.outside_user_id): row for row in former}
    ended = []
    for integration in rows:
        changes = wanted[integration.pk]
        before = [in_force[key] for user in changes if (key := (integration.pk, user)) in in_force]
        ended += before
        made += [
            ExtensionAssignment(
                tenant_id=tenant_id,
                integration=integration,
                outside_user_id=user,
                extension=number,
                valid_from=now,
            )
            for user, number in changes.items()
            if number
        ]
        done.append(
            audit.Done(
                integration,
                {"extensions": {row.extension: row.outside_user_id for row in before}},
                {"extensions": {number: user for user, number in changes.items() if number}},
            )
        )
    for row in ended:
        row.valid_to = now
    bulk.change(ended, ["valid_to"])
    ExtensionAssignment.objects.bulk_create(made)
    Integration.objects.filter(pk__in=[row.pk for row in rows]).update(
        directory_wanted=F("directory_wanted") + 1
    )
    audit.record_many("integration.extension_assigned", done)
    for integration in rows:
        queue_push(integration)
    configurations.forget(tenant_id)
