"""A Celery worker that exports ten rows at a time, and stops after each ten while there is a file `hold`."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from celery.signals import worker_ready  # noqa: E402

from config.celery import app  # noqa: E402
from exports.pushdown import copy as copies  # noqa: E402
from exports.pushdown.copy import Copy  # noqa: E402
from exports.reader import Reader  # noqa: E402
from exports.registry import register_dataset, unregister_dataset  # noqa: E402
from exports.tests.datasets import AUDIT  # noqa: E402
from tenants.tests.lanes import wait_for  # noqa: E402
from tests.processes import PATIENCE_SECONDS  # noqa: E402

__all__ = ["app"]

FOLDER = Path(os.environ["TEST_FOLDER"])
_read, _copied = Reader.blocks, Copy.blocks


def _held(blocks: Iterator[Any]) -> Generator[Any, None, None]:
    for block in blocks:
        yield block
        wait_for(lambda: not (FOLDER / "hold").exists(), "the end of the hold", PATIENCE_SECONDS)


def _ten_at_a_time(reader: Reader) -> Iterator[Any]:
    return _held(_read(reader, 10))


def _copied_slowly(copy: Copy) -> Generator[Any, None, None]:
    return _held(_copied(copy))


copies.BLOCK_BYTES, copies.LEAST_ROWS = 1, 10
Reader.blocks = _ten_at_a_time  # type: ignore[method-assign, assignment]
Copy.blocks = _copied_slowly  # type: ignore[method-assign, assignment]
unregister_dataset(AUDIT.name)
register_dataset(AUDIT)


@worker_ready.connect
def say_ready(**kwargs: object) -> None:
    (FOLDER / "ready").touch()
