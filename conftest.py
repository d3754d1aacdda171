"""Fixtures and rules for all tests."""

import functools
import os
import re
import sys

from tests import databases, isolation

# Before anything reads Django's settings. pytest-django would read them earlier if pyproject.toml named them.
isolation.isolate()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django

django.setup()

from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import translation

from config.supervisor.translations import compile_catalogues
from exports.engine import monitor
from integrations import live
from integrations.http import line
from integrations.mapping import active
from telephony import policies
from telephony.selectors import live as calls_now
from tests.cleaning import cleaning_up

pytest_plugins = ["tests.choosing", "tests.installations"]

# Hashing as slow as it should be is what tests of signing in turn on for themselves.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# As every start does; a fresh checkout has none, and a process that once looked in vain does not look again.
compile_catalogues(settings.LOCALE_PATHS)
settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)

# How long an example takes says more about the machine's other work than about the property.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")

IS_SQLITE = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
INSTRUCTIONS = "{name} is not set. `make test` starts the servers and sets it; or name a server of your own."


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A skipped test in CI is a test that nobody runs."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CI") and skipped and exitstatus == pytest.ExitCode.OK:
        reporter.write_line("CI: skipped tests count as failures.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool) -> bool:
    """The copy of the template is there already; it goes with the session's folder."""
    return django_db_keepdb or IS_SQLITE


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A migrated database is copied: to migrate an empty one takes ten seconds.

    SQLite's is a file, because several threads cannot share Django's default in-memory database.
    """
    test = settings.DATABASES["default"].setdefault("TEST", {})
    if IS_SQLITE:
        file = Path(settings.DATA_DIR) / f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.sqlite3"
        databases.copy_sqlite(file)
        test["NAME"] = str(file)
    else:
        test["TEMPLATE"] = databases.postgres_template(os.environ["DATABASE_URL"])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not IS_SQLITE and os.environ["TEST_TEMPLATES"].startswith(str(settings.DATA_DIR)):
        databases.forget(os.environ["DATABASE_URL"])


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
        answer = _is_a_tests_file(frame.f_code.co_filename)
        if answer is not None:
            return answer
        frame = frame.f_back
    return False


@functools.cache
def _is_a_tests_file(name: str) -> bool | None:
    """None for files that say nothing about who asks."""
    path = name.removeprefix(ROOT)
    return None if path == name or SCOPELESS.match(path) else TEST.match(path) is not None


@pytest.fixture(scope="session", autouse=True)
def _tests_may_clean_up() -> Iterator[None]:
    with cleaning_up():
        yield


@pytest.fixture(autouse=True)
def _fresh_process() -> Iterator[None]:
    """What a process remembers of rows that are rolled back is forgotten with them."""
    yield
    translation.deactivate()  # a page's language stays that of the thread
    cache.clear()
    live.forget_all()
    active.forget_all()
    policies.forget_all()
    calls_now.forget()
    line.close_all()


@pytest.fixture(autouse=True)
def _unwatched_exports(request: pytest.FixtureRequest) -> Iterator[None]:
    """An export's monitor has a connection of its own, to which what a test's own transaction wrote does not exist: on a busy
    machine it would look before the export is done, and stop it. On SQLite it would wait for the only write lock.
    """
    marker = request.node.get_closest_marker("django_db")
    usual = monitor.INTERVAL_SECONDS
    if marker is None or not marker.kwargs.get("transaction"):
        monitor.INTERVAL_SECONDS = 600.0
    yield
    monitor.INTERVAL_SECONDS = usual


def _named_server(name: str) -> str:
    url = os.environ.get(name)
    if not url:
        pytest.fail(INSTRUCTIONS.format(name=name), pytrace=False)
    return url


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A PostgreSQL where the test may create databases: its user's URL."""
    return _named_server("TEST_POSTGRES_URL")


@pytest.fixture(scope="session")
def amqp_url() -> str:
    """A RabbitMQ."""
    return _named_server("TEST_AMQP_URL")


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A Redis."""
    return _named_server("TEST_REDIS_URL")


@pytest.fixture(scope="session")
def mysql_url() -> str:
    """A MariaDB where the test may create databases and accounts: its user's URL."""
    return _named_server("TEST_MYSQL_URL")


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
