"""The database refuses to change or remove what was audited."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from tenants import audit
from tenants.models import AuditEntry, AuditLink
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.trail import triggers
from tenants.trail.seal import seal_trails

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry() -> AuditEntry:
    made = audit.record("thing.done", make_tenant())
    seal_trails()
    return made


def execute(statement: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize("table", triggers.TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_rows_can_be_neither_changed_nor_removed(entry, table, statement):
    column = {"tenants_auditentry": "action", "tenants_auditlink": "digest"}[table]

    with pytest.raises(DatabaseError, match=triggers.REFUSAL):
        execute(statement.format(table, column, "'forged'"))

    assert AuditEntry._base_manager.get(pk=entry.pk).action == "thing.done"
    assert AuditLink.objects.filter(entry=entry.pk).exists()


def test_the_program_itself_cannot_do_it_either(entry):
    entry.action = "forged"
    with pytest.raises(DatabaseError, match=triggers.REFUSAL), transaction.atomic():
        entry.save()
    with pytest.raises(DatabaseError, match=triggers.REFUSAL), transaction.atomic():
        entry.delete()
    with all_tenants(), pytest.raises(DatabaseError, match=triggers.REFUSAL), transaction.atomic():
        AuditEntry.objects.all().delete()


@pytest.mark.engine("sqlite")
def test_a_row_cannot_be_replaced(entry):
    copied = "INSERT OR REPLACE INTO tenants_auditentry SELECT * FROM tenants_auditentry"

    with pytest.raises(DatabaseError, match=triggers.REFUSAL):
        execute(copied)


@pytest.mark.engine("postgresql")
def test_the_table_cannot_be_emptied_nor_by_a_session_that_calls_itself_a_replica(entry):
    with pytest.raises(DatabaseError, match=triggers.REFUSAL):
        execute("TRUNCATE tenants_auditentry")
    # An ordinary role may not even call itself one.
    with pytest.raises(DatabaseError, match=f"{triggers.REFUSAL}|permission denied"):
        execute("SET LOCAL session_replication_role = replica; DELETE FROM tenants_auditentry")


def test_a_company_goes_and_its_trail_stays(entry):
    with all_tenants():
        entry.tenant.delete()

    assert AuditEntry._base_manager.get(pk=entry.pk).tenant_id == entry.tenant_id


def test_all_locks_are_there_after_migrations():
    assert triggers.missing() == []


def test_a_lock_that_was_removed_comes_back_with_the_next_migration():
    table = triggers.TABLES[0]
    execute(f"DROP TRIGGER {table}_no_update" + (f" ON {table}" if connection.vendor == "postgresql" else ""))
    assert triggers.missing() == [f"{table}_no_update"]

    call_command("migrate", verbosity=0, stdout=StringIO())

    assert triggers.missing() == []


def test_erasing_ends_with_its_block(entry):
    with all_tenants(), triggers.erasing():
        AuditLink.objects.all().delete()

    assert triggers.missing() == []
    with pytest.raises(DatabaseError, match=triggers.REFUSAL):
        execute("DELETE FROM tenants_auditentry")
