"""Databases with every migration applied: made from nothing once for a whole run, then copied.

`python -m tests.databases` makes them ahead: of SQLite, and of the server in TEST_POSTGRES_URL when there is one. Whoever
needs one that is not there yet makes it. All of them are found through the folder TEST_TEMPLATES.
"""

import fcntl
import hashlib
import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.isolation import ENVIRONMENT

BASE_DIR = Path(__file__).resolve().parent.parent


def folder() -> Path:
    return Path(os.environ["TEST_TEMPLATES"])


def copy_sqlite(target: Path) -> None:
    """A migrated database in this file, which must not be there yet."""
    _made_once("sqlite", _make_sqlite)
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(_sqlite())) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def postgres_template(url: str) -> str:
    """The name of a migrated database on that server, for CREATE DATABASE … TEMPLATE."""
    _made_once("postgresql", lambda: _make_postgres(url))
    return _postgres()


def forget(url: str) -> None:
    """The server gets rid of what was made there."""
    if (folder() / "postgresql").exists():
        with on_server(url) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {_postgres()}")


@contextmanager
def on_server(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(named(url, "postgres"), autocommit=True) as connection:
        yield connection


@contextmanager
def own_database(url: str, *, is_migrated: bool) -> Iterator[str]:
    """The URL of a database on that server that nobody else has, gone afterwards: empty, or with all tables made."""
    name = f"switchboard_{secrets.token_hex(6)}"
    template = postgres_template(url) if is_migrated else "template1"
    with on_server(url) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield named(url, name)
    finally:
        with on_server(url) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def named(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _sqlite() -> Path:
    return folder() / "template.sqlite3"


def _postgres() -> str:
    # One server may serve several runs.
    return f"switchboard_template_{hashlib.sha256(str(folder()).encode()).hexdigest()[:12]}"


def _made_once(name: str, make: Callable[[], None]) -> None:
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder() / name
        if not done.exists():
            make()
            done.touch()


def _make_sqlite() -> None:
    _sqlite().unlink(missing_ok=True)
    _migrate(f"sqlite:///{_sqlite()}")


def _make_postgres(url: str) -> None:
    with on_server(url) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {_postgres()}")
        connection.execute(f"CREATE DATABASE {_postgres()}")
    _migrate(named(url, _postgres()))


def _migrate(url: str) -> None:
    """As an operator would; fails with what the program said."""
    done = subprocess.run(
        [sys.executable, str(BASE_DIR / "manage.py"), "migrate", "--verbosity", "0"],
        cwd=BASE_DIR,
        env={**os.environ, **ENVIRONMENT, "DATABASE_URL": url, "EXPORT_DIR": str(folder() / "exports")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The migrations failed:\n{done.stdout}{done.stderr}")


def main() -> None:
    _made_once("sqlite", _make_sqlite)
    if url := os.environ.get("TEST_POSTGRES_URL"):
        postgres_template(url)


if __name__ == "__main__":
    main()
