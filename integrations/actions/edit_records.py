"""Many records of one kind that are made or changed here, by the rules of one (`edit_record`), in a constant number of statements."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.actions.edit_record import set_values, spread
from integrations.models import ContactPoint, Link, PendingWrite
from integrations.models.records import ReachableRecord
from integrations.records import RecordKind
from integrations.store.content import cleaned, plain, values_of_row
from integrations.store.locks import lock_company
from integrations.store.shapes import Shape, shape_of
from integrations.store.telling import Told, tell_of
from tenants import audit, bulk
from tenants.models import Tenant

KINDS: Final = (RecordKind.CONTACT, RecordKind.COMPANY, RecordKind.PRODUCT)
Changes = Mapping[UUID, Mapping[str, Any]]
"""Record -> values by column, which `checked_values` has let through."""


@transaction.atomic
def create_records(tenant: Tenant, kind: RecordKind, rows: Changes) -> None:
    """By their future ids."""
    shape = shape_of(kind)
    make: Any = shape.model
    lock_company(tenant.pk)
    made, told = [], []
    for pk, values in rows.items():
        row = make(pk=pk, tenant=tenant)
        set_values(row, as_kept(shape, values, tenant.phone_region))
        made.append(row)
        told.append(Told(row.pk, "", values_of_row(row, shape), is_new=True))
    bulk.create(made)
    audit.record_many(
        f"{kind}.created",
        [audit.Done(row, after=_plain({name: getattr(row, name) for name in rows[row.pk]})) for row in made],
    )
    spread(made, shape, told, reachable=made)


@transaction.atomic
def change_records(tenant: Tenant, kind: RecordKind, changes: Changes) -> None:
    """Only the named columns; what is deleted or a part of another record stays as it is."""
    shape = shape_of(kind)
    rows = held(tenant, kind, list(changes))
    changed, told, moved, done = [], [], [], []
    for pk, row in rows.items():
        current = values_of_row(row, shape)
        wanted = as_kept(shape, changes[pk], tenant.phone_region)
        differing = {name: value for name, value in wanted.items() if value != current[name]}
        if not differing:
            continue
        before = {name: current[name] for name in differing}
        set_values(row, differing)
        row.updated_at = timezone.now()
        changed.append(row)
        done.append(audit.Done(row, _plain(before), _plain(differing)))
        told.append(Told(row.pk, "", values_of_row(row, shape), before=before))
        if differing.keys() & {"phones", "emails"}:
            moved.append(row)
    bulk.change(changed, [*shape.columns, "search_key", "updated_at"])
    audit.record_many(f"{kind}.updated", done)
    spread(changed, shape, told, reachable=moved)


def held(tenant: Tenant, kind: RecordKind, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Those of the rows that can be changed, until the transaction ends; nothing is read into the company's records meanwhile."""
    lock_company(tenant.pk)
    model: Any = shape_of(kind).model
    rows = model.objects.select_for_update().filter(pk__in=list(ids), deleted_at__isnull=True)
    if issubclass(model, ReachableRecord):
        rows = rows.filter(merged_into__isnull=True)
    return {row.pk: row for row in rows.order_by("pk")}


@transaction.atomic
def take_back_records(tenant: Tenant, kind: RecordKind, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Mark as deleted what was made here and no system knows yet; why not, for those that stay."""
    shape = shape_of(kind)
    rows = held(tenant, kind, ids)
    known = set(Link.objects.filter(record_id__in=list(rows)).values_list("record_id", flat=True))
    kept = {pk: _("A connected system has it by now.") for pk in known}
    gone = [row for pk, row in rows.items() if pk not in kept]
    now = timezone.now()
    for row in gone:
        row.deleted_at = row.updated_at = now
    bulk.change(gone, ["deleted_at", "updated_at"])
    keys = [row.pk for row in gone]
    ContactPoint.objects.filter(record_id__in=keys).delete()
    PendingWrite.objects.filter(record_id__in=keys).delete()
    audit.record_many(f"{kind}.deleted", [audit.Done(row, before={"name": str(row)}) for row in gone])
    tell_of(tenant.pk, "", kind, [Told(row.pk, "", values_of_row(row, shape), is_gone=True) for row in gone])
    return kept


def as_kept(shape: Shape, values: Mapping[str, Any], region: str) -> dict[str, Any]:
    """What JSON has of them, in the form of the columns."""
    return {name: cleaned(name, shape.columns[name], value, region) for name, value in values.items()}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Amounts as text: JSON has no exact ones."""
    return {name: plain(value) for name, value in values.items()}
