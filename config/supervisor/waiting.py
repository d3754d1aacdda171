"""Processes that only some installations need: each waits, at the cost of an idle interpreter, until it is wanted.

As a script, `waiting.py FILE COMMAND…` becomes COMMAND as soon as FILE is there. It runs before anything else is imported, so
it needs nothing but the standard library.
"""

import os
import sys
import time
from pathlib import Path

LOOK_SECONDS = 0.5


def file_of(data_dir: Path, name: str) -> Path:
    """What says that a process is wanted. It stays: whatever was wanted once begins at once the next time."""
    return data_dir / "wanted" / name


def want(data_dir: Path, name: str) -> None:
    """Let it begin, now and at every later start. Raises OSError where nothing can be written."""
    file = file_of(data_dir, name)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def command(file: Path, *arguments: str) -> tuple[str, ...]:
    """`arguments` as a command that waits for the file first."""
    return (sys.executable, "-I", "-S", __file__, str(file), *arguments)


def main() -> None:
    file, program, *arguments = sys.argv[1:]
    while not Path(file).exists():
        time.sleep(LOOK_SECONDS)
    os.execv(program, [program, *arguments])  # noqa: S606 the command comes from processes.py


if __name__ == "__main__":
    main()
