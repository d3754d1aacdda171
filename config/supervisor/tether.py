"""Ties a process to its parent, so that even `kill -9` of the supervisor leaves no orphans (Linux; elsewhere a no-op).

As a script, `tether.py SIGNAL COMMAND…` becomes COMMAND, which gets SIGNAL when its parent dies. It runs before anything else
is imported, so it needs nothing but the standard library.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
VARIABLE = "SWITCHBOARD_TETHERED"


def tie(signal_number: int) -> None:
    """Let the kernel send us `signal_number` when the thread that started us ends."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")


def rejoin() -> None:
    """For a child of a tethered process: the tie is not inherited by a fork."""
    if os.environ.get(VARIABLE):
        tie(signal.SIGKILL)


def command(signal_number: signal.Signals, *arguments: str) -> list[str]:
    """`arguments` as a command that is tied to whoever starts it."""
    return [sys.executable, "-I", "-S", __file__, signal_number.name, *arguments]


def main() -> None:
    name, program, *arguments = sys.argv[1:]
    tie(signal.Signals[name])
    os.environ[VARIABLE] = "1"
    os.execv(program, [program, *arguments])  # noqa: S606 the command comes from processes.py


if __name__ == "__main__":
    main()
