"""Writes what was previewed, batch by batch: exactly that, and of rows that changed meanwhile it says so."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from exports.imports.fence import fenced
from exports.imports.importer import Given, Importer, Write, importer_of
from exports.imports.judging import told
from exports.imports.values import is_same
from exports.models import Import, ImportRow, ImportState, RowAction, RowOutcome
from exports.registry import get_dataset
from tenants import bulk
from tenants.errors import ConfigError
from tenants.work import Leased

Refusals = dict[int, str]
"""Number of a row: why it was not written."""
# What one row breaks must not stop the others.
REFUSING = (ValidationError, ConfigError, IntegrityError, DataError)


def apply(job: Import, row: Leased) -> None:
    """Stopped. A batch, its rows' outcomes and the place reached are one transaction: a killed worker's is done once."""
    importer = importer_of(job.dataset)(job.tenant)
    while _apply_batch(row, importer):
        pass


def _apply_batch(row: Leased, importer: Importer) -> bool:
    with fenced(row, ImportState.APPLYING) as job:
        waiting = ImportRow.objects.filter(
            job=job,
            number__gt=job.last_row,
            outcome=RowOutcome.NONE,
            action__in=(RowAction.NEW, RowAction.CHANGED, RowAction.REMOVED),
        )
        rows = list(waiting.order_by("number")[: importer.at_once])
        if not rows:
            return False
        refused = _written(importer, rows)
        for one in rows:
            _note(one, refused.get(one.number))
        bulk.change(rows, ["outcome", "content"])
        job.written += len(rows) - len(refused)
        job.refused += len(refused)
        job.last_row = rows[-1].number
        job.save(update_fields=["written", "refused", "last_row"])
    return True


def _note(row: ImportRow, why: str | None) -> None:
    row.outcome = RowOutcome.WRITTEN if why is None else RowOutcome.REFUSED
    if why is not None:
        row.content = {**row.content, "reason": why}


def _written(importer: Importer, rows: Sequence[ImportRow]) -> Refusals:
    try:
        with transaction.atomic():
            return _write(importer, rows)
    except REFUSING as error:
        if len(rows) == 1:
            return {rows[0].number: in_words(error, importer)}
    # One by one, so that only the culprit is left out.
    refused: Refusals = {}
    for one in rows:
        refused |= _written(importer, [one])
    return refused


def _write(importer: Importer, rows: Sequence[ImportRow]) -> Refusals:
    new = [one for one in rows if one.action == RowAction.NEW]
    changed = [one for one in rows if one.action == RowAction.CHANGED]
    removed = [one for one in rows if one.action == RowAction.REMOVED]
    refused = _refused_new(importer, new) | _refused_changed(importer, [*changed, *removed])
    gone = {_id(one): one.number for one in removed if one.number not in refused}
    if gone:
        refused |= {gone[id_]: why for id_, why in importer.remove(list(gone)).items()}
    for several, write in ((new, importer.create), (changed, importer.change)):
        wanted = [Write(_id(one), one.part("values")) for one in several if one.number not in refused]
        if wanted:
            write(wanted)
    return refused


def _refused_new(importer: Importer, rows: Sequence[ImportRow]) -> Refusals:
    """What somebody else added meanwhile, and what the rules do not allow any more."""
    if not rows:
        return {}
    refused: Refusals = {}
    for one, found in zip(
        rows, importer.find([Given(one.number, one.part("values")) for one in rows]), strict=True
    ):
        if found.current is not None:
            refused[one.number] = _("It was added meanwhile.")
        elif found.problems:
            refused[one.number] = " ".join(found.problems.values())
        elif why := _unclean(importer, one.part("values"), None):
            refused[one.number] = why
    return refused


def _refused_changed(importer: Importer, rows: Sequence[ImportRow]) -> Refusals:
    if not rows:
        return {}
    there = importer.read([_id(one) for one in rows])
    refused: Refusals = {}
    for one in rows:
        current = there.get(_id(one))
        if current is None:
            refused[one.number] = _("It was deleted meanwhile.")
        elif different := differing(one.part("before"), current):
            text = _("Changed meanwhile: %(columns)s.")
            refused[one.number] = text % {"columns": titles(importer, different)}
        elif one.action == RowAction.CHANGED and (why := _unclean(importer, one.part("values"), current)):
            refused[one.number] = why
    return refused


def _unclean(importer: Importer, values: Mapping[str, Any], current: Mapping[str, Any] | None) -> str:
    try:
        importer.clean(values, current)
    except ValidationError as error:
        return in_words(error, importer)
    return ""


def differing(expected: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """The columns that are not what they were expected to be."""
    return [name for name, value in expected.items() if not is_same(current.get(name), value)]


def titles(importer: Importer, names: Sequence[str]) -> str:
    columns = get_dataset(importer.dataset).columns
    return ", ".join(str(columns[name].heading) for name in names)


def in_words(error: Exception, importer: Importer) -> str:
    if isinstance(error, ValidationError):
        columns = get_dataset(importer.dataset).columns
        mistakes = told(error, columns)
        return " ".join(
            f"{columns[name].heading}: {text}" if name else text for name, text in mistakes.items()
        )
    if isinstance(error, ConfigError):
        return str(error)
    return _("The database refuses it: %(error)s") % {"error": str(error).partition("\n")[0][:300]}


def _id(row: ImportRow) -> Any:
    return row.object_id
