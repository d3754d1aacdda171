"""A whole installation of its own for a measurement: folder, database, broker, and the processes that `serve` starts."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.usage import Usage, usage

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Installation:
    """Processes and calls in one environment."""

    def __init__(self, folder: Path, database_url: str, broker: str) -> None:
        self.port = free_port()
        self._folder = folder
        self.database_url = database_url
        self._environment = os.environ | {
            "DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
            "BROKER_URL": servers.BROKERS[broker],
            "PORT": str(self.port),
            "EGRESS_ALLOW": "127.0.0.0/8",
            "LOG_LEVEL": "WARNING",
            "DEMO": "false",
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "ALLOWED_HOSTS": "*",
            "PYTHONWARNINGS": "ignore",
        }
        self._processes: list[subprocess.Popen[bytes]] = []

    def manage(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=self._environment, check=True)

    def call(self, function: str, **values: Any) -> Any:
        """Run `module:function` inside the installation; its JSON answer."""
        command = [sys.executable, "-m", "benchmarks.inside", function, json.dumps(values)]
        ran = subprocess.run(command, cwd=ROOT, env=self._environment, check=True, stdout=subprocess.PIPE)
        return json.loads(ran.stdout.splitlines()[-1])

    def count(self, table: str) -> int:
        """Rows, counted beside the installation's own processes."""
        with servers.connected(self.database_url) as database:
            [(found,)] = database.execute(f"SELECT count(*) FROM {table}").fetchall()
        return int(found)

    def start(self, *command: str, port: int = 0) -> subprocess.Popen[bytes]:
        """Run Python with these arguments beside the measurement; what it says goes to the folder's log."""
        environment = self._environment | ({"PORT": str(port)} if port else {})
        with (self._folder / "benchmark.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        self._processes.append(process)
        return process

    def start_role(self, role: str) -> subprocess.Popen[bytes]:
        """Start a process exactly as `manage.py serve` does."""
        return self.start("manage.py", "process", role)

    def start_web(self) -> subprocess.Popen[bytes]:
        process = self.start_role("web")
        self.wait(lambda: answers(self.port), process)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start the worker; returns when all of its lanes run."""
        process = self.start_role("worker")
        self.wait(lambda: bool(self.call("benchmarks.inside:is_worker_there")), process)
        return process

    def wait(self, is_ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "benchmark.log").read_text()[-4000:])
            time.sleep(0.1)

    def usage(self, process: subprocess.Popen[bytes]) -> Usage:
        return usage(process.pid)

    def stop(self, *processes: subprocess.Popen[bytes]) -> None:
        """Stop these, or all."""
        stopped = list(processes) or self._processes
        for process in stopped:
            process.send_signal(signal.SIGTERM)
        for process in stopped:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes = [process for process in self._processes if process not in stopped]


@contextmanager
def installed(engine: str, broker: str = "files") -> Iterator[Installation]:
    """A migrated installation; everything of it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="switchboard-benchmark-"))
    try:
        with servers.database(engine, folder) as url:
            made = Installation(folder, url, broker)
            try:
                made.manage("migrate", "--verbosity", "0")
                yield made
            finally:
                made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def answers(port: int) -> bool:
    """Whether something speaks HTTP there; /start without a token says 401."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("POST", "/start", b"{}")
        return connection.getresponse().status == 401
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
