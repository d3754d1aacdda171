"""Takes back what an import wrote, where nobody has touched it since; what somebody has is listed and left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from exports.imports.applying import REFUSING, differing, in_words, titles
from exports.imports.fence import fenced
from exports.imports.importer import Given, Importer, Values, Write, importer_of
from exports.models import Import, ImportRow, ImportState, RowAction, RowOutcome
from tenants import bulk
from tenants.work import Leased


@dataclass(slots=True)
class Taken:
    """What became of rows, by number: an outcome, and the reason where something stays."""

    outcomes: dict[int, RowOutcome] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)

    def keep(self, row: ImportRow, reason: str, outcome: RowOutcome = RowOutcome.KEPT) -> None:
        self.outcomes[row.number], self.reasons[row.number] = outcome, reason


def undo(job: Import, row: Leased) -> None:
    """Stopped. Harmless twice, as applying is."""
    importer = importer_of(job.dataset)(job.tenant)
    while _undo_batch(row, importer):
        pass


def _undo_batch(row: Leased, importer: Importer) -> bool:
    with fenced(row, ImportState.UNDOING) as job:
        written = ImportRow.objects.filter(job=job, number__gt=job.last_row, outcome=RowOutcome.WRITTEN)
        rows = list(written.order_by("number")[: importer.at_once])
        if not rows:
            return False
        taken = _taken_back(importer, rows)
        for one in rows:
            one.outcome = taken.outcomes.get(one.number, RowOutcome.UNDONE)
            if reason := taken.reasons.get(one.number):
                one.content = {**one.content, "reason": reason}
        bulk.change(rows, ["outcome", "content"])
        kept = sum(one.outcome != RowOutcome.UNDONE for one in rows)
        job.undone += len(rows) - kept
        job.kept += kept
        job.last_row = rows[-1].number
        job.save(update_fields=["undone", "kept", "last_row"])
    return True


def _taken_back(importer: Importer, rows: Sequence[ImportRow]) -> Taken:
    try:
        with transaction.atomic():
            return _take_back(importer, rows)
    except REFUSING as error:
        if len(rows) == 1:
            taken = Taken()
            taken.keep(rows[0], in_words(error, importer))
            return taken
    taken = Taken()
    for one in rows:
        single = _taken_back(importer, [one])
        taken.outcomes |= single.outcomes
        taken.reasons |= single.reasons
    return taken


def _take_back(importer: Importer, rows: Sequence[ImportRow]) -> Taken:
    taken = Taken()
    ids: list[Any] = [one.object_id for one in rows]
    there = importer.read(ids)
    back: list[Write] = []
    added: dict[Any, ImportRow] = {}
    _give_back(importer, [one for one in rows if one.action == RowAction.REMOVED], there, taken)
    for one in rows:
        if one.action == RowAction.REMOVED:
            continue
        current = there.get(one.object_id)  # type: ignore[arg-type]  # what was written has one
        if current is None:
            if one.action == RowAction.CHANGED:
                taken.keep(one, _("It is not there any more."))
            continue
        touched = differing(one.part("values"), current)
        if one.action == RowAction.NEW:
            if touched := touched + _filled_since(importer, one, current):
                taken.keep(one, _changed_since(importer, touched))
            else:
                added[one.object_id] = one
        else:
            back += _former(importer, one, touched, taken)
    if back:
        importer.change(back)
    for id_, why in (importer.remove(list(added)) if added else {}).items():
        taken.keep(added[id_], why)
    return taken


def _give_back(
    importer: Importer, rows: Sequence[ImportRow], there: Mapping[UUID, Values], taken: Taken
) -> None:
    """What the import took away, where nothing else has its place by now."""
    gone: list[ImportRow] = []
    for one in rows:
        current = there.get(one.object_id)  # type: ignore[arg-type]  # what was written has one
        if current is None:
            gone.append(one)
        elif touched := differing(one.part("before"), current):
            taken.keep(one, _changed_since(importer, touched))
    back: list[Write] = []
    for one, found in zip(
        gone, importer.find([Given(one.number, one.part("before")) for one in gone]), strict=True
    ):
        if found.problems:
            taken.keep(one, " ".join(found.problems.values()))
        else:
            assert one.object_id is not None
            back.append(Write(one.object_id, one.part("before")))
    if back:
        importer.create(back)


def _former(importer: Importer, row: ImportRow, touched: Sequence[str], taken: Taken) -> list[Write]:
    """What a changed row had before, of the columns that still are as the import left them."""
    former = {name: value for name, value in row.part("before").items() if name not in touched}
    if touched:
        taken.keep(row, _changed_since(importer, touched), RowOutcome.PARTLY if former else RowOutcome.KEPT)
    assert row.object_id is not None
    return [Write(row.object_id, former)] if former else []


def _filled_since(importer: Importer, row: ImportRow, current: Values) -> list[str]:
    """What somebody has written into columns that the file left empty: it would be lost with the row."""
    given = row.part("values")
    blank = {**dict.fromkeys(importer.columns), **importer.blank()}
    return differing({name: blank[name] for name in current if name not in given and name != "id"}, current)


def _changed_since(importer: Importer, touched: Sequence[str]) -> str:
    return _("Changed since the import: %(columns)s.") % {"columns": titles(importer, touched)}
