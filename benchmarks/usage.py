"""What a process and its children have used so far, as Linux counts it."""

import os
import resource
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    cpu_seconds: float
    peak_mb: float


def usage(pid: int) -> Usage:
    """Summed over the tree below and with `pid`."""
    found = [_one(number) for number in _tree(pid)]
    return Usage(sum(one.cpu_seconds for one in found), sum(one.peak_mb for one in found))


def peak() -> float:
    """MB that this process had at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _one(pid: int) -> Usage:
    # The name of the program may contain spaces: the numbers follow its closing bracket.
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return Usage((int(numbers[11]) + int(numbers[12])) / TICKS, int(status["VmHWM"].split()[0]) / 1024)


def _tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _tree(int(child)))]
