"""A folder of this machine, below one that the operator allowed. No symbolic link is followed, at no level."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from telephony.models.recording import RecordingStore
from telephony.recordings.places.base import CHUNK, Place
from tenants.errors import ConfigError, TransientError

_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES)


def allowed_root(root: str) -> Path:
    """The folder, if it is one of RECORDING_ROOTS or below one. Members of a company must not read the rest of the machine."""
    path = Path(root)
    if path.is_absolute() and ".." not in path.parts:
        real = Path(os.path.realpath(path))
        for allowed in settings.RECORDING_ROOTS:
            if real.is_relative_to(os.path.realpath(allowed)):
                return real
    raise ConfigError(
        _("This folder is not allowed. The operator names folders of recordings in RECORDING_ROOTS.")
    )


class LocalPlace(Place):
    def __init__(self, store: RecordingStore) -> None:
        self._root = allowed_root(store.root)

    def size(self, parts: tuple[str, ...]) -> int | None:
        try:
            descriptor = self._open(parts)
        except FileNotFoundError:
            return None
        try:
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def read(self, parts: tuple[str, ...], first: int, length: int) -> Iterator[bytes]:
        with os.fdopen(self._open(parts), "rb") as stream:
            stream.seek(first)
            while length > 0 and (chunk := stream.read(min(CHUNK, length))):
                length -= len(chunk)
                yield chunk

    def _open(self, parts: tuple[str, ...]) -> int:
        """A regular file, reached step by step from the root. FileNotFoundError for anything else."""
        *folders, name = parts
        try:
            here = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
            try:
                for folder in folders:
                    below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
                    os.close(here)
                    here = below
                # Not to hang at a pipe that somebody put there.
                found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
            finally:
                with suppress(OSError):
                    os.close(here)
        except OSError as error:
            if error.errno in _ABSENT:
                raise FileNotFoundError("/".join(parts)) from error
            raise TransientError(_("The folder of recordings cannot be read."), detail=str(error)) from error
        if not stat.S_ISREG(os.fstat(found).st_mode):
            os.close(found)
            raise FileNotFoundError("/".join(parts))
        return found
