"""Reads of stored mappings, for pages and routes."""

from collections.abc import Mapping

from integrations.capabilities import KindSupport, Records
from integrations.connectors import connector_of
from integrations.models import Integration, MappingVersion
from integrations.records import RecordKind

VERSIONS_SHOWN = 25


def mappable_kinds(integration: Integration) -> Mapping[RecordKind, KindSupport]:
    """What can be mapped: the kinds that the system has, in this integration."""
    session_class = connector_of(integration.connector).session_class
    if not issubclass(session_class, Records):
        return {}
    return session_class.kinds_for(integration.settings)


def in_force(integration: Integration) -> dict[str, MappingVersion]:
    """The mappings in force by their kinds; one query."""
    rows = MappingVersion.objects.filter(integration=integration, is_active=True).order_by("kind")
    return {row.kind: row for row in rows}


def versions(integration: Integration, kind: str) -> list[MappingVersion]:
    """The newest ones, newest first."""
    rows = MappingVersion.objects.filter(integration=integration, kind=kind).order_by("-number")
    return list(rows[:VERSIONS_SHOWN])


def version(integration: Integration, kind: str, number: int) -> MappingVersion | None:
    return MappingVersion.objects.filter(integration=integration, kind=kind, number=number).first()
