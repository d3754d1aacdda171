"""Who is calling, by our own records: one statement by index, put together once, for the moment in which a phone rings."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection

from integrations.models import Company, Contact, ContactPoint, PointType
from integrations.records import RecordKind
from tenants.scoping import ScopeMissing, current_tenant_id

MOST: Final = 20


@dataclass(frozen=True, slots=True)
class KnownCaller:
    """A contact or a company that has the number. `responsible_id` is a user of the system that it came from."""

    kind: RecordKind
    id: UUID
    name: str
    responsible_id: str


# The index of contact points holds all that is asked of them, in this very order; of the records' own tables one row is
# read for each hit. "contact" comes before "company" backwards.
_SQL: Final = (
    "SELECT p.kind, p.record_id, COALESCE(c.name, f.name), COALESCE(c.responsible_id, f.responsible_id)"  # noqa: S608
    f" FROM {ContactPoint._meta.db_table} p"
    f" LEFT JOIN {Contact._meta.db_table} c ON p.kind = '{RecordKind.CONTACT.value}' AND c.id = p.record_id"
    f" LEFT JOIN {Company._meta.db_table} f ON p.kind = '{RecordKind.COMPANY.value}' AND f.id = p.record_id"
    f" WHERE p.tenant_id = %s AND p.type = '{PointType.PHONE.value}' AND p.value = %s"
    f" ORDER BY p.kind DESC, p.record_id DESC LIMIT {MOST}"
)


def callers_by_phone(phone: str) -> list[KnownCaller]:
    """Of the tenant in scope, by a number in E.164: contacts before companies, the newest first, at most twenty."""
    tenant_id = current_tenant_id()
    if tenant_id is None:
        raise ScopeMissing("A caller was looked up without a tenant")
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [tenant_id, phone])
        rows = cursor.fetchall()
    return [KnownCaller(RecordKind(kind), _uuid(id_), name, who) for kind, id_, name, who in rows]


def _uuid(value: UUID | str) -> UUID:
    """SQLite gives text."""
    return value if isinstance(value, UUID) else UUID(value)
