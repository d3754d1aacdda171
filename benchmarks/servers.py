"""Which databases and brokers a run uses: the servers that the environment names, else those of this machine."""

import argparse
import os
import secrets
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
BROKERS = {
    "files": "filesystem://",
    "rabbitmq": os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//"),
    "redis": os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9"),
}
# The database that every server has: the one that is named may not be there yet.
MAINTENANCE = urlunsplit(urlsplit(POSTGRES)._replace(path="/postgres"))
ENGINES = ("sqlite", "postgresql")


def is_listening(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1).close()
    except OSError:
        return False
    return True


def engines(wanted: list[str]) -> list[str]:
    """Those of the wanted engines that are there; says which are left out."""
    if "postgresql" in wanted and not is_listening(POSTGRES):
        print("No PostgreSQL: start one with `python -m tests.services -- …`. Left out.", file=sys.stderr)
        return [name for name in wanted if name != "postgresql"]
    return wanted


def is_there(broker: str) -> bool:
    if broker == "files" or is_listening(BROKERS[broker]):
        return True
    print(f"No {broker}: start one with `python -m tests.services -- …`. Left out.", file=sys.stderr)
    return False


def add_engine_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))


@contextmanager
def database(engine: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database, which is removed afterwards."""
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'switchboard.sqlite3'}"
        return
    name = f"benchmark_{secrets.token_hex(4)}"
    with psycopg.connect(MAINTENANCE, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    try:
        yield urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(MAINTENANCE, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """A bare connection of the engine's own driver, committing each statement."""
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect("/" + urlsplit(url).path.lstrip("/"), isolation_level=None)) as found:
            yield found
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET switchboard.tenant = '*'")  # row-level security shows nothing without it
            yield connection
