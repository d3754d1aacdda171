"""Every guard is missed: with it taken away its test fails (tests/guards.py), so nobody removes one unnoticed."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from config.env import BASE_DIR
from tests.guards import GUARDS

# Guards are the program's, not the database's; the tests themselves run on both engines.
pytestmark = [pytest.mark.engine("sqlite"), pytest.mark.timeout(600)]
PAIRS = [(guard.name, test) for guard in GUARDS for test in guard.tests]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What became of the tests in a pytest of their own."""
    file = tmp_path_factory.mktemp("guards") / "report.json"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-p",
        "tests.without_guards",
    ]
    tests = sorted({test for _guard, test in PAIRS})
    # Its own installation: conftest.py gives it another folder.
    run = subprocess.run(
        [*command, *tests],
        cwd=BASE_DIR,
        env=inherited | {"GUARDS_REPORT": str(file)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert file.exists(), run.stdout + run.stderr
    return json.loads(file.read_text())


@pytest.mark.parametrize(("guard", "test"), PAIRS)
def test_its_test_fails_without_it(guard: str, test: str, report: Any) -> None:
    outcomes = report[guard][test]

    assert "failed" in outcomes, f"{test} does not notice that {guard} is gone: {outcomes}"
    # What cannot even begin proves nothing.
    assert [one for one in outcomes if one.startswith("setup")] == []
