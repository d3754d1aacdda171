"""Real Celery workers on the test's own database, started and killed by tests."""

import os
import subprocess
import sys
from pathlib import Path

from django.db import connection

from tenants.models import Heartbeat, Tenant
from tenants.tests.lanes import wait_for
from tests.processes import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[2]


def database_url() -> str:
    """The test's own database, for another process."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


class Workers:
    """Starts workers on the test's database."""

    def __init__(self, folder: Path, module: str = "tenants.tests.worker", queue: str = "exports") -> None:
        self.folder, self._module, self._queue = folder, module, queue
        self.running: list[subprocess.Popen[bytes]] = []
        self.environment = os.environ | {
            "DATABASE_URL": database_url(),
            "DATA_DIR": str(folder),
            "TEST_FOLDER": str(folder),
            "WAKE_WORKERS": "true",
        }

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        self.environment |= environment
        with (self.folder / "log").open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", self._module, "worker", "-Q", self._queue, "-l", "INFO"],
                env=self.environment, cwd=ROOT, stdout=log, stderr=log,
            )  # fmt: skip
        self.running.append(worker)
        return worker

    def started(self, *, takes_messages: bool = True, **environment: str) -> subprocess.Popen[bytes]:
        """A worker that works; without a broker it never gets as far as taking messages."""
        worker = self.start(**environment)
        if takes_messages:
            wait_for((self.folder / "ready").exists, "the worker's start", PATIENCE_SECONDS)
        wait_for(Heartbeat.objects.exists, "the worker's sign of life", PATIENCE_SECONDS)
        return worker

    def queue_elsewhere(self, tenant: Tenant, count: int) -> float:
        """Have another process queue rows; when it did."""
        command = [sys.executable, "-m", self._module, str(tenant.pk), str(count)]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode() + self.log()
        return float(done.stdout)

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def acted(self) -> list[str]:
        path = self.folder / "acted"
        return path.read_text().splitlines() if path.exists() else []

    def end(self) -> None:
        for worker in self.running:
            worker.kill()
            worker.wait()
