"""Wakes workers of the same machine: a datagram with the lane's name to a socket below DATA_DIR.

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
LONGEST_NAME = 200


def ring(queue: str, lane_name: str) -> bool:
    """Tell every worker of this machine that takes the queue; whether there was one. Never waits."""
    try:
        paths = [FOLDER / name for name in os.listdir(FOLDER) if name.partition(".")[2] == queue]  # noqa: PTH208 pathlib would make an object of each of many names
    except FileNotFoundError:
        return False
    return any([_send(path, lane_name.encode()) for path in paths])  # noqa: C419 all of them, not up to the first


def _send(path: Path, message: bytes) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        try:
            sender.sendto(message, str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)  # its worker was killed
            return False
        except OSError:
            return False  # full, or the path is too long for a socket
    return True


class Bell:
    """A worker's ear: calls `heard` with the names of lanes, from a thread of its own."""

    def __init__(self, queues: Sequence[str], heard: Callable[[str], None]) -> None:
        self._heard = heard
        self._paths = [FOLDER / f"{os.getpid()}.{queue}" for queue in queues]
        self._selector = selectors.DefaultSelector()
        self._is_open = True

    def hang(self) -> None:
        """Begin to listen. Where sockets cannot be made, workers are woken by the broker alone."""
        try:
            FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in self._paths:
                self._selector.register(_bound(path), selectors.EVENT_READ)
        except OSError as error:
            logger.info("no bell in %s: %s", FOLDER, error)
        if self._selector.get_map():
            threading.Thread(target=self._listen, name="bell", daemon=True).start()

    def take_down(self) -> None:
        """Be heard no more."""
        self._is_open = False
        for path in self._paths:
            path.unlink(missing_ok=True)

    def _listen(self) -> None:
        while self._is_open:
            names = set()
            for key, _events in self._selector.select():
                assert isinstance(key.fileobj, socket.socket)
                names.add(key.fileobj.recv(LONGEST_NAME).decode("ascii", "replace"))
            for name in names:
                self._heard(name)


def _bound(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)  # left by a killed worker that had our number
    bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    bell.bind(str(path))
    return bell
