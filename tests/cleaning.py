"""After a test with real transactions its rows go, and what the migrations filled stays.

Django would empty all tables and then fill some of them again, as after a migration: that takes longer than most tests.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models.signals import post_migrate

from tenants.trail.triggers import erasing

FILLED_BY_MIGRATIONS = {ContentType._meta.db_table, Permission._meta.db_table}


@contextmanager
def cleaning_up() -> Iterator[None]:
    """Django's `flush` is this one inside."""
    original = BaseDatabaseOperations.execute_sql_flush

    def execute(operations: BaseDatabaseOperations, statements: Any) -> None:
        # Of all tables, those too that refuse it to everybody else.
        with erasing():
            original(operations, statements)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", execute)
        patch.setattr(flush, "sql_flush", _statements)
        patch.setattr(flush, "emit_post_migrate_signal", _put_locks_back)
        yield


def _statements(style: Any, connection: BaseDatabaseWrapper, **_options: Any) -> list[str]:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quoted = [connection.ops.quote_name(table) for table in sorted({*tables} - FILLED_BY_MIGRATIONS)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(_name_if_filled(table) for table in quoted))
        # Links are checked when the transaction ends, so that any order will do.
        return [f"DELETE FROM {table}" for (table,) in cursor.fetchall()]


def _name_if_filled(table: str) -> str:
    return f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})"


def _put_locks_back(verbosity: int, interactive: bool, database: str) -> None:
    """A test may have migrated backwards and forwards, and lost the trail's triggers or the policies on its way."""
    tenants = apps.get_app_config("tenants")
    post_migrate.send(
        sender=tenants, app_config=tenants, verbosity=verbosity, interactive=interactive, using=database
    )
