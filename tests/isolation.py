"""Keeps tests away from the developer's own installation and from the network."""

import atexit
import ipaddress
import os
import shutil
import sys
import tempfile
from typing import Any

# `.env` fills in what is not set, so every name that leads to real data or services is set here.
ENVIRONMENT = {
    "BROKER_URL": "filesystem://",
    "CACHE_URL": "locmemcache://switchboard",
    "EMAIL_URL": "memorymail://",
    "PUBLIC_URL": "http://testserver",
    "ALLOWED_HOSTS": "*",
    "EGRESS_ALLOW": "",
    "TRUSTED_PROXIES": "",
    "AUDIT_LOG": "",
    "EXPORT_DIR": "",
    # Tests compare with the source's own words, unless they ask for a language.
    "LANGUAGE_CODE": "en",
    "DEMO": "false",
    "DEBUG": "false",
    "SECRET_KEY": "",
    "ENCRYPTION_KEYS": "",
    "ENCRYPTION_KEYS_FILE": "",
    "ENCRYPTION_KEYS_COMMAND": "",
    # No worker listens to the test process, and a thread that wakes them would look into the test's database.
    "WAKE_WORKERS": "false",
}


class OutsideWorld(Exception):
    """A test tried to leave the machine. Use a simulator, or a server on loopback."""


def isolate() -> None:
    """Point this process at a folder of its own, and let it connect to loopback only."""
    folder = tempfile.mkdtemp(prefix="switchboard-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ |= ENVIRONMENT | {"DATA_DIR": folder}
    # Named by a run of several sessions; a session by itself has its own, which its workers share.
    os.environ.setdefault("TEST_TEMPLATES", f"{folder}/templates")
    # Named aloud by whoever tests on a server; never taken from .env.
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/switchboard.sqlite3")
    del os.environ["EXPORT_DIR"]
    sys.addaudithook(_watch)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in ("localhost", "")


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not _is_loopback(str(address[0])):
            raise OutsideWorld(f"a test tried to connect to {address[0]}")
