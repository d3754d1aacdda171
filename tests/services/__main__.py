"""`python -m tests.services -- COMMAND…`: COMMAND with every server at hand; its exit status is ours."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.services.packages import (
    CHROMIUM,
    GETTEXT,
    INTERPRETERS,
    LIBREOFFICE,
    MARIADB,
    POSTGRES,
    RABBITMQ,
    REDIS,
    SSHD,
    Missing,
    Package,
    require,
)
from tests.services.servers import SERVERS, DidNotStart, MariaDB, Postgres, RabbitMQ, Redis, Server

NEEDS: dict[type[Server], Package] = {Postgres: POSTGRES, RabbitMQ: RABBITMQ, Redis: REDIS, MariaDB: MARIADB}


def main() -> int:
    if sys.argv[1:2] != ["--"] or len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    wanted = [kind for kind in SERVERS if not os.environ.get(kind.variable)]
    try:
        require(
            [
                *(NEEDS[kind] for kind in wanted),
                GETTEXT,
                *INTERPRETERS,
                SSHD,
                LIBREOFFICE,
                *([] if os.environ.get("TEST_CHROMIUM") else [CHROMIUM]),
            ]
        )
    except Missing as error:
        print(error, file=sys.stderr)
        return 1
    # A stop from outside must still take the servers down.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    return _run_beside(wanted, sys.argv[2:])


def _run_beside(wanted: list[type[Server]], command: list[str]) -> int:
    folder = Path(tempfile.mkdtemp(prefix="switchboard-services-"))
    folder.chmod(0o755)  # PostgreSQL runs as another user
    servers = [kind(folder / kind.__name__.lower()) for kind in wanted]
    try:
        with ThreadPoolExecutor(max(len(servers), 1)) as pool:
            list(pool.map(lambda server: server.start(), servers))
        urls = {server.variable: server.url for server in servers}
        return subprocess.run(command, env=os.environ | urls, check=False).returncode
    except DidNotStart as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
