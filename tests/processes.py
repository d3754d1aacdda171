"""Whole installations for end-to-end tests: looked at, hurt and stopped like a user would (tests/installations.py starts them)."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.isolation import ENVIRONMENT

BASE_DIR = Path(__file__).resolve().parent.parent
START_SECONDS = 600  # on a busy machine; a second or five on an idle one
STOP_SECONDS = 240  # on a busy machine; two or three on an idle one
T = TypeVar("T")
NOT_FOR_INSTALLATIONS = {"EXPORT_DIR", "WAKE_WORKERS"}
# For what takes a moment on an idle machine: nothing is proved by hurrying a busy one.
PATIENCE_SECONDS = 60


class NotInTime(AssertionError):
    """What was waited for did not happen; carries the installation's output."""


def wait_for(condition: Callable[[], T], seconds: float, what: Callable[[], str] | str) -> T:
    """The first true answer of `condition`."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise NotInTime(what() if callable(what) else what)
        time.sleep(0.05)
    return answer


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def descendants(pid: int) -> list[int]:
    """Every process below `pid`, however deep."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [found for child in map(int, children) for found in (child, *descendants(child))]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Installation:
    """One `manage.py serve` with everything below it."""

    def __init__(self, folder: Path, port: int, environment: dict[str, str]) -> None:
        self.data_dir = folder / "data"
        self.port = port
        self.output_path = folder / "output"
        own = {
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": f"sqlite:///{self.data_dir}/switchboard.sqlite3",
            "PORT": str(port),
            "PUBLIC_URL": self.url,
        }
        self.environment = _clean_environment() | own | environment
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0
        self.seen: set[int] = set()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        return self.output_path.read_text(errors="replace")

    def launch(self, *command: str) -> None:
        """Start it, as the leader of a process group, like a shell does."""
        self.starts += 1
        arguments = command or (sys.executable, str(BASE_DIR / "manage.py"), "serve")
        with self.output_path.open("ab") as output:
            self._process = subprocess.Popen(
                arguments,
                cwd=BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=_hear_ctrl_c,
            )

    def ensure_running(self) -> None:
        """Start it again if an earlier test stopped it."""
        if self._process is None or self._process.poll() is not None:
            self.launch()
        self.wait_until_healthy()

    def wait_until_healthy(self) -> None:
        def is_healthy() -> bool:
            if self._process is not None and self._process.poll() is not None:
                raise NotInTime(f"it ended\n{self.output}")
            return self.health().status == 200

        wait_for(is_healthy, START_SECONDS, lambda: f"not healthy: {self.health()}\n{self.output}")
        self.seen.update(self.tree())

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Status 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.read())
        except (OSError, http.client.HTTPException):
            return Answer(0, b"")
        finally:
            connection.close()

    def health(self) -> Answer:
        return self.get("/health")

    def manage(self, *arguments: str) -> str:
        """Run a management command on it; its output."""
        command = [sys.executable, str(BASE_DIR / "manage.py"), *arguments]
        done = subprocess.run(
            command, cwd=BASE_DIR, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def tree(self) -> list[int]:
        return [self.pid, *descendants(self.pid)]

    def process_id(self, name: str) -> int:
        """The process of that name (web, worker, worker-batch, beat, …), 0 while it is down."""
        configuration = self.data_dir / "run" / "supervisord.conf"
        command = [sys.executable, "-m", "supervisor.supervisorctl", "-c", str(configuration)]
        done = subprocess.run(
            [*command, "pid", f"switchboard:{name}"], capture_output=True, text=True, check=False
        )
        text = done.stdout.strip()
        return int(text) if text.isdigit() else 0

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Kill one process without warning; its former id."""
        pid = self.process_id(name)
        assert pid, f"{name} is not running\n{self.output}"
        os.kill(pid, number)
        return pid

    def wait_for_restart(self, name: str, former: int) -> int:
        def restarted() -> int:
            pid = self.process_id(name)
            return pid if pid != former else 0

        pid = wait_for(restarted, START_SECONDS, lambda: f"{name} was not started again\n{self.output}")
        self.seen.update(self.tree())
        return pid

    def crash(self) -> None:
        """Kill only the process that was started; what happens to the others is what is being tested."""
        assert self._process is not None
        self.seen.update(self.tree())
        self._process.kill()
        self._process.wait()

    def interrupt(self) -> None:
        """A Ctrl-C: the signal goes to the whole foreground group."""
        self.seen.update(self.tree())
        os.killpg(self.pid, signal.SIGINT)

    def wait_until_gone(self, seconds: float = STOP_SECONDS) -> int:
        """Wait until it and everything it ever started is gone; its exit status."""
        assert self._process is not None
        process = self._process
        wait_for(lambda: process.poll() is not None, seconds, lambda: f"still running\n{self.output}")
        wait_for(lambda: not self.survivors(), seconds, lambda: f"orphans {self.survivors()}\n{self.output}")
        assert process.returncode is not None
        return process.returncode

    def survivors(self) -> list[int]:
        return [pid for pid in self.seen if is_running(pid)]

    def stop(self) -> int:
        self.interrupt()
        return self.wait_until_gone()

    def destroy(self) -> None:
        """Whatever happened: leave nothing behind."""
        if self._process is None:
            return
        for pid in {*self.seen, *self.tree()}:
            if is_running(pid) and self._owns(pid):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def _owns(self, pid: int) -> bool:
        """Whether that id still is one of ours: ids are used again."""
        try:
            variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return f"DATA_DIR={self.data_dir}".encode() in variables


def _hear_ctrl_c() -> None:
    """A test run that a shell started in the background ignores Ctrl-C, and would hand that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _clean_environment() -> dict[str, str]:
    """The machine's environment, with every name that a developer's `.env` or this test run may hold set for a new copy."""
    everything = {**os.environ, **ENVIRONMENT}
    return {name: value for name, value in everything.items() if name not in NOT_FOR_INSTALLATIONS}
