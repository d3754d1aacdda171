"""Files below EXPORT_DIR: written under a temporary name, fsynced, renamed. A name without `.part` is always a whole file."""

import hashlib
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedRandom, FileIO
from pathlib import Path

from django.conf import settings

PART = ".part"
BUFFER = 1 << 20


def folder(tenant_id: int) -> Path:
    return Path(settings.EXPORT_DIR) / str(tenant_id)


def final_path(tenant_id: int, export_id: uuid.UUID, extension: str) -> Path:
    return folder(tenant_id) / f"{export_id}.{extension}"


@contextmanager
def part_file(
    tenant_id: int, export_id: uuid.UUID, lease: uuid.UUID
) -> Iterator[tuple[Path, BufferedRandom]]:
    """A fresh temporary file, removed when the writing fails; those that killed workers left of the same export go first.

    The lease is in the name, so that a worker that was only slow can never write into its successor's file.
    """
    place = folder(tenant_id)
    place.mkdir(parents=True, exist_ok=True, mode=0o750)
    for old in place.glob(f"{export_id}.*{PART}"):
        old.unlink(missing_ok=True)
    path = place / f"{export_id}.{lease}{PART}"
    try:
        with BufferedRandom(FileIO(path, "x+"), BUFFER) as stream:
            yield path, stream
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def seal(stream: BufferedRandom, check: Callable[[], None]) -> tuple[int, str]:
    """Everything on disk: size and SHA-256 of what was written. `check` is called now and then, and may raise."""
    stream.flush()
    stream.seek(0)
    digest, block = hashlib.sha256(), bytearray(BUFFER)
    while length := stream.readinto(block):
        digest.update(memoryview(block)[:length])
        check()
    os.fsync(stream.fileno())
    return os.fstat(stream.fileno()).st_size, digest.hexdigest()


def publish(part: Path, final: Path) -> None:
    """Give a sealed file its name, and make the name survive a power cut."""
    part.replace(final)
    descriptor = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def stored_files() -> Iterator[tuple[uuid.UUID, Path]]:
    """Every file below EXPORT_DIR that belongs to an export, whole or temporary, with the export's id."""
    for path in Path(settings.EXPORT_DIR).glob("*/*.*"):
        try:
            yield uuid.UUID(path.name.partition(".")[0]), path
        except ValueError:
            continue
