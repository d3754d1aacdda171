"""Runs tests with a guard taken away: a plugin for the pytest that tests/test_guards.py starts.

Each test of the table runs once for every guard that it is named for, without that guard, and must fail: a test that
passes all the same would not notice if somebody removed the guard. Outcomes go to the file that GUARDS_REPORT names.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.guards import GUARDS

Outcome = list[str]  # of every parametrization: "failed", "passed", or what went wrong

BY_NAME = {guard.name: guard for guard in GUARDS}

_report: dict[str, dict[str, Outcome]] = {guard.name: {test: [] for test in guard.tests} for guard in GUARDS}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    test = metafunc.definition.nodeid
    named = [guard.name for guard in GUARDS if test in guard.tests]
    metafunc.parametrize("without_guard", named, indirect=True)


def pytest_collection_modifyitems(items: list[Any]) -> None:
    items[:] = [item for item in items if BY_NAME[item.callspec.params["without_guard"]].only in item.name]


@pytest.fixture(autouse=True)
def without_guard(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        BY_NAME[request.param].remove(patch)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Any:
    report = yield
    if report.when == "call" or report.failed:
        outcomes = _report[item.callspec.params["without_guard"]][item.nodeid.partition("[")[0]]
        outcomes.append(_outcome(report.when, call.excinfo))
    return report


def _outcome(when: str, raised: Any) -> str:
    if raised is None:
        return "passed"
    # Such as DID NOT RAISE.
    is_missed = raised.errisinstance((AssertionError, pytest.fail.Exception))
    return "failed" if when == "call" and is_missed else f"{when}: {raised.exconly()}"


def pytest_sessionfinish() -> None:
    Path(os.environ["GUARDS_REPORT"]).write_text(json.dumps(_report))
