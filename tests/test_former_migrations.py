"""What one migration of an app does for an empty database is what its former ones did, and whoever has those goes on from there."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from tests import databases
from tests.former_migrations import by_former_steps
from tests.isolation import ENVIRONMENT

REPLACING = sorted(MigrationLoader(None).replacements)
OURS = {"tenants", "signin", "webhooks", "integrations", "telephony"}


def changes(before: ProjectState, after: ProjectState) -> list[str]:
    found = MigrationAutodetector(before, after)._detect_changes()
    return [step.describe() for steps in found.values() for one in steps for step in one.operations]


@pytest.mark.django_db
class TestFormerMigrations:
    def test_both_ways_lead_to_the_same_models_with_columns_in_the_same_order(self):
        now = MigrationLoader(connection).project_state()
        then = by_former_steps(MigrationExecutor(connection)).loader.project_state()

        assert changes(then, now) == changes(now, then) == []
        assert now.models.keys() == then.models.keys()
        columns = {key: list(model.fields) for key, model in then.models.items()}
        assert {key: list(model.fields) for key, model in now.models.items()} == columns

    def test_every_room_with_a_history_has_one(self):
        assert {app for app, _ in REPLACING} >= OURS

    def test_a_database_that_went_the_former_way_only_notes_that_it_did(self):
        recorder = MigrationRecorder(connection)
        for app, name in REPLACING:
            recorder.record_unapplied(app, name)
        said = StringIO()

        call_command("migrate", stdout=said, no_color=True)

        assert "No migrations to apply." in said.getvalue()
        assert set(REPLACING) <= recorder.applied_migrations().keys()
        call_command("migrate", check_unapplied=True, verbosity=0)


@pytest.mark.history
class TestWholeWays:
    """Whole databases by every former step: more than a minute of work for each."""

    def test_both_ways_lead_to_the_same_tables(self, tmp_path):
        new = tmp_path / "new.sqlite3"
        databases.copy_sqlite(new)

        old = former(tmp_path / "old.sqlite3")

        assert schema(old) == schema(new)

    def test_from_half_way(self, tmp_path):
        new, half = tmp_path / "new.sqlite3", tmp_path / "half.sqlite3"
        databases.copy_sqlite(new)
        former(half, "telephony", "0004_event_sources_and_ami")
        former(half, "integrations", "0008_messages")

        databases._migrate(f"sqlite:///{half}")

        assert schema(half) == schema(new)


def former(file: Path, *target: str) -> Path:
    environment = {**os.environ, **ENVIRONMENT, "DATABASE_URL": f"sqlite:///{file}"}
    subprocess.run(
        [sys.executable, "-m", "tests.former_migrations", *target],
        cwd=databases.BASE_DIR,
        env=environment,
        check=True,
    )
    return file


def schema(file: Path) -> dict[str, list[str]]:
    """The statements that made the tables, indexes and triggers, with lines of a table in the order of the alphabet.

    SQLite puts a column elsewhere when it makes a table anew.
    """
    with closing(sqlite3.connect(file)) as opened:
        rows = opened.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: sorted(re.split(r", (?=\"|CONSTRAINT )|[()]", sql)) for name, sql in rows}
