"""What every place can do."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Final

CHUNK: Final = 256 * 1024
SECONDS: Final = 10.0
"""For a connection, and for each step on it."""


class Place(ABC):
    """Reads files by the parts of their path (`paths.parts_of`).

    What goes wrong is a ConfigError (somebody has to change the settings) or a TransientError (it may work later).
    """

    @abstractmethod
    def size(self, parts: tuple[str, ...]) -> int | None:
        """In bytes; None when there is no such file."""

    @abstractmethod
    def read(self, parts: tuple[str, ...], first: int, length: int) -> Iterator[bytes]:
        """That many bytes from there, piece by piece, fewer when the file ends. Small in memory, whatever the length."""

    def close(self) -> None:  # noqa: B027 most have nothing to close
        """Let go of what was opened."""
