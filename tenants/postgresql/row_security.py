"""The policies of row-level security: made after each migration, for every table that belongs to tenants.

A table belongs to tenants by its column `tenant_id`, or by the row that it hangs on: then whoever sees that one sees this
one. They bind the tables' owner, too, but never a superuser or a role with BYPASSRLS: `tenants.checks` warns of those.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from django.apps import apps
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.fields.related import ForeignKey

SETTING: Final = "switchboard.tenant"
POLICY: Final = "tenant_scope"
_PEOPLE: Final = (
    "people stand above tenants: one may be a member of several; what is theirs is found by their own number"
)
_UNUSED: Final = "nothing here uses it: what a person may do follows from the member's role"
# A model, or all models of an app, and why no policy stands before its rows.
EXEMPT: Final[Mapping[str, str]] = {
    "tenants.tenant": "the list of companies; a request finds its own there, and settings of the company are no secrets",
    "tenants.user": _PEOPLE,
    "tenants.work": "the queue's statements serve all tenants at once, its rows hold ids only, and workers alone read it",
    "tenants.changemark": "ids of what was changed, read by all processes; says nothing of what it is",
    "tenants.heartbeat": "of the installation's processes",
    "tenants.systemalert": "of the installation; for operators, who stand above companies",
    "integrations.sharedbucket": "the pace at which all companies together call a host; says nothing of whose calls they are",
    "signin.session": "a session begins before anybody is known, belongs to its person, and is found by its key's digest",
    "signin.failures": "counted before anybody is known, by digests; a person's failures are no company's",
    "signin.forgottenpassword": "written before anybody is known, sealed, and read by the worker that finds out who is meant",
    "signin.letter": f"{_PEOPLE}; its link is found by the token's digest",
    "account": _PEOPLE,
    "mfa": f"{_PEOPLE}; secrets in it are sealed",
    "socialaccount": _PEOPLE,
    "django_celery_beat": "the installation's schedules",
    "contenttypes": "the names of the models",
    "auth": _UNUSED,
    "tenants.user_groups": _UNUSED,
    "tenants.user_user_permissions": _UNUSED,
    "admin": "Django's own log, in whose place the audit trail is written",
    "sessions": "Django's own sessions, in whose place there is signin.session",
    "oauth2_provider.devicegrant": "a grant that has no address here",
}
# Whose rows name their tenant in a column of another name.
OWNERS: Final[Mapping[str, str]] = {"tenants.auditchain": "owner"}

_SCOPE: Final = f"current_setting('{SETTING}', true)"
# Sub-selects are evaluated once a query, bare functions would be for every row.
_IS_EVERYONE: Final = f"(SELECT {_SCOPE} = '*')"
_OWN: Final = f"(SELECT NULLIF(NULLIF({_SCOPE}, ''), '*')::bigint)"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a tenant may see and write of one table."""

    table: str
    visible: str
    writable: str

    @property
    def version(self) -> str:
        return sha256(f"{self.visible}\n{self.writable}".encode()).hexdigest()[:16]


def policies() -> Iterator[Policy]:
    for model in protected_models():
        table = model._meta.db_table
        column = _tenant_column(model)
        parent = _parent(model)
        if column is not None:
            own = f"{column} = {_OWN}"
            # What belongs to no tenant (an operator's deeds in the trail) may be written from anywhere, and is read by
            # operators.
            yield Policy(table, _visible(own), f"{column} IS NULL OR {_IS_EVERYONE} OR {own}")
        elif parent is not None:
            # The parent's own policy decides which of its rows this finds.
            there, key = parent.related_model._meta.db_table, parent.target_field.column
            link = f'parent."{key}" = "{table}"."{parent.column}"'
            own = f'EXISTS (SELECT 1 FROM "{there}" parent WHERE {link})'  # noqa: S608 names are our own
            yield Policy(table, _visible(own), f"{_IS_EVERYONE} OR {own}")


