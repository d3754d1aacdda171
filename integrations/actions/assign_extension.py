"""Gives a manager of the outside system a number, or takes it away; saved here first, pushed afterwards."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations import live as configurations
from integrations.actions.push_directory import queue_push
from integrations.models import ExtensionAssignment, Integration
from tenants import audit
from tenants.models import Extension

LONGEST_ID = 100


@transaction.atomic
def assign_extension(
    integration: Integration, outside_user_id: str, extension: str | None
) -> ExtensionAssignment | None:
    """The assignment in force, None when the number was taken away.

    One number belongs to one manager and one manager has one number: whatever stands in the way ends now.
    """
    outside_user_id = outside_user_id.strip()
    if not 0 < len(outside_user_id) <= LONGEST_ID:
        raise ValidationError({"outside_user_id": _("This must be the user's id, at most 100 characters.")})
    if extension and not Extension.objects.filter(tenant_id=integration.tenant_id, number=extension).exists():
        raise ValidationError({"extension": _("There is no extension %(number)s.") % {"number": extension}})
    # The integration's row is the lock under which its table changes.
    Integration.objects.select_for_update(no_key=True).get(pk=integration.pk)
    in_force = ExtensionAssignment.objects.filter(integration=integration, valid_to__isnull=True)
    same = in_force.filter(outside_user_id=outside_user_id, extension=extension or "").first()
    if same or (not extension and not in_force.filter(outside_user_id=outside_user_id).exists()):
        return same
    return _replace(integration, outside_user_id, extension)


def _replace(integration: Integration, user_id: str, extension: str | None) -> ExtensionAssignment | None:
    now = timezone.now()
    in_the_way = ExtensionAssignment.objects.filter(
        Q(outside_user_id=user_id) | Q(extension=extension or ""),
        integration=integration,
        valid_to__isnull=True,
    )
    before = {row.extension: row.outside_user_id for row in in_the_way}
    in_the_way.update(valid_to=now)
    made = None
    if extension:
        made = ExtensionAssignment.objects.create(
            tenant_id=integration.tenant_id,
            integration=integration,
            outside_user_id=user_id,
            extension=extension,
            valid_from=now,
        )
    Integration.objects.filter(pk=integration.pk).update(directory_wanted=F("directory_wanted") + 1)
    audit.record(
        "integration.extension_assigned",
        integration,
        before={"extensions": before},
        after={"extensions": {extension: user_id} if extension else {}},
    )
    queue_push(integration)
    configurations.forget(integration.tenant_id)
    return made
