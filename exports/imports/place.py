"""Where files that came in lie until they were looked through: below EXPORT_DIR, which all hosts share."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from exports.models import Import

FOLDER = "imports"


def folder(tenant_id: int) -> Path:
    return Path(settings.EXPORT_DIR) / FOLDER / str(tenant_id)


def path_of(job: Import) -> Path:
    return folder(job.tenant_id) / f"{job.pk}.{job.format}"


def store(path: Path, chunks: Iterable[bytes]) -> tuple[int, str]:
    """Size and SHA-256 of what was written; on the disk when it returns. A file that was cut off is not left behind."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
            for chunk in chunks:
                stream.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return size, digest.hexdigest()


def stored_files() -> Iterator[tuple[uuid.UUID, Path]]:
    """Every file that belongs to an import, with the import's id."""
    for path in (Path(settings.EXPORT_DIR) / FOLDER).glob("*/*.*"):
        try:
            yield uuid.UUID(path.stem), path
        except ValueError:
            continue


def has_room(needed: int) -> bool:
    """Whether the disk has room for that many bytes and then some."""
    place = Path(settings.EXPORT_DIR)
    existing = next(one for one in (place, *place.parents) if one.exists())
    return shutil.disk_usage(existing).free > needed * 2
