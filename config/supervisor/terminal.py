"""The process that a person sees: starts supervisord, shows its children's logs, stops everything on Ctrl-C.

`manage.py serve` becomes this (exec) once everything is prepared: watching needs no Django, and so a quarter of its memory.
"""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

from config.supervisor import tether
from config.supervisor.announcement import announce_when_healthy
from config.supervisor.logs import Terminal
from config.supervisor.plan import Plan, Words

PUMP_SECONDS = 0.2


class Stop:
    """Remembers that somebody asked to stop; the second time is an order."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.count = 0

    def request(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        self.event.set()

    def on_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
                signal.signal(number, self.request)


def run(plan: Plan) -> int:
    """Run until a signal, or until supervisord gives up; returns the exit status."""
    stop = Stop()
    stop.on_signals()
    terminal = Terminal({name: Path(path) for name, path in plan.logs.items()}, sys.stdout)
    child = _start(plan)
    announce_when_healthy(plan, stop.event, terminal.say)
    while child.poll() is None:
        terminal.pump()
        if stop.event.wait(PUMP_SECONDS):
            return _stop(child, terminal, stop, plan.words)
    terminal.pump()
    terminal.say(plan.words.ended)
    return 1


def _start(plan: Plan) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "supervisor.supervisord", "-c", plan.configuration]
    # Its own process group: a Ctrl-C reaches only us, and we stop the tree in order. The copy of the lock keeps a
    # second start waiting until the last child is gone, even when we were killed.
    return subprocess.Popen(  # noqa: S603
        tether.command(signal.SIGTERM, *command),
        process_group=0,
        pass_fds=(plan.lock,),
        stdin=subprocess.DEVNULL,
    )


def _stop(child: subprocess.Popen[bytes], terminal: Terminal, stop: Stop, words: Words) -> int:
    terminal.say(f"\n{words.stopping}")
    child.terminate()
    while child.poll() is None:
        terminal.pump()
        if stop.count > 1:
            child.kill()  # every child is tied to it
        try:
            child.wait(PUMP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    terminal.pump()
    terminal.say(words.stopped)
    return 0


def command(plan_path: Path) -> list[str]:
    return [sys.executable, "-m", "config.supervisor.terminal", str(plan_path)]


if __name__ == "__main__":
    # A reader that goes away (`make run | head`) must not end the installation: stdout then leads nowhere.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    plan_file = Path(sys.argv[1])
    os.chdir(Path(__file__).resolve().parent.parent.parent)
    sys.exit(run(Plan.load(plan_file)))
