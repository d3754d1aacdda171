"""The server-less broker: messages are files below DATA_DIR.

kombu's own transport writes a message in place, so that a reader may meet it half-written and take the worker down with
a JSON error, and it lets files pile up without end while no worker runs. Here a message appears whole, belongs to
whoever removes its file, and a queue is bounded: messages are hints, the rows in the database are the truth.
"""

import logging
import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

logger = logging.getLogger(__name__)
MAX_LENGTH = 500  # messages in one queue; listing them costs 0.2 ms


class Channel(filesystem.Channel):
    """Whole messages or none, oldest first."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # untyped there, other names
        if self._size(queue) >= MAX_LENGTH:
            return
        folder = Path(self.data_folder_out)
        name = f"{time.time_ns():020d}_{uuid.uuid4()}.{queue}.msg"
        draft = folder / f".{name}.draft"
        draft.write_text(dumps(payload))
        draft.replace(folder / name)

    def _get(self, queue: str) -> Any:  # type: ignore[override]  # the same
        for name in sorted(_names(self.data_folder_in, queue)):
            path = Path(self.data_folder_in) / name
            try:
                content = path.read_text()
                path.unlink()
            except FileNotFoundError:
                continue  # another worker was first
            try:
                return loads(content)
            except ValueError:
                logger.warning("a damaged message was thrown away: %s", name)
        raise Empty

    def _size(self, queue: str) -> int:
        return len(_names(self.data_folder_in, queue))


def _names(folder: str, queue: str) -> list[str]:
    return [name for name in os.listdir(folder) if name.partition(".")[2] == f"{queue}.msg"]  # noqa: PTH208 pathlib would make an object of each of many names


class Transport(filesystem.Transport):
    Channel = Channel
    global_state = filesystem.virtual.BrokerState()  # type: ignore[attr-defined]  # the stubs miss `virtual`
