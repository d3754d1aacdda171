"""The servers: how each is started privately, when it is ready, and how it is stopped."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.services.packages import MARIADB, POSTGRES, RABBITMQ, REDIS

START_SECONDS = 300
# Row-level security does not bind superusers: tests come as the role that an installation should have.
OWNER = "switchboard"
STOP_SECONDS = 60


class DidNotStart(Exception):
    """A server that ended or stayed silent; carries the end of its log."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(ready: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise DidNotStart(what)
        time.sleep(0.05)


class Server(ABC):
    """One private server below `folder`."""

    variable: str
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    @abstractmethod
    def url(self) -> str: ...

    @abstractmethod
    def launch(self) -> subprocess.Popen[bytes]: ...

    @abstractmethod
    def is_ready(self) -> bool: ...

    def start(self) -> None:
        self.folder.mkdir(parents=True)
        self._process = process = self.launch()

        def ready() -> bool:
            if process.poll() is not None:
                raise DidNotStart(f"{self.variable}: the server ended\n{self._log_end()}")
            return self.is_ready()

        wait_until(ready, START_SECONDS, f"{self.variable}: no answer\n{self._log_end()}")

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def spawn(
        self, *command: str, environment: dict[str, str] | None = None, user: str | None = None
    ) -> subprocess.Popen[bytes]:
        # A session of its own: a Ctrl-C in the terminal must not end the servers under the tests.
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command,
                env=os.environ | (environment or {}),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                start_new_session=True,
                **_as_user(user),
            )

    def _log_end(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:]) if self.log.exists() else ""


def _as_user(user: str | None) -> dict[str, int]:
    if user is None or os.getuid() != 0:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid}


def answers(port: int, say: bytes = b"", expect: bytes = b"") -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            if not say:
                return True
            connection.sendall(say)
            return expect in connection.recv(64)
    except OSError:
        return False


class Postgres(Server):
    variable = "TEST_POSTGRES_URL"
    stop_signal = signal.SIGINT  # fast shutdown: do not wait for clients

    @property
    def url(self) -> str:
        return f"postgres://{OWNER}@127.0.0.1:{self.port}/switchboard"

    def launch(self) -> subprocess.Popen[bytes]:
        # PostgreSQL refuses to run as root.
        user = "postgres" if os.getuid() == 0 else None
        if user:
            shutil.chown(self.folder, user)
        data = self.folder / "data"
        bin_dir = Path(POSTGRES.path).parent
        options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        made = self.spawn(str(bin_dir / "initdb"), f"--pgdata={data}", *options, user=user).wait()
        if made != 0:
            raise DidNotStart(f"initdb failed\n{self._log_end()}")
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",  # the machine's power is not what these tests are about
            "max_connections": "300",
        }
        flags = [f"--{name}={value}" for name, value in settings.items()]
        return self.spawn(str(bin_dir / "postgres"), "-D", str(data), *flags, user=user)

    def start(self) -> None:
        super().start()
        with psycopg.connect(
            f"postgres://postgres@127.0.0.1:{self.port}/postgres", autocommit=True
        ) as server:
            server.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB")

    def is_ready(self) -> bool:
        command = [
            str(Path(POSTGRES.path).parent / "pg_isready"),
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
        ]
        return subprocess.run(command, check=False).returncode == 0


class Redis(Server):
    variable = "TEST_REDIS_URL"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def launch(self) -> subprocess.Popen[bytes]:
        return self.spawn(
            REDIS.path, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"
        )

    def is_ready(self) -> bool:
        return answers(self.port, b"PING\r\n", b"PONG")


class RabbitMQ(Server):
    variable = "TEST_AMQP_URL"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._names_port = free_port()
        self._cluster_port = free_port()

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def launch(self) -> subprocess.Popen[bytes]:
        (self.folder / "enabled_plugins").write_text("[].\n")
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\nloopback_users.guest = true\n"
            "disk_free_limit.absolute = 50MB\nvm_memory_high_watermark.absolute = 512MB\n"
        )
        return self.spawn(RABBITMQ.path, environment=self.environment)

    @property
    def environment(self) -> dict[str, str]:
        # A name service of its own too (ERL_EPMD_PORT): the system's may belong to another user.
        return {
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(self._names_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"switchboard{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._cluster_port),
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
        }

    def is_ready(self) -> bool:
        return answers(self.port, b"AMQP\x00\x00\x09\x01", b"\x01")

    def stop(self) -> None:
        super().stop()
        epmd = shutil.which("epmd")
        if epmd:
            command = [epmd, "-port", str(self._names_port), "-kill"]
            subprocess.run(command, env=os.environ | self.environment, check=False, capture_output=True)


class MariaDB(Server):
    """What exchanges such as FreePBX keep their call records in; the hub itself does not run on it."""

    variable = "TEST_MYSQL_URL"

    @property
    def url(self) -> str:
        return f"mysql://{OWNER}:{OWNER}@127.0.0.1:{self.port}"

    def launch(self) -> subprocess.Popen[bytes]:
        user = "mysql" if os.getuid() == 0 else None
        if user:
            shutil.chown(self.folder, user)
        data = self.folder / "data"
        install = shutil.which("mariadb-install-db") or "mariadb-install-db"
        as_user = [f"--user={user}"] if user else []
        made = self.spawn(
            install,
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            *as_user,
        ).wait()
        if made != 0:
            raise DidNotStart(f"mariadb-install-db failed\n{self._log_end()}")
        accounts = self.folder / "accounts.sql"
        accounts.write_text(
            f"CREATE USER {OWNER}@'127.0.0.1' IDENTIFIED BY '{OWNER}';\n"
            f"GRANT ALL ON *.* TO {OWNER}@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        return self.spawn(
            MARIADB.path,
            "--no-defaults",
            f"--datadir={data}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            f"--socket={self.folder}/socket",
            f"--init-file={accounts}",
            "--innodb-flush-log-at-trx-commit=0",
            "--skip-name-resolve",
            *as_user,
        )

    def is_ready(self) -> bool:
        # It greets whoever connects once its accounts are made.
        return answers(self.port, b"\x01\x00\x00\x00\x01", b"\x0a")


SERVERS: tuple[type[Server], ...] = (Postgres, Redis, RabbitMQ, MariaDB)
