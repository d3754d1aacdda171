"""How the program speaks to its database: SQLite below DATA_DIR until DATABASE_URL names a server."""

from pathlib import Path
from typing import Any

from config.env import DATA_DIR, env

# How long a connection is waited for. Exchanges wait for an answer about as long, and a "no" must reach them.
WAIT_SECONDS = 4


def database() -> dict[str, Any]:
    """One entry of Django's DATABASES."""
    found: dict[str, Any] = env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'switchboard.sqlite3'}")
    if found["ENGINE"].endswith("sqlite3"):
        Path(found["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        return found | _sqlite()
    options = _postgresql() | found.get("OPTIONS", {}) | {"pool": _pool()}
    # Django's own backend, and row-level security as a second wall between tenants.
    return found | {"ENGINE": "tenants.postgresql", "CONN_MAX_AGE": 0, "OPTIONS": options}


def _sqlite() -> dict[str, Any]:
    return {
        # WAL without IMMEDIATE loses a quarter of concurrent transactions to "database is locked"; with it, none.
        # FULL: a committed event survives a power cut.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            " PRAGMA cache_size=-16000; PRAGMA mmap_size=134217728;",
        },
        # A thread's connection is a file handle: opening one a request is the cost.
        "CONN_MAX_AGE": None,
    }


def _postgresql() -> dict[str, Any]:
    """A server that vanished without a word is noticed within seconds; by default TCP goes on hoping for a quarter of an hour."""
    return {"connect_timeout": WAIT_SECONDS, "keepalives_idle": 15, "tcp_user_timeout": 15_000}


def _pool() -> dict[str, Any]:
    return {
        "min_size": 1,
        "max_size": env.int("DATABASE_POOL_SIZE", default=32),
        "timeout": WAIT_SECONDS,
        # The pool doubles its pauses while the server is away; with its default of five minutes it would sleep for two
        # of them beside a server that is long back. Whoever wants a connection makes it try anew.
        "reconnect_timeout": WAIT_SECONDS,
    }
