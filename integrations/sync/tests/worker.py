"""A Celery worker that synchronises with the made-up CRM: `celery -A integrations.sync.tests.worker worker -Q integrations`.

Its leases are short, so that what a killed worker held is soon taken up; its slices are short, so that there are many.
"""

import os
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from celery.signals import worker_ready  # noqa: E402

from config.celery import app  # noqa: E402
from integrations import connectors  # noqa: E402
from integrations.sync.lane import SyncLane  # noqa: E402
from integrations.tests.crm import CONNECTOR  # noqa: E402

__all__ = ["app"]

FOLDER = Path(os.environ["TEST_FOLDER"])
known = {**connectors.registry(), "tinycrm": CONNECTOR}
connectors.registry = lambda: known  # type: ignore[assignment]  # as the tests of this folder do
SyncLane.lease_seconds = 2.0


@worker_ready.connect
def say_ready(**kwargs: object) -> None:
    (FOLDER / "ready").touch()
