"""Who we are as the holder of leases: the same again after a crash, so that nobody waits for the lease of the dead.

The name lies in DATA_DIR and belongs to whoever holds the file's lock, which the kernel gives back however a process ends. A
second process in the same folder gets a name of its own.
"""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4, uuid5


@contextmanager
def holder(folder: Path) -> Iterator[UUID]:
    """Ours until the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "listener.id", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield uuid4()
            return
        yield uuid5(_kept(descriptor), socket.gethostname())
    finally:
        os.close(descriptor)


def _kept(descriptor: int) -> UUID:
    try:
        return UUID(os.pread(descriptor, 100, 0).decode())
    except ValueError:
        made = uuid4()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(made).encode(), 0)
        return made
