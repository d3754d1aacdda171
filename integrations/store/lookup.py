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


def _statement() -> str:
    """The index of contact points holds all that its part reads; a row of the record's table is read for each hit only."""
    points = ContactPoint._meta.db_table
    parts = [
        f"SELECT * FROM (SELECT p.kind, r.id, r.name, r.responsible_id FROM {points} p"  # noqa: S608 our own names
        f" JOIN {model._meta.db_table} r ON r.id = p.record_id"
        f" WHERE p.tenant_id = %s AND p.type = '{PointType.PHONE.value}' AND p.value = %s AND p.kind = '{kind.value}'"
        f" ORDER BY p.record_id DESC LIMIT {MOST}) AS {kind.value}"
        for kind, model in ((RecordKind.CONTACT, Contact), (RecordKind.COMPANY, Company))
    ]
    return " UNION ALL ".join(parts)


_SQL: Final = _statement()


def callers_by_phone(phone: str) -> list[KnownCaller]:
    """Of the tenant in scope, by a number in E.164: contacts before companies, the newest first, at most twenty of each."""
    tenant_id = current_tenant_id()
    if tenant_id is None:
        raise ScopeMissing("A caller was looked up without a tenant")
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [tenant_id, phone, tenant_id, phone])
        rows = cursor.fetchall()
    return [KnownCaller(RecordKind(kind), _uuid(id_), name, who) for kind, id_, name, who in rows]


def _uuid(value: UUID | str) -> UUID:
    """SQLite gives text."""
    return value if isinstance(value, UUID) else UUID(value)
