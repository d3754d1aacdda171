"""Contacts and companies that are made or changed here: checked field by field, audited, told, and written to the systems."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.duplicates.finding import KINDS, refresh
from integrations.models import ReachableRecord
from integrations.models.records import StoredRecord
from integrations.phones import to_e164
from integrations.records import RecordKind
from integrations.store import writing
from integrations.store.cleaning import Unkeepable
from integrations.store.content import cleaned, plain, values_of_row
from integrations.store.locks import lock_company
from integrations.store.parts import LISTS
from integrations.store.pending import note_local
from integrations.store.shapes import Shape, shape_of
from integrations.store.telling import Told, tell_of
from tenants import audit
from tenants.errors import ConfigError
from tenants.models import Tenant

MOST_POINTS: Final = 50


class ChangedMeanwhile(ConfigError):
    """Somebody else was faster: it is another one by now than the one that was looked at."""


class NotChangeable(ConfigError):
    """Deleted, or a part of another record."""


@transaction.atomic
def create_record(
    tenant: Tenant, kind: RecordKind, values: Mapping[str, Any], pk: UUID | None = None
) -> ReachableRecord:
    """ValidationError keyed by the field."""
    shape = shape_of(checked_kind(kind))
    made: Any = shape.model
    row: ReachableRecord = made(tenant=tenant, **({"pk": pk} if pk else {}))
    wanted = checked_values(shape, values, values_of_row(row, shape), tenant.phone_region)
    if not any(wanted.get(name) for name in ("name", *LISTS)):
        raise ValidationError({"name": _("A name, a phone or an e-mail is needed.")})
    set_values(row, wanted)
    row.save(force_insert=True)
    audit.record(f"{kind}.created", row, after=plain(wanted))
    spread([row], shape, [Told(row.pk, "", values_of_row(row, shape), is_new=True)], reachable=[row])
    return row


@transaction.atomic
def change_record(
    tenant: Tenant,
    kind: RecordKind,
    pk: UUID,
    values: Mapping[str, Any],
    version: datetime | None = None,
) -> ReachableRecord:
    """Only the named fields; ValidationError keyed by the field.

    With a `version` (its `updated_at`), `ChangedMeanwhile` when it is not that one any more.
    """
    shape = shape_of(checked_kind(kind))
    # What a synchronisation reads at the same time is written whole, so it has to have seen this.
    lock_company(tenant.pk)
    model: Any = shape.model
    row: ReachableRecord = model.objects.select_for_update().get(pk=pk)
    if version is not None and row.updated_at != version:
        raise ChangedMeanwhile(_("It has been changed meanwhile: look at it again."))
    if row.merged_into is not None or row.deleted_at is not None:
        raise NotChangeable(_("“%(name)s” is deleted or merged: it cannot be changed.") % {"name": row})
    current = values_of_row(row, shape)
    wanted = checked_values(shape, values, current, tenant.phone_region)
    differing = {name: value for name, value in wanted.items() if value != current[name]}
    if not differing:
        return row
    set_values(row, differing)
    row.updated_at = timezone.now()
    row.save(update_fields=[*differing, "search_key", "updated_at"])
    before = {name: current[name] for name in differing}
    audit.record(f"{kind}.updated", row, before=plain(before), after=plain(differing))
    told = Told(row.pk, "", values_of_row(row, shape), before=before)
    spread([row], shape, [told], reachable=[row] if differing.keys() & set(LISTS) else [])
    return row


def checked_kind(kind: RecordKind) -> RecordKind:
    """ValidationError where records of that kind are only read."""
    if kind not in KINDS:
        raise ValidationError({"kind": _("Records of this kind are not changed here.")})
    return kind


def checked_values(
    shape: Shape, values: Mapping[str, Any], current: Mapping[str, Any], region: str
) -> dict[str, Any]:
    """As the columns keep them; ValidationError with every mistake by the name of its field."""
    found: dict[str, Any] = {}
    problems: dict[str, Any] = {}
    for name, given in values.items():
        if name not in shape.columns:
            problems[name[:50]] = _("There is no such field.")
            continue
        try:
            found[name] = cleaned(name, shape.columns[name], given, region)
        except (Unkeepable, TypeError, ValueError) as error:
            problems[name] = str(error)
            continue
        if name in LISTS:
            wrong = _wrong_points(name, found[name], current[name], region)
            if wrong:
                problems[name] = wrong
    if problems:
        raise ValidationError(problems)
    return found


def _wrong_points(name: str, values: Sequence[str], current: Sequence[str], region: str) -> str:
    """What is wrong with the first one that is. What a system once told us as it is may stay."""
    if len(values) > MOST_POINTS:
        return _("At most %(count)d.") % {"count": MOST_POINTS}
    for value in values:
        if value in current:
            continue
        if name == "phones" and not to_e164(value, region):
            return _("“%(value)s” is no telephone number.") % {"value": value[:50]}
        if name == "emails" and not _is_address(value):
            return _("“%(value)s” is no e-mail address.") % {"value": value[:50]}
    return ""


def _is_address(value: str) -> bool:
    try:
        validate_email(value)
    except ValidationError:
        return False
    return True


def set_values(row: StoredRecord, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.note_search_key()


def spread(rows: Sequence[Any], shape: Shape, told: Sequence[Told], *, reachable: Sequence[Any]) -> None:
    """Look-ups, duplicates, events, and the systems that are written to. `reachable`: whose numbers or addresses are others now."""
    if not rows:
        return
    tenant_id, kind = rows[0].tenant_id, shape.kind
    if reachable and kind in KINDS:
        new = {one.record_id for one in told if one.is_new}
        writing.replace_points(tenant_id, kind, reachable, {row.pk for row in reachable} - new)
        refresh(tenant_id, kind, [row.pk for row in reachable])
    tell_of(tenant_id, "", kind, told)
    note_local(tenant_id, kind, [row.pk for row in rows])
