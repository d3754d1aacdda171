"""The copies that tests work on are what the migrations make of an empty database, locks and policies included."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tenants.postgresql.row_security import protected_models, unprotected
from tenants.trail import triggers

pytestmark = pytest.mark.django_db


def test_every_migration_was_run() -> None:
    executor = MigrationExecutor(connection)

    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    assert len(executor.loader.applied_migrations) >= len(executor.loader.disk_migrations)


def test_the_trails_locks_are_copied() -> None:
    assert triggers.missing() == []


@pytest.mark.engine("postgresql")
def test_the_policies_are_copied() -> None:
    assert len(list(protected_models())) > 20
    assert unprotected(connection) == []
