"""Internal numbers, many at a time: checked as the admin checks one, audited one by one, in a constant number of statements."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from tenants import audit, bulk
from tenants.models import Extension, Member, Tenant

FIELDS: Final = ("number", "name")


def checked_extension(values: Mapping[str, Any]) -> dict[str, Any]:
    """As the columns keep them; ValidationError keyed by the field. No statements."""
    row, problems = Extension(), {}
    found: dict[str, Any] = {}
    for name in FIELDS:
        if name in values:
            try:
                column: Any = Extension._meta.get_field(name)
                found[name] = column.clean(str(values[name] or "").strip(), row)
            except ValidationError as error:
                problems[name] = error
    if problems:
        raise ValidationError(problems)
    return found


@transaction.atomic
def create_extensions(tenant: Tenant, rows: Mapping[UUID, Mapping[str, Any]]) -> None:
    """By their future ids. ValidationError; IntegrityError where a number is taken."""
    made = [Extension(pk=pk, tenant=tenant, **checked_extension(values)) for pk, values in rows.items()]
    Extension.objects.bulk_create(made)
    audit.record_many("extension.created", [audit.Done(row, after=audit.snapshot(row)) for row in made])


@transaction.atomic
def change_extensions(changes: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Only the named fields; those that are gone are left out. ValidationError, IntegrityError."""
    done = []
    rows = list(Extension.objects.select_for_update().filter(pk__in=list(changes)).order_by("pk"))
    for row in rows:
        before = audit.snapshot(row)
        for name, value in checked_extension(changes[row.pk]).items():
            setattr(row, name, value)
        old, new = audit.changed(before, audit.snapshot(row))
        if new:
            done.append(audit.Done(row, old, new))
    bulk.change(rows, FIELDS)
    audit.record_many("extension.updated", done)


@transaction.atomic
def delete_unused_extensions(ids: Sequence[UUID]) -> set[UUID]:
    """Those that nobody has; the ids of those that somebody has, which stay."""
    holders = Member.objects.filter(extension_id__in=ids).values_list("extension__pk", flat=True)
    used: set[UUID] = set(holders)
    rows = list(Extension.objects.filter(pk__in=ids).exclude(pk__in=used))
    audit.record_many("extension.deleted", [audit.Done(row, before=audit.snapshot(row)) for row in rows])
    Extension.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return used
