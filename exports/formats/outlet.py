"""Where libraries write to that end their file by themselves when they are dropped.

They do so when the writing failed, too, long after the file was closed and thrown away: what they write then goes nowhere.
"""

from typing import Any


class Outlet:
    """A binary stream around another one, which stays its owner's."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._at = 0
        self._is_stopped = False

    def stop(self) -> None:
        """From here on nothing arrives."""
        self._is_stopped = True

    @property
    def closed(self) -> bool:
        """Never for the library: whether anything arrives is for the owner to say."""
        return False

    def write(self, data: Any) -> int:
        if not self._is_gone:
            self._stream.write(data)
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def seek(self, at: int, whence: int = 0) -> int:
        if whence:
            raise OSError("only from the beginning")
        if not self._is_gone:
            self._stream.seek(at)
        self._at = at
        return at

    def seekable(self) -> bool:
        return bool(self._stream.seekable())

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def flush(self) -> None:
        """The owner does."""

    def close(self) -> None:
        """The owner does."""

    @property
    def _is_gone(self) -> bool:
        return self._is_stopped or bool(getattr(self._stream, "closed", False))
