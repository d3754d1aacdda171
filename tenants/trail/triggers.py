"""The database itself refuses to change or remove what was audited, whoever asks and by whatever program.

Installed after every `migrate` (SQLite drops a table's triggers whenever a migration rebuilds the table). Whoever owns
the database can still drop them: that is what the sealed chain shows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

TABLES: Final = ("tenants_auditentry", "tenants_auditlink")
REFUSAL: Final = "the audit trail is append-only"

_KEYS: Final = {"tenants_auditentry": "id", "tenants_auditlink": "entry"}
_POSTGRES_FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION switchboard_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' AND current_setting('switchboard.audit_erasing', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'insufficient_privilege';
END $$
"""


def install(database: BaseDatabaseWrapper | None = None) -> None:
    """Create what is missing."""
    database = database or connection
    missing = expected(database.vendor) - installed(database)
    if not missing:
        return
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTION)
        for name in sorted(missing):
            for statement in _statements(database.vendor, name):
                cursor.execute(statement)


def expected(vendor: str) -> frozenset[str]:
    """The names of all triggers: `<table>_no_<what>`."""
    last = "truncate" if vendor == "postgresql" else "replace"
    return frozenset(f"{table}_no_{what}" for table in TABLES for what in ("update", "delete", last))


def installed(database: BaseDatabaseWrapper | None = None) -> frozenset[str]:
    """Those that are in force now."""
    database = database or connection
    query = (
        # A disabled trigger is none.
        "SELECT tgname FROM pg_trigger WHERE tgname LIKE '%%_no_%%' AND tgenabled = 'A'"
        " AND tgrelid IN (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name)"
        if database.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s)"
    )
    with database.cursor() as cursor:
        cursor.execute(query, [list(TABLES)] if database.vendor == "postgresql" else TABLES)
        return frozenset(name for (name,) in cursor.fetchall()) & expected(database.vendor)


def missing() -> list[str]:
    """Triggers that ought to be there; any name in it means that somebody removed the lock."""
    return sorted(expected(connection.vendor) - installed())


def _statements(vendor: str, name: str) -> Iterator[str]:
    table, _no, what = name.rpartition("_no_")
    if vendor == "postgresql":
        level = "STATEMENT" if what == "truncate" else "ROW"
        yield (
            f"CREATE TRIGGER {name} BEFORE {what.upper()} ON {table} FOR EACH {level}"
            " EXECUTE FUNCTION switchboard_append_only()"
        )
        # Also for a session that calls itself a replica, which skips ordinary triggers.
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"
    elif what == "replace":
        # INSERT OR REPLACE removes the former row without asking the trigger for DELETE.
        key = _KEYS[table]
        already = f"SELECT 1 FROM {table} WHERE {key} = NEW.{key}"  # noqa: S608 names are this module's own
        yield (
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN EXISTS ({already})"
            f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
    else:
        yield (
            f"CREATE TRIGGER {name} BEFORE {what.upper()} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


@contextmanager
def erasing() -> Iterator[None]:
    """Inside, and for this transaction alone, rows may be removed: for `prune_audit`, and for tests that clean up."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            _set_erasing("on")
            yield
            _set_erasing("off")
        else:
            with connection.cursor() as cursor:
                for table in TABLES:
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")
            yield
            install()


def _set_erasing(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('switchboard.audit_erasing', %s, true)", [value])


def install_after_migrate(*, using: str, **_more: Any) -> None:
    """Receiver of `post_migrate`."""
    from django.db import connections

    database = connections[using]
    if set(TABLES) <= set(database.introspection.table_names()):
        install(database)
