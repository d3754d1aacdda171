"""The dry run: the file is read once in a stream, and what each row would do is kept, block by block."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _

from exports.imports.fence import fenced
from exports.imports.headings import Headings, read_headings, recognised
from exports.imports.importer import importer_of
from exports.imports.judging import Judge
from exports.imports.place import path_of
from exports.imports.reading import OpenFile, opened
from exports.imports.refused import FileRefused
from exports.models import Import, ImportState, RowAction
from exports.registry import get_dataset
from tenants import bulk
from tenants.work import Leased

BLOCK: Final = 500
# Characters of a block: rows of a workbook may each name the same long text.
HEAVIEST: Final = 2_000_000
_COUNTED: Final = {
    RowAction.NEW: "new", RowAction.CHANGED: "changed", RowAction.REMOVED: "removed", RowAction.SAME: "same",
    RowAction.ERROR: "errors", RowAction.SKIPPED: "skipped",
}  # fmt: skip


def check(job: Import, row: Leased) -> None:
    """FileRefused, Stopped. After a killed worker it goes on behind the last row that was kept."""
    importer = importer_of(job.dataset)
    path = path_of(job)
    if not path.exists():
        raise FileRefused("gone", _("The file is not there any more. Upload it again."))
    recognise = partial(recognised, get_dataset(job.dataset), job.mapping)
    with opened(path, job.format, recognise) as file:
        headings = read_headings(importer, job.mapping, file.headings)
        _begin(row, file, headings)
        judge = Judge(job, importer(job.tenant), headings)
        for block in _blocks(file, job.last_row):
            _keep(row, judge, block, file.percent())


def _blocks(file: OpenFile, behind: int) -> Iterator[Sequence[tuple[int, Sequence[Any]]]]:
    rows = (one for one in file.rows if one[0] > behind)
    block: list[tuple[int, Sequence[Any]]] = []
    weight = 0
    for one in rows:
        block.append(one)
        weight += sum(len(cell) for cell in one[1] if isinstance(cell, str))
        if len(block) == BLOCK or weight >= HEAVIEST:
            yield block
            block, weight = [], 0
    if block:
        yield block


def _begin(row: Leased, file: OpenFile, headings: Headings) -> None:
    with fenced(row, ImportState.PENDING, ImportState.CHECKING) as job:
        job.state = ImportState.CHECKING
        job.encoding, job.delimiter = file.encoding, file.delimiter
        job.columns, job.unknown = headings.pairs, headings.unknown
        job.save(update_fields=["state", "encoding", "delimiter", "columns", "unknown"])


def _keep(row: Leased, judge: Judge, block: Sequence[tuple[int, Sequence[Any]]], percent: int) -> None:
    with fenced(row, ImportState.CHECKING) as job:
        if job.rows_read + len(block) > settings.IMPORT_MAX_ROWS:
            text = _("The file has more than %(limit)d rows. Split it.")
            raise FileRefused("too_many_rows", text % {"limit": settings.IMPORT_MAX_ROWS})
        rows = judge.rows(block)
        bulk.create(rows)
        for action, count in Counter(one.action for one in rows).items():
            name = _COUNTED[RowAction(action)]
            setattr(job, name, getattr(job, name) + count)
        job.rows_read += len(rows)
        job.last_row = block[-1][0]
        job.progress = min(99, percent)
        job.save(update_fields=[*_COUNTED.values(), "rows_read", "last_row", "progress"])
