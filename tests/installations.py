"""Starts whole installations for tests: for one test, for a module, or one for everybody.

def test_something(start_installation):
    installation = start_installation(DATABASE_URL=…)     # ports and DATA_DIR of its own; returns when /health is 200
    installation.kill("worker")

def test_something_else(shared_installation):              # a start takes all of a machine for seconds
    shared_installation.manage("apply", …)                 # a company of the test's own
"""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from tests import claims
from tests.databases import copy_sqlite
from tests.processes import Installation

_company_numbers = itertools.count(1)


def new_company_number() -> str:
    """Of a company that no other test has in a shared installation."""
    return f"{next(_company_numbers):04}"


class StartInstallation(Protocol):
    def __call__(
        self, *command: str, wait: bool = True, from_nothing: bool = False, **environment: str
    ) -> Installation: ...


def _wait_until_healthy(installation: Installation) -> None:
    """One that does not get there is ended at once: its database goes, and it would keep on asking for it."""
    try:
        installation.wait_until_healthy()
    except BaseException:
        installation.destroy()
        raise


@contextmanager
def _starting() -> Iterator[StartInstallation]:
    with ExitStack() as cleanup:

        def start(
            *command: str, wait: bool = True, from_nothing: bool = False, **environment: str
        ) -> Installation:
            # A short path: that of the control socket may have 100 characters.
            folder = Path(tempfile.mkdtemp(prefix="sb-"))
            cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
            installation = Installation(folder, cleanup.enter_context(claims.ports()), environment)
            cleanup.callback(installation.destroy)
            if not from_nothing and not {"DATABASE_URL", "DATA_DIR"} & set(environment):
                copy_sqlite(installation.data_dir / "switchboard.sqlite3")
            installation.launch(*command)
            if wait:
                _wait_until_healthy(installation)
            return installation

        yield start


@pytest.fixture
def start_installation() -> Iterator[StartInstallation]:
    """Starts installations for one test, by `manage.py serve` or another command; `wait=False` does not wait for /health.

    They find their tables made, unless `from_nothing` makes it a first start in an empty folder.
    """
    with _starting() as start:
        yield start


@pytest.fixture(scope="module")
def start_shared_installation() -> Iterator[StartInstallation]:
    """The same for the tests of one module: what one test does to it, the next one finds."""
    with _starting() as start:
        yield start


@pytest.fixture(scope="session")
def shared_installation() -> Iterator[Installation]:
    """One for all tests that need neither a fresh nor a special one: each brings companies of its own and leaves it whole."""
    with _starting() as start:
        yield start(EGRESS_ALLOW="127.0.0.0/8")
