"""What an installation consists of: every process, its command and how long it may take to stop."""

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from config.env import BASE_DIR, DATA_DIR, PORT, env
from config.supervisor import waiting

Role = Literal["web", "worker", "worker-batch", "beat", "listener"]
CONNECTIONS = 4096  # at a time; config/asgi.py sees to it that there are as many files
STOP_SECONDS = 12  # what is not finished by then is killed; leased work is picked up again


@dataclass(frozen=True, slots=True)
class Process:
    name: str
    command: tuple[str, ...]


def host() -> str:
    address: str = env.str("HOST", default="127.0.0.1")
    return address


def _web() -> tuple[str, ...]:
    """One worker process: the front batches commits across all connections. Measured choices: docs/architecture.md."""
    return (
        sys.executable, "-m", "granian", "config.asgi:application",
        "--interface", "asgi", "--host", host(), "--port", str(PORT),
        "--http", "1", "--no-ws", "--loop", "uvloop",
        "--workers", "1", "--runtime-mode", "mt", "--runtime-threads", "1",
        # Senders that drip hold a connection for up to 30 seconds each; a few hundred must not shut the others out.
        "--backlog", "1024", "--backpressure", str(CONNECTIONS),
        "--respawn-failed-workers", "--respawn-interval", "0.1",
        "--workers-kill-timeout", str(STOP_SECONDS - 1),
        "--log-level", "warning",
    )  # fmt: skip


def _celery(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "celery", "--quiet", "-A", "config", *arguments)


def _worker(name: str, queues: str) -> tuple[str, ...]:
    # Each worker finds its work in the database: it needs no talk with the others.
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return _celery("worker", "-n", f"{name}-{PORT}@%h", "-Q", queues, *quiet, "--loglevel", "INFO")


def _politely() -> tuple[str, ...]:
    """A file may take a little longer; a pop-up may not. The command becomes the process, where there is one."""
    program = shutil.which("nice")
    return (program, "-n", "5") if program else ()


def _beat() -> tuple[str, ...]:
    return _celery("beat", "--scheduler", "config.beat:Scheduler", "--pidfile=", "--loglevel", "INFO")


def _listener() -> tuple[str, ...]:
    return (sys.executable, str(BASE_DIR / "manage.py"), "pbx_listen")


_COMMANDS: dict[Role, Callable[[], tuple[str, ...]]] = {
    "web": _web,
    "worker": lambda: _worker("worker", "calls,webhooks,upkeep"),
    # Files and synchronisations compute for seconds: in one process with the calls each pop-up would wait for its turn.
    "worker-batch": lambda: (*_politely(), *_worker("worker-batch", "exports,integrations")),
    "beat": _beat,
    "listener": _listener,
}
ROLES = tuple(_COMMANDS)
ON_DEMAND: frozenset[Role] = frozenset({"listener"})


def process(role: Role) -> Process:
    return Process(role, _COMMANDS[role]())


def supervised(role: Role) -> Process:
    """As `serve` runs it: what only some installations need begins when it is wanted."""
    made = process(role)
    if role not in ON_DEMAND:
        return made
    return Process(role, waiting.command(waiting.file_of(DATA_DIR, role), *made.command))


def simulators() -> Process:
    """Those that people ask for in the catalogue, all in one process."""
    return Process("simulators", (sys.executable, str(BASE_DIR / "manage.py"), "simulators"))


def simulator(system: str, port: int, arguments: Sequence[str] = ()) -> Process:
    """A simulated outside system of the demo."""
    manage = str(BASE_DIR / "manage.py")
    return Process(system, (sys.executable, manage, "simulate", system, "--port", str(port), *arguments))
