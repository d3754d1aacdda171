"""Which tests a run collects: what the engine has no part in is tested once, on the first; one engine's own behaviour not on the other.

That is a choice, not a skip. Files of which nothing would be left are not even read: to collect everything takes a quarter of a minute
of each process.
"""

import gc
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

IS_SQLITE = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
VENDOR = "sqlite" if IS_SQLITE else "postgresql"
FIRST_ENGINE = "sqlite"
# What a test that looks into the database asks for, itself or through others; pytest-django refuses it to all others.
OF_DATABASES = {"db", "transactional_db", "django_db_setup"}
# They speak to no database: what they stand on (http, store, sync) is tested on both engines.
CONNECTORS = Path(__file__).parents[1] / "integrations" / "connectors"
_OF_THE_FIRST = re.compile(r"^pytestmark = .*mark\.engine\(\"sqlite\"\)", re.MULTILINE)
_OF_ANY = "mark.engine("
_OF_INSTALLATIONS = "mark.processes"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[Any]:
    """Nothing of what is collected is garbage: to look through all of it again and again takes longer than to collect it."""
    gc.disable()
    collected = yield
    gc.freeze()
    gc.enable()
    return collected


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if collection_path.suffix != ".py" or "test" not in collection_path.name:
        return None
    text = _text(collection_path)
    if config.option.markexpr == "processes" and _OF_INSTALLATIONS not in text:
        return True
    if VENDOR == FIRST_ENGINE:
        return None
    is_connectors = CONNECTORS in collection_path.parents and _OF_ANY not in text
    return True if is_connectors or _OF_THE_FIRST.search(text) else None


@cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        (kept if VENDOR in _engines_of(item) else left).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


def _engines_of(item: pytest.Item) -> tuple[str, ...]:
    marker = item.get_closest_marker("engine")
    if marker is not None:
        return marker.args
    if CONNECTORS in item.path.parents:
        return (FIRST_ENGINE,)
    uses_database = item.get_closest_marker("django_db") or OF_DATABASES & set(
        getattr(item, "fixturenames", ())
    )
    # Those have servers of their own, of which some phases know nothing.
    uses_servers = item.get_closest_marker("services") or item.get_closest_marker("processes")
    return ("sqlite", "postgresql") if uses_database or uses_servers else (FIRST_ENGINE,)
