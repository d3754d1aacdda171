"""The policies of row-level security: made after each migration, for every table that belongs to tenants.

They bind the tables' owner, too, but never a superuser or a role with BYPASSRLS: `tenants.checks` warns of those.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

from django.apps import apps
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

SETTING: Final = "switchboard.tenant"
POLICY: Final = "tenant_scope"
EXEMPT: Final = {
    "tenants.work": "the queue's statements serve all tenants at once, its rows hold ids only, and workers alone read it",
    "signin.session": "a session begins before anybody is known, belongs to its person, and is found by its key's digest",
}

_SCOPE: Final = f"current_setting('{SETTING}', true)"
# Sub-selects are evaluated once a query, bare functions would be for every row.
_IS_EVERYONE: Final = f"(SELECT {_SCOPE} = '*')"
_IS_OWN: Final = f"tenant_id = (SELECT NULLIF(NULLIF({_SCOPE}, ''), '*')::bigint)"
# The planner cannot know either of them and would expect next to no rows, and choose its plans for that. Of "not null" it
# expects that nearly all rows pass, which is so: a query names its tenant itself, and finds nothing here to take away.
VISIBLE: Final = f"CASE WHEN {_IS_EVERYONE} OR {_IS_OWN} THEN true END IS NOT NULL"
# What belongs to no tenant (an operator's deeds in the trail) may be written from anywhere, and is read by operators.
WRITABLE: Final = f"tenant_id IS NULL OR {_IS_EVERYONE} OR {_IS_OWN}"
VERSION: Final = sha256(f"{VISIBLE}\n{WRITABLE}".encode()).hexdigest()[:16]


def protected_models() -> Iterator[type[models.Model]]:
    """Every model whose rows belong to a tenant."""
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.managed and not meta.proxy and meta.label_lower not in EXEMPT and _has_tenant(model):
            yield model


def _has_tenant(model: type[models.Model]) -> bool:
    from tenants.models import Tenant

    return any(
        field.column == "tenant_id" and field.related_model is Tenant for field in model._meta.local_fields
    )


def protect(using: str) -> list[str]:
    """Make the policies that are missing or differ; the tables that were changed."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return []
    tables = unprotected(connection)
    with transaction.atomic(using=using):
        for table in tables:
            _protect_table(connection, table)
    return tables


def unprotected(connection: BaseDatabaseWrapper) -> list[str]:
    """Tables of tenants that are there and whose policy is not in force as it should be."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c"
            " LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = %s"
            " WHERE c.relname = ANY(%s) AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid) AND NOT ("
            "  c.relrowsecurity AND c.relforcerowsecurity"
            "  AND coalesce(obj_description(p.oid, 'pg_policy') = %s, false)) ORDER BY 1",
            [POLICY, [model._meta.db_table for model in protected_models()], VERSION],
        )
        return [table for (table,) in cursor.fetchall()]


def _protect_table(connection: BaseDatabaseWrapper, name: str) -> None:
    table = connection.ops.quote_name(name)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        cursor.execute(f"DROP POLICY IF EXISTS {POLICY} ON {table}")
        cursor.execute(f"CREATE POLICY {POLICY} ON {table} USING ({VISIBLE}) WITH CHECK ({WRITABLE})")
        # Tells the next migration whether the policy is this version's.
        cursor.execute(f"COMMENT ON POLICY {POLICY} ON {table} IS '{VERSION}'")


def protect_after_migrations(using: str, **_rest: Any) -> None:
    """Connected to Django's `post_migrate`, which comes once for each app: later rounds find nothing to do."""
    protect(using)


IS_BOUND: Final = "SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user"


def is_bound(connection: BaseDatabaseWrapper) -> bool:
    """Whether the policies bind the role of this connection."""
    with connection.cursor() as cursor:
        cursor.execute(IS_BOUND)
        return bool(cursor.fetchone()[0])
