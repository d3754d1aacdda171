"""The policies of row-level security: made after each migration, for every table that belongs to tenants.

They bind the tables' owner, too, but never a superuser or a role with BYPASSRLS: `checks` warns of those.
"""

from collections.abc import Iterator
from typing import Any, Final

from django.apps import apps
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

SETTING: Final = "switchboard.tenant"
POLICY: Final = "tenant_scope"
# The queue of leased work holds ids only, and its statements serve all tenants at once (tenants/work/store.py).
EXEMPT: Final = frozenset({"tenants.work"})
# A sub-select is evaluated once a query; the bare function would be called for every row.
SCOPE: Final = f"(SELECT current_setting('{SETTING}', true))"


def protected_models() -> Iterator[type[models.Model]]:
    """Every model whose rows belong to a tenant."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy and model._meta.label_lower not in EXEMPT and _has_tenant(model):
            yield model


def _has_tenant(model: type[models.Model]) -> bool:
    from tenants.models import Tenant

    field = next((field for field in model._meta.fields if field.name == "tenant"), None)
    return field is not None and field.related_model is Tenant


def protect(using: str) -> list[str]:
    """Make the policies that are missing or differ; the tables that were changed."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return []
    present = _present(connection)
    changed = []
    for model in protected_models():
        table = model._meta.db_table
        if table in present and not present[table]:
            _protect_table(connection, model)
            changed.append(table)
    return changed


def _present(connection: BaseDatabaseWrapper) -> dict[str, bool]:
    """Each table of ours and whether its policy is in force."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AND EXISTS ("
            " SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = %s)"
            " FROM pg_class c WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)",
            [POLICY],
        )
        return dict(cursor.fetchall())


def _protect_table(connection: BaseDatabaseWrapper, model: type[models.Model]) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    own = f"tenant_id = NULLIF(NULLIF({SCOPE}, ''), '*')::bigint"
    everyone = f"{SCOPE} = '*'"
    # What belongs to no tenant (an operator's deeds in the trail) may be written from anywhere and read by operators.
    written = f"tenant_id IS NULL OR {everyone} OR {own}"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        cursor.execute(f"DROP POLICY IF EXISTS {POLICY} ON {table}")
        cursor.execute(
            f"CREATE POLICY {POLICY} ON {table} USING ({everyone} OR {own}) WITH CHECK ({written})"
        )


def protect_after_migrations(using: str, **_rest: Any) -> None:
    """Connected to Django's `post_migrate`, which comes once for each app: later rounds find nothing to do."""
    protect(using)


def is_bound(connection: BaseDatabaseWrapper) -> bool:
    """Whether the policies bind the role of this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        return not cursor.fetchone()[0]
