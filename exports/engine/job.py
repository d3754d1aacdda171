"""Writes the file of one export, from the snapshot to the checksum; it records nothing, that is the lane's part."""

import errno
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import DatabaseError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import override

from exports.audience import may_have
from exports.cells import CellConverter
from exports.engine import files
from exports.engine.about import about
from exports.engine.database import estimate, interrupter, snapshot
from exports.engine.monitor import Monitor
from exports.formats import OutputColumn
from exports.formats.archive import ArchiveTooLarge
from exports.formats.packing import pack
from exports.models import Export
from exports.reader import Reader
from exports.request import ExportRequest, InvalidRequest
from tenants.errors import HubError
from tenants.scoping import tenant_scope
from tenants.work import Leased


class ExportFailed(HubError):
    """The file cannot be made, and trying again would not help; `code` is for programs, the message for people."""

    def __init__(self, code: str, message: str, detail: str = "") -> None:
        super().__init__(message, detail)
        self.code = code


class Stopped(Exception):
    """The export was cancelled, or taken over by another worker, while it ran."""


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
        rows = _write_rows(export, row, stream)
        size, sha256 = files.seal(stream)
        _check_size(size)
        return Written(part, rows, size, sha256)


def _write_rows(export: Export, row: Leased, stream: BinaryIO) -> int:
    zone = export.tenant.zone
    asked = ExportRequest(
        export.dataset, export.format, export.columns, export.filters, export.options
    ).check(zone)
    if export.member is not None and not may_have(export.member, asked.dataset):
        text = _("The person who asked may not have this data any more.")
        raise ExportFailed("role", text)
    limit = int(asked.options.get("max_records", 0)) or None
    reader = Reader(asked.dataset, asked.columns, asked.filters, zone, export.member, limit)
    columns = [
        OutputColumn(column.name, str(column.heading), column.kind, column.width) for column in reader.columns
    ]
    cells = CellConverter(reader.columns, zone, is_for_people=asked.format.is_for_people)
    packed = pack(asked.options, stream, f"{asked.dataset.name}.{asked.format.extension}")
    target: Any = packed or stream
    writer = asked.format.open(target, columns, asked.options, str(asked.dataset.title))
    # Before the snapshot: the first look at a company's time zone takes a moment.
    dialect = asked.format.dialect_for(asked.options)
    copy = reader.copy(dialect) if dialect else None
    with snapshot(), Monitor(row, interrupter()) as monitor:
        try:
            monitor.rows_total = min(estimate(reader.queryset()), limit or sys.maxsize)
            if copy is not None:
                # Closed before the snapshot ends: a COPY that was left half way still holds the connection.
                with closing(copy.blocks()) as blocks:
                    _write(blocks, writer.write_copied, monitor, stream)
            else:
                _write(map(cells.convert, reader.blocks()), writer.write, monitor, stream)
        except DatabaseError as error:
            # An interrupted query is a cancelled export, not a broken database.
            if monitor.is_lost:
                raise Stopped from error
            raise
    writer.about = list(about(asked, export.tenant, monitor.rows_done))
    writer.close()
    if packed is not None:
        packed.close()
    return monitor.rows_done


def _write(
    blocks: Iterable[Sequence[Any]], write: Callable[[Any], None], monitor: Monitor, stream: BinaryIO
) -> None:
    for block in blocks:
        write(block)
        monitor.rows_done += len(block)
        if monitor.is_lost:
            raise Stopped
        _check_size(stream.tell())


def _check_size(size: int) -> None:
    if size > settings.EXPORT_MAX_FILE_SIZE:
        raise _too_large(settings.EXPORT_MAX_FILE_SIZE)


def _too_large(limit: int) -> ExportFailed:
    text = _("The file would be larger than %(limit)s. Choose a shorter period, fewer columns, or CSV.")
    return ExportFailed("too_large", text % {"limit": filesizeformat(limit)})


@contextmanager
def _explained() -> Iterator[None]:
    """What can go wrong for good, in words and in the reader's language."""
    try:
        yield
    except ArchiveTooLarge as error:
        raise _too_large(2**32) from error
    except InvalidRequest as error:
        text = _("What was asked for does not exist any more (%(problem)s). Ask for a new export.")
        raise ExportFailed("outdated", text % {"problem": error}) from error
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        text = (
            _("The disk for exports is full. Remove old exports or tell the operator.")
            if is_full
            else _("The file could not be written. Tell the operator to look at EXPORT_DIR.")
        )
        raise ExportFailed("disk_full" if is_full else "disk", text, repr(error)) from error
