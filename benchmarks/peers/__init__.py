"""The peers of measurements: their environment below var/; those of deliveries, their workers, what they are given to do."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.servers import BROKERS
from benchmarks.usage import Usage, usage

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent.parent / "var" / "benchmark-peers"
THREADS = 50


def python() -> Path:
    """The environment's Python; made and filled at the first call."""
    stamp, wanted = FOLDER / "installed", (HERE / "requirements.txt").read_text()
    program = FOLDER / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"Installing the peers into {FOLDER}…", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(FOLDER)], check=True)
        install = [str(program), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", str(HERE / "requirements.txt")], check=True)
        stamp.write_text(wanted)
    return program


def packages() -> Path:
    """Where the environment's packages lie."""
    script = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answer = subprocess.run([str(python()), "-c", script], check=True, capture_output=True, text=True)
    return Path(answer.stdout.strip())


class Peers:
    """One database and broker, prepared; `targets` are the URLs that deliveries go to, in turns."""

    def __init__(self, database_url: str, broker: str, targets: list[str]) -> None:
        self._environment = os.environ | {
            "PEERS_DATABASE_URL": database_url,
            "PEERS_BROKER_URL": BROKERS[broker],
            "PEERS_TARGETS": json.dumps(targets),
            "PYTHONWARNINGS": "ignore",
        }
        self._python = str(python())
        self._run("prepare")

    def _run(self, *arguments: str) -> None:
        command = [self._python, str(HERE / "project.py"), *arguments]
        subprocess.run(command, cwd=HERE, env=self._environment, check=True)

    def enqueue(self, kind: str, count: int) -> None:
        """Write rows and send one message for each; nobody works on them yet."""
        self._run("enqueue", kind, str(count))

    @contextmanager
    def worker(self) -> Iterator["Worker"]:
        command = [
            self._python,
            "-m",
            "celery",
            "--quiet",
            "-A",
            "project",
            "worker",
            "-P",
            "threads",
            "-c",
            str(THREADS),
        ]
        quiet = ["--without-gossip", "--without-mingle", "--loglevel", "ERROR"]
        process = subprocess.Popen([*command, *quiet], cwd=HERE, env=self._environment)
        try:
            yield Worker(process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


class Worker:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def usage(self) -> Usage:
        return usage(self._process.pid)
