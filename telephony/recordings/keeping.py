"""Copies of recordings in DATA_DIR, and the end of both: a recording is forgotten after the days that its store says."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from config.ids import uuid7_at
from telephony.models.recording import Recording, RecordingLink, RecordingState, RecordingStore
from telephony.recordings.paths import extension_of
from telephony.recordings.places.base import CHUNK, Place
from tenants.errors import TransientError

BATCH: Final = 500


def folder() -> Path:
    return Path(settings.DATA_DIR) / "recordings"


def copy_path(row: Recording) -> Path:
    """Of names that we made; nothing of the exchange's text is in it."""
    return folder() / str(row.tenant_id) / row.copy


def copy(row: Recording, place: Place, parts: tuple[str, ...], size: int) -> None:
    """Fetch it; whole or not at all."""
    extension = extension_of(parts)
    row.copy = f"{row.pk.hex}.{extension}" if extension else row.pk.hex
    target = copy_path(row)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = target.with_name(f"{target.name}.part")
    try:
        with open(unfinished, "wb", opener=_private) as stream:
            written = sum(stream.write(chunk) for chunk in place.read(parts, 0, size))
            stream.flush()
            os.fsync(stream.fileno())
        if written != size:
            raise TransientError(_("The recording was cut off while it was copied."))
        unfinished.replace(target)
    except BaseException:
        row.copy = ""
        unfinished.unlink(missing_ok=True)
        raise


def read_copy(row: Recording, first: int, length: int) -> Iterator[bytes]:
    """Pieces of the copy. FileNotFoundError when it is gone."""
    with copy_path(row).open("rb") as stream:
        stream.seek(first)
        while length > 0 and (chunk := stream.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk


def forget_old(now: datetime | None = None) -> int:
    """Recordings that are older than their store keeps them; how many. For all tenants, batch by batch."""
    now, forgotten = now or timezone.now(), 0
    for store in RecordingStore.objects.filter(kept_days__gt=0):
        before = uuid7_at(now - timedelta(days=store.kept_days))
        old = Recording.objects.filter(pbx_id=store.pbx_id, id__lt=before).exclude(
            state=RecordingState.EXPIRED
        )
        while batch := list(old.order_by("id")[:BATCH]):
            for row in batch:
                _remove(row)
            ids = [row.pk for row in batch]
            RecordingLink.objects.filter(recording_id__in=ids).delete()
            # The path is forgotten, too: it is what leads to the original.
            Recording.objects.filter(id__in=ids).update(state=RecordingState.EXPIRED, copy="", path="")
            forgotten += len(ids)
    RecordingLink.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()
    return forgotten


def _remove(row: Recording) -> None:
    if row.copy:
        with suppress(FileNotFoundError):
            copy_path(row).unlink()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
