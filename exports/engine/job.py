"""Writes the file of one export, from the snapshot to the checksum; it records nothing, that is the lane's part."""

import errno
import sys
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import override

from config.courtesy import Courtesy
from exports.audience import may_have
from exports.cells import CellConverter
from exports.engine import files
from exports.engine.about import about
from exports.engine.ceiling import Ceiling, ceiling_of, too_large
from exports.engine.database import estimate, interrupter, snapshot
from exports.engine.failures import ExportFailed, Stopped
from exports.engine.monitor import Monitor
from exports.formats import OutputColumn
from exports.formats.archive import ArchiveTooLarge
from exports.formats.base import CopyWriter, Unfit
from exports.formats.packing import packed
from exports.models import Export
from exports.reader import Reader
from exports.request import ExportRequest, InvalidRequest
from tenants.scoping import tenant_scope
from tenants.work import Leased

# The disk is full, the account's share of it is, or what the process may write to one file.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Written:
    """A sealed file under its temporary name."""

    part: Path
    rows: int
    size: int
    sha256: str


def write_file(export: Export, row: Leased) -> Written:
    """Write it all; ExportFailed, Stopped, or a DatabaseError that is worth another try. Leaves no file behind then."""
    with (
        tenant_scope(export.tenant_id),
        override(export.language),
        _explained(),
        files.part_file(export.tenant_id, export.pk, row.lease) as (part, stream),
    ):
        ceiling = ceiling_of(export.tenant_id)
        with Monitor(row, interrupter()) as monitor:
            _write_rows(export, monitor, stream, ceiling)
            # A large file takes a while to be read once more, and may be cancelled until the end of it.
            size, sha256 = files.seal(stream, monitor.check)
        ceiling.check(monitor.rows_done, size)
        return Written(part, monitor.rows_done, size, sha256)


def _write_rows(export: Export, monitor: Monitor, stream: BinaryIO, ceiling: Ceiling) -> None:
    zone = export.tenant.zone
    asked = ExportRequest(
        export.dataset, export.format, export.columns, export.filters, export.options
    ).check(zone)
    if export.member is not None and not may_have(export.member, asked.dataset):
        text = _("The person who asked may not have this data any more.")
        raise ExportFailed("role", text)
    limit = _least(int(asked.options.get("max_records", 0)) or None, ceiling.rows_to_read)
    reader = Reader(asked.dataset, asked.columns, asked.filters, zone, export.member, limit)
    columns = [
        OutputColumn(column.name, str(column.heading), column.kind, column.width, field)
        for column, field in zip(reader.columns, reader.fields(), strict=True)
    ]
    cells = CellConverter(reader.columns, zone, is_for_people=asked.format.is_for_people)
    inside = f"{asked.dataset.name}.{asked.format.extension}"
    # Before the snapshot: the first look at a company's time zone takes a moment.
    dialect = asked.format.dialect_for(asked.options)
    copy = reader.copy(dialect) if dialect else None
    with packed(asked.format, asked.options, stream, inside, export.password or "") as target:
        writer = asked.format.open(target, columns, asked.options, str(asked.dataset.title))
        with snapshot():
            try:
                monitor.rows_total = min(estimate(reader.queryset()), limit or sys.maxsize)
                if copy is not None:
                    assert isinstance(writer, CopyWriter), "it has a dialect"
                    # Closed before the snapshot ends: a COPY that was left half way still holds the connection.
                    with closing(copy.blocks()) as blocks:
                        _write(blocks, writer.write_copied, monitor, stream, ceiling)
                else:
                    with closing(reader.blocks()) as rows:
                        _write(map(cells.convert, rows), writer.write, monitor, stream, ceiling)
            except DatabaseError as error:
                # An interrupted query is a cancelled export, not a broken database.
                if monitor.is_lost:
                    raise Stopped from error
                raise
        writer.about = list(about(asked, export.tenant, monitor.rows_done))
        writer.close()


def _write(
    blocks: Iterable[Sized],
    write: Callable[[Any], None],
    monitor: Monitor,
    stream: BinaryIO,
    ceiling: Ceiling,
) -> None:
    courtesy = Courtesy()
    for block in blocks:
        write(block)
        courtesy.give_way()
        monitor.rows_done += len(block)
        monitor.check()
        ceiling.check(monitor.rows_done, stream.tell())


def _least(*limits: int | None) -> int | None:
    """The tightest of limits, of which None is none."""
    return min((limit for limit in limits if limit is not None), default=None)


@contextmanager
def _explained() -> Iterator[None]:
    """What can go wrong for good, in words and in the reader's language."""
    try:
        yield
    except ArchiveTooLarge as error:
        raise too_large(2**32) from error
    except Unfit as error:
        raise ExportFailed("unfit", str(error)) from error
    except InvalidRequest as error:
        text = _("What was asked for does not exist any more (%(problem)s). Ask for a new export.")
        raise ExportFailed("outdated", text % {"problem": error}) from error
    except OSError as error:
        is_full = error.errno in _NO_ROOM
        text = (
            _("The disk for exports is full. Remove old exports or tell the operator.")
            if is_full
            else _("The file could not be written. Tell the operator to look at EXPORT_DIR.")
        )
        raise ExportFailed("disk_full" if is_full else "disk", text, repr(error)) from error
