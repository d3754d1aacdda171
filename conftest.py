"""Fixtures and rules for all tests."""

import os
import re
import secrets
import sys

from tests import isolation

# Before anything reads Django's settings. pytest-django would read them earlier if pyproject.toml named them.
isolation.isolate()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django

django.setup()

from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db.backends.base.operations import BaseDatabaseOperations

from integrations import live
from integrations.http import line
from tenants.trail.triggers import erasing

pytest_plugins = ["tests.processes"]

INSTRUCTIONS = "{name} is not set. `make test` starts the servers and sets it; or name a server of your own."


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of one engine's own behaviour are left out on the other: that is a choice, not a skip."""
    vendor = "sqlite" if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3") else "postgresql"
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        marker = item.get_closest_marker("engine")
        (kept if marker is None or vendor in marker.args else left).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A skipped test in CI is a test that nobody runs."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CI") and skipped and exitstatus == pytest.ExitCode.OK:
        reporter.write_line("CI: skipped tests count as failures.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite tests use a file: several threads cannot share Django's default in-memory database."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        database.setdefault("TEST", {})["NAME"] = str(Path(settings.DATA_DIR) / f"test-{worker}.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def _tests_see_everything() -> Iterator[None]:
    """On PostgreSQL a test may look at, and write, everybody's rows without saying so; the program it tests may not.

    Whoever asks is the nearest code of ours that called Django: a test, or the program. Of the program, the models and
    what carries out their queries say nothing about the scope.
    """
    from tenants.postgresql import base

    original = base.scope_name
    base.scope_name = lambda: original() or ("*" if _is_a_test_asking() else "")
    yield
    base.scope_name = original


ROOT = f"{Path(__file__).parent}/"
SCOPELESS = re.compile(r"\.venv/|conftest\.py|tenants/(scoping|bulk)\.py|tenants/postgresql/|.*/models/")
TEST = re.compile(r"tests/|.*/tests/|.*/tests\.py")


def _is_a_test_asking() -> bool:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename.removeprefix(ROOT)
        if path != frame.f_code.co_filename and not SCOPELESS.match(path):
            return TEST.match(path) is not None
        frame = frame.f_back
    return False


@pytest.fixture(scope="session", autouse=True)
def _tests_may_clean_up() -> Iterator[None]:
    """After a test with real transactions all tables are emptied, those too that refuse it to everybody else."""
    original = BaseDatabaseOperations.execute_sql_flush

    def flush(operations: BaseDatabaseOperations, statements: Any) -> None:
        with erasing():
            original(operations, statements)

    BaseDatabaseOperations.execute_sql_flush = flush  # type: ignore[method-assign,assignment]
    yield
    BaseDatabaseOperations.execute_sql_flush = original  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _fresh_process() -> Iterator[None]:
    """What a process remembers of rows that are rolled back is forgotten with them."""
    yield
    cache.clear()
    live.forget_all()
    line.close_all()


def _named_server(name: str) -> str:
    url = os.environ.get(name)
    if not url:
        pytest.fail(INSTRUCTIONS.format(name=name), pytrace=False)
    return url


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A PostgreSQL where the test may create databases: its user's URL."""
    return _named_server("TEST_POSTGRES_URL")


@pytest.fixture
def fresh_postgres_url(postgres_url: str) -> Iterator[str]:
    """An empty database of the test's own, gone afterwards: its URL."""
    name = f"switchboard_{secrets.token_hex(6)}"
    parts = urlsplit(postgres_url)
    maintenance = urlunsplit(parts._replace(path="/postgres"))
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield urlunsplit(parts._replace(path=f"/{name}"))
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def amqp_url() -> str:
    """A RabbitMQ."""
    return _named_server("TEST_AMQP_URL")


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A Redis."""
    return _named_server("TEST_REDIS_URL")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser for tests that drive one."""
    path = os.environ.get("TEST_CHROMIUM") or next(
        (found for found in ("/usr/bin/chromium", "/usr/bin/google-chrome") if Path(found).exists()), ""
    )
    if not path:
        pytest.fail(
            "No Chromium. Install it (apt-get install chromium) or name it in TEST_CHROMIUM.", pytrace=False
        )
    return path


def pytest_report_header(config: Any) -> str:
    return f"database: {settings.DATABASES['default']['ENGINE'].rpartition('.')[2]}"
