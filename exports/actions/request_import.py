"""Takes a file in: checks what it is, stores it, and queues the look through it in the same transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from exports.imports import place
from exports.imports.arriving import clean_name, format_of
from exports.imports.audience import hidden_from
from exports.imports.headings import plain
from exports.imports.importer import NotImportable, importable, importer_of
from exports.imports.lane import LANE
from exports.imports.limits import LONGEST_HEADING, MOST_COLUMNS
from exports.imports.reading.archive import check_names
from exports.imports.refused import FileRefused
from exports.models import WORKING, Import, ImportMode
from exports.request import InvalidRequest
from tenants import audit
from tenants.correlation import current_correlation
from tenants.models import MachineCredential, Member, Tenant
from tenants.work import enqueue

MOST_AT_A_TIME = 20


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """`file` is Django's uploaded file; `mapping` says which heading is which column, "" for one to leave out."""

    dataset: str
    file: Any
    mode: str = ImportMode.UPSERT
    mapping: Mapping[str, str] = field(default_factory=dict)


def request_import(
    tenant: Tenant,
    asked: ImportRequest,
    *,
    member: Member | None = None,
    machine: MachineCredential | None = None,
    language: str | None = None,
) -> Import:
    """A waiting import; InvalidRequest names the field that is wrong. Nothing of the file is written before it is applied."""
    mapping = _checked(asked, member, machine)
    try:
        found = format_of(asked.file)
    except FileRefused as error:
        raise InvalidRequest("file", str(error)) from error
    _check_room(tenant, asked.file.size)
    actor = audit.current_actor()
    job = Import(
        tenant=tenant,
        dataset=asked.dataset,
        mode=asked.mode,
        format=found,
        file_name=clean_name(asked.file.name),
        mapping=mapping,
        language=language or get_language() or tenant.language,
        member=member,
        actor=actor.name[:200],
        actor_kind=actor.kind,
        correlation_id=current_correlation(),
    )
    path = place.path_of(job)
    job.size, job.sha256 = place.store(path, asked.file.chunks())
    try:
        if found == "xlsx":
            check_names(path)
        with transaction.atomic():
            job.save(force_insert=True)
            audit.record("import.requested", job, after=_told(job))
            enqueue(LANE, [(job.pk, tenant.pk, str(tenant.pk), None)])
    except FileRefused as error:
        path.unlink(missing_ok=True)
        raise InvalidRequest("file", str(error)) from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return job


def _told(job: Import) -> dict[str, Any]:
    return {name: getattr(job, name) for name in ("dataset", "mode", "file_name", "size", "sha256")}


def _checked(
    asked: ImportRequest, member: Member | None, machine: MachineCredential | None
) -> dict[str, str]:
    """The mapping, once everything but the file is right."""
    try:
        importer = importer_of(asked.dataset)
    except NotImportable as error:
        known = ", ".join(one.name for one in importable())
        text = _("“%(value)s” is unknown. Known: %(known)s.") % {"value": asked.dataset[:50], "known": known}
        raise InvalidRequest("dataset", text) from error
    if asked.dataset in hidden_from(member, machine):
        raise InvalidRequest("dataset", _("Your role or key does not reach this data."))
    if asked.mode not in ImportMode.values:
        text = _("“%(value)s” is unknown. Known: %(known)s.")
        raise InvalidRequest("mode", text % {"value": asked.mode[:50], "known": ", ".join(ImportMode.values)})
    return _mapping(asked.mapping, importer.columns)


def _mapping(mapping: Mapping[str, str], columns: tuple[str, ...]) -> dict[str, str]:
    if len(mapping) > MOST_COLUMNS or any(len(heading) > LONGEST_HEADING for heading in mapping):
        raise InvalidRequest("mapping", _("The mapping is too long."))
    for name in mapping.values():
        if name and name not in columns:
            text = _("“%(value)s” is unknown. Known: %(known)s.")
            raise InvalidRequest("mapping", text % {"value": name[:50], "known": ", ".join(columns)})
    named = [name for name in mapping.values() if name]
    if len(set(named)) < len(named) or len(set(map(plain, mapping))) < len(mapping):
        raise InvalidRequest("mapping", _("A column is named twice."))
    return dict(mapping)


def _check_room(tenant: Tenant, size: int) -> None:
    """Files that wait are looked through one after the other: a hundred of them would fill the disk, not be sooner done."""
    waiting = Import.objects.filter(tenant=tenant, state__in=WORKING)[:MOST_AT_A_TIME].count()
    if waiting >= MOST_AT_A_TIME:
        raise InvalidRequest("file", _("Too many imports are under way. Wait until some have ended."))
    if not place.has_room(max(size, settings.IMPORT_MAX_FILE_SIZE)):
        raise InvalidRequest("file", _("The disk has no room for the file. Tell the operator."))