def _visible(own: str) -> str:
    # The planner cannot know either of them and would expect next to no rows, and choose its plans for that. Of "not null" it
    # expects that nearly all rows pass, which is so: a query names its tenant itself, and finds nothing here to take away.
    return f"CASE WHEN {_IS_EVERYONE} OR {own} THEN true END IS NOT NULL"


def protected_models() -> Iterator[type[models.Model]]:
    """Every model whose rows belong to a tenant."""
    return (model for model in _tables() if _belongs(model))


def unexplained_models() -> Iterator[type[models.Model]]:
    """Those that are neither protected nor exempt: there should be none."""
    return (model for model in _tables() if not _belongs(model) and not exemption(model))


def exemption(model: type[models.Model]) -> str:
    """Why no policy stands before these rows; empty where one does, or should."""
    return EXEMPT.get(model._meta.label_lower) or EXEMPT.get(model._meta.app_label) or ""


def _tables() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model


def _belongs(model: type[models.Model], above: frozenset[type[models.Model]] = frozenset()) -> bool:
    if exemption(model):
        return False
    return _tenant_column(model) is not None or _parent(model, above) is not None


def _tenant_column(model: type[models.Model]) -> str | None:
    from tenants.models import Tenant

    named = OWNERS.get(model._meta.label_lower)
    if named:
        return named
    found = (field for field in model._meta.local_fields if field.column == "tenant_id")
    return next((field.column for field in found if field.related_model is Tenant), None)


def _parent(
    model: type[models.Model], above: frozenset[type[models.Model]] = frozenset()
) -> "ForeignKey[Any, Any] | None":
    """The link to a row that belongs to a tenant; the shortest way, and one that is always there before one that may be empty."""
    links = [
        field
        for field in model._meta.local_fields
        if isinstance(field, ForeignKey) and field.related_model not in {model, *above}
    ]
    links.sort(key=lambda link: (_tenant_column(link.related_model) is None, bool(link.null)))
    return next((link for link in links if _belongs(link.related_model, above | {model})), None)


def protect(using: str) -> list[str]:
    """Make the policies that are missing or differ; the tables that were changed."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return []
    tables = unprotected(connection)
    with transaction.atomic(using=using):
        for policy in policies():
            if policy.table in tables:
                _protect_table(connection, policy)
    return tables


def unprotected(connection: BaseDatabaseWrapper) -> list[str]:
    """Tables of tenants that are there and whose policy is not in force as it should be."""
    wanted = {policy.table: policy.version for policy in policies()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c"
            " JOIN unnest(%s::text[], %s::text[]) AS wanted (name, version) ON wanted.name = c.relname"
            " LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = %s"
            " WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid) AND NOT ("
            "  c.relrowsecurity AND c.relforcerowsecurity"
            "  AND coalesce(obj_description(p.oid, 'pg_policy') = wanted.version, false)) ORDER BY 1",
            [list(wanted), list(wanted.values()), POLICY],
        )
        return [table for (table,) in cursor.fetchall()]


def _protect_table(connection: BaseDatabaseWrapper, policy: Policy) -> None:
    table = connection.ops.quote_name(policy.table)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        cursor.execute(f"DROP POLICY IF EXISTS {POLICY} ON {table}")
        cursor.execute(
            f"CREATE POLICY {POLICY} ON {table} USING ({policy.visible}) WITH CHECK ({policy.writable})"
        )
        # Tells the next migration whether the policy is this version's.
        cursor.execute(f"COMMENT ON POLICY {POLICY} ON {table} IS '{policy.version}'")


def protect_after_migrations(using: str, **_rest: Any) -> None:
    """Connected to Django's `post_migrate`, which comes once for each app: later rounds find nothing to do."""
    protect(using)


IS_BOUND: Final = "SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user"


def is_bound(connection: BaseDatabaseWrapper) -> bool:
    """Whether the policies bind the role of this connection."""
    with connection.cursor() as cursor:
        cursor.execute(IS_BOUND)
        return bool(cursor.fetchone()[0])
