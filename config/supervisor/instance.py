"""One copy for each DATA_DIR, one listener for each port: found out before anything is started."""

import errno
import fcntl
import os
import socket
import time
from pathlib import Path

from django.utils.translation import gettext as _

STOPPING_SECONDS = 20


class Occupied(Exception):
    """The data folder or a port belongs to another process; the text says what to do."""


def lock(data_dir: Path) -> int:
    """A file descriptor that holds the folder for as long as it, or a child's copy of it, is open."""
    path = data_dir / "run" / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    # A copy whose terminal was killed takes a moment to stop its processes.
    deadline = time.monotonic() + (STOPPING_SECONDS if _is_orphaned(path) else 0)
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                owner = path.read_text().strip() or "?"
                os.close(descriptor)
                raise Occupied(_told(owner, data_dir)) from None
            time.sleep(0.1)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def _told(owner: str, data_dir: Path) -> str:
    return _(
        "Another Switchboard (process %(owner)s) runs in %(folder)s. "
        "Stop it, or give this one its own DATA_DIR and PORT."
    ) % {"owner": owner, "folder": data_dir}


def _is_orphaned(path: Path) -> bool:
    """Whether the process that took the lock is gone, so that only what it left behind can hold it."""
    text = path.read_text().strip()
    if not text.isdigit():
        return False
    try:
        os.kill(int(text), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def require_free(host: str, port: int, purpose: str) -> None:
    """Raise `Occupied` when nobody could listen there."""
    family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise Occupied(_reason(error, host, port, purpose)) from error


def _reason(error: OSError, host: str, port: int, purpose: str) -> str:
    told = {"host": host, "port": port, "purpose": purpose}
    if error.errno == errno.EADDRINUSE:
        text = _(
            "Port %(port)d (%(purpose)s) is taken by another program. Choose another: make run PORT=%(other)d"
        )
        return text % {**told, "other": port + 10}
    if error.errno == errno.EACCES:
        text = _(
            "Port %(port)d (%(purpose)s) may only be used by root. Choose one above 1023: make run PORT=8081"
        )
        return text % told
    return _("Cannot listen on %(host)s:%(port)d (%(purpose)s): %(reason)s") % {
        **told,
        "reason": error.strerror,
    }
