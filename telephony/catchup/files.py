"""Reads a growing CSV file from where it was left, also when it was rotated meanwhile.

The same file is told by its first bytes: a rotated one begins with other calls. SFTP knows no inode.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, Protocol
from zoneinfo import ZoneInfo

from django.conf import settings

from telephony.catchup.csv_rows import LONGEST_LINE, Layout
from telephony.catchup.errors import RecordsUnavailable
from telephony.catchup.reading import OVERLAP, PORTION, Portion
from telephony.catchup.rows import of_call, of_channel

HEAD: Final = 512
# What logrotate calls the former file.
FORMER: Final = (".1", ".0")


class Store(Protocol):
    """Where files are: here, or at the other end of an SFTP connection."""

    def connected(self) -> AbstractContextManager["Folder"]: ...


class Folder(Protocol):
    def open(self, path: str) -> AbstractContextManager[IO[bytes]]:
        """FileNotFoundError and PermissionError as the system says them."""
        ...


@dataclass(frozen=True, slots=True)
class CsvReader:
    """One file. What ended before the time that is asked for is passed over."""

    store: Store
    path: str
    columns: tuple[str, ...]
    zone: ZoneInfo

    def portions(
        self, cursor: Mapping[str, Any], since: datetime | None, first: datetime
    ) -> Iterator[Portion]:
        with self.store.connected() as folder:
            place = dict(cursor.get(self.path) or {})
            earliest = since or (None if place else first - OVERLAP)
            layout = Layout(self.columns or tuple(place.get("columns", ())))
            if since is not None:
                place = {}
            yield from self._rotated(folder, place, layout)
            with _opened(folder, self.path) as file:
                head = _head(file)
                offset = place.get("offset", 0) if place.get("head") in _heads(head, place) else 0
                yield from self._from(file, offset, head, layout, earliest)

    def _rotated(self, folder: Folder, place: dict[str, Any], layout: Layout) -> Iterator[Portion]:
        """What was written into the former file after we read it last."""
        if not place:
            return
        with _opened(folder, self.path) as file:
            if place.get("head") in _heads(_head(file), place):
                return
        for ending in FORMER:
            try:
                with folder.open(self.path + ending) as file:
                    head = _head(file)
                    if place.get("head") in _heads(head, place):
                        for one in self._from(file, place.get("offset", 0), head, layout, None):
                            # The cursor stays with the former file until the new one is read.
                            yield Portion(one.form, one.rows, {self.path: place})
                        return
            except OSError:
                continue

    def _from(
        self, file: IO[bytes], offset: int, head: bytes, layout: Layout, earliest: datetime | None
    ) -> Iterator[Portion]:
        file.seek(offset)
        for lines, end in _whole_lines(file, offset):
            rows = [row or {} for row in layout.rows(lines)]
            kept = [row for row in rows if earliest is None or self._ended_after(row, layout, earliest)]
            place = {
                "offset": end,
                "head": hashlib.sha256(head[: min(end, HEAD)]).hexdigest(),
                "head_size": min(end, HEAD),
                "columns": list(layout.columns),
            }
            yield Portion(layout.form, list(kept), {self.path: place})

    def _ended_after(self, row: Mapping[str, str], layout: Layout, earliest: datetime) -> bool:
        read = of_channel if layout.form == "cel" else of_call
        record = read(row, self.zone)
        return record is None or record.ended_at is None or record.ended_at >= earliest


@contextmanager
def _opened(folder: Folder, path: str) -> Iterator[IO[bytes]]:
    try:
        with folder.open(path) as file:
            yield file
    except (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError) as error:
        raise RecordsUnavailable("no_file", path) from error
    except OSError as error:
        raise RecordsUnavailable("broken", str(error)) from error


def _head(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(HEAD)


def _heads(head: bytes, place: Mapping[str, Any]) -> tuple[str]:
    """As much of the beginning as there was when it was noted."""
    size = int(place.get("head_size", HEAD))
    return (hashlib.sha256(head[:size]).hexdigest() if len(head) >= size else "",)


def _whole_lines(file: IO[bytes], offset: int) -> Iterator[tuple[list[str], int]]:
    """Portions of lines, and the offset after each; a last line without its end is left for the next time.

    A line break inside quotes, which a caller's name may hold, does not end a row.
    """
    lines: list[str] = []
    row = b""
    for line in iter(lambda: file.readline(LONGEST_LINE), b""):
        row += line
        if not line.endswith(b"\n") and len(row) < LONGEST_LINE:
            break  # still being written
        if row.count(b'"') % 2 and len(row) < LONGEST_LINE:
            continue
        offset += len(row)
        lines.append(row.decode("utf-8", "replace").replace("\x00", ""))
        row = b""
        if len(lines) == PORTION:
            yield lines, offset
            lines = []
    if lines:
        yield lines, offset


@dataclass(frozen=True, slots=True)
class LocalStore:
    """Files of this machine, in the company's own folder below CALL_RECORDS_DIR and nowhere else."""

    company: str

    @contextmanager
    def connected(self) -> Iterator[Folder]:
        yield _LocalFolder(self.company)


class _LocalFolder:
    def __init__(self, company: str) -> None:
        self._company = company

    def open(self, path: str) -> AbstractContextManager[IO[bytes]]:
        if not settings.CALL_RECORDS_DIR:
            raise RecordsUnavailable("outside")
        root = (Path(settings.CALL_RECORDS_DIR) / self._company).resolve()
        target = (root / path.lstrip("/")).resolve()
        # After links were followed: one that leads out is no way out.
        if not target.is_relative_to(root):
            raise RecordsUnavailable("outside", path)
        descriptor = os.open(target, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        return os.fdopen(descriptor, "rb")
