"""Shows what the processes write into their rotated log files on one terminal, each line with its process in front."""

import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, TextIO

BLOCK_BYTES = 64 * 1024
LONGEST_LINE = 16 * 1024
COLOURS = (36, 33, 32, 35, 34, 96, 93)


class Tail:
    """The new lines of one log file, across its rotations. What was there before is not shown."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._rest = b""
        if path.exists():
            self._file = path.open("rb")
            self._file.seek(0, os.SEEK_END)

    def lines(self) -> Iterable[bytes]:
        if self._file is None and not self._open():
            return
        yield from self._read()
        if self._is_rotated():
            yield from self._read()  # written between our last read and the rotation
            self.close()
            if self._open():
                yield from self._read()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> bool:
        try:
            self._file = self._path.open("rb")
        except FileNotFoundError:
            return False
        return True

    def _read(self) -> Iterable[bytes]:
        assert self._file is not None
        while block := self._file.read(BLOCK_BYTES):
            *complete, self._rest = (self._rest + block).split(b"\n")
            yield from complete
            if len(self._rest) > LONGEST_LINE:
                yield self._rest
                self._rest = b""

    def _is_rotated(self) -> bool:
        assert self._file is not None
        try:
            return os.fstat(self._file.fileno()).st_ino != self._path.stat().st_ino
        except FileNotFoundError:
            return False


class Terminal:
    """Prints the lines of several logs; colours only where a person looks."""

    def __init__(self, paths: Mapping[str, Path], out: TextIO) -> None:
        width = max(map(len, paths))
        is_coloured = out.isatty() and not os.environ.get("NO_COLOR")
        self._out = out
        self._writing = threading.Lock()
        self._tails = [
            (_prefix(name, width, COLOURS[number % len(COLOURS)] if is_coloured else None), Tail(path))
            for number, (name, path) in enumerate(paths.items())
        ]

    def say(self, text: str) -> None:
        """Print a line of our own; any thread may."""
        self._write(f"{text}\n")

    def pump(self) -> None:
        """Print what is new."""
        for prefix, tail in self._tails:
            lines = [f"{prefix}{line.decode(errors='replace')}\n" for line in tail.lines()]
            if lines:
                self._write("".join(lines))

    def _write(self, text: str) -> None:
        with self._writing:
            try:
                self._out.write(text)
                self._out.flush()
            except BrokenPipeError:
                # Nobody reads any more (`make run | head`): the log files still have everything.
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._out.fileno())


def _prefix(name: str, width: int, colour: int | None) -> str:
    text = f"{name:<{width}} | "
    return text if colour is None else f"\x1b[{colour}m{text}\x1b[0m"
