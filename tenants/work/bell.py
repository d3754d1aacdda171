"""Wakes workers of the same machine: a datagram to the lane's socket below DATA_DIR.

The way through a broker costs the sender and the worker a millisecond of computing each, and over the server-less one it
takes as long as a poll. Like every wake-up this is a hint: where no bell is heard, the broker or the next poll does it.
"""

import logging
import os
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from config.env import DATA_DIR

logger = logging.getLogger(__name__)

FOLDER = DATA_DIR / "run" / "bells"


def ring(lane_name: str) -> bool:
    """Tell every worker of this machine that runs the lane; whether there was one. Never waits."""
    try:
        paths = [FOLDER / name for name in os.listdir(FOLDER) if name.partition(".")[2] == lane_name]  # noqa: PTH208 pathlib would make an object of each of many names
    except FileNotFoundError:
        return False
    return any([_send(path) for path in paths])  # noqa: C419 all of them, not up to the first


def _send(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        try:
            sender.sendto(b"", str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)  # its worker was killed
            return False
        except BlockingIOError:
            return True  # so many rings lie there already that it will not miss this one
        except OSError:
            return False  # the path is too long for a socket
    return True


class Bell:
    """A worker's ear: calls `heard` with the names of lanes that were rung for, from a thread of its own."""

    def __init__(self, lane_names: Sequence[str], heard: Callable[[str], None]) -> None:
        self._heard = heard
        self._paths = {name: FOLDER / f"{os.getpid()}.{name}" for name in lane_names}
        self._selector = selectors.DefaultSelector()
        self._is_open = True

    def hang(self) -> None:
        """Begin to listen. Where sockets cannot be made, workers are woken by the broker alone."""
        try:
            FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name, path in self._paths.items():
                self._selector.register(_bound(path), selectors.EVENT_READ, name)
        except OSError as error:
            logger.info("no bell in %s: %s", FOLDER, error)
        if self._selector.get_map():
            threading.Thread(target=self._listen, name="bell", daemon=True).start()

    def take_down(self) -> None:
        """Be heard no more."""
        self._is_open = False
        for path in self._paths.values():
            path.unlink(missing_ok=True)

    def _listen(self) -> None:
        while self._is_open:
            for key, _events in self._selector.select():
                assert isinstance(key.fileobj, socket.socket)
                _empty(key.fileobj)
                self._heard(key.data)


def _bound(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)  # left by a killed worker that had our number
    bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    bell.bind(str(path))
    return bell


def _empty(bell: socket.socket) -> None:
    """Take all rings at once: what came before the lane looks is covered by its look."""
    try:
        while True:
            bell.recv(1)
    except BlockingIOError:
        return
