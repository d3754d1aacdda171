"""Celery: the engine that runs workers. Messages only wake; rows in the database are the truth (tenants/work)."""

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]  # re-exported there

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Celery warns root because of pickled tasks; ours are JSON and carry a lane's name.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("switchboard")
app.config_from_object("config.celery_settings")
app.autodiscover_tasks()
