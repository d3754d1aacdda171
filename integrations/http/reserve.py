"""Takes tokens out of a shared bucket in one statement; the only place here that asks which database it is."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from integrations.models import RateBucket, SharedBucket

_GREATER = {"postgresql": "GREATEST", "sqlite": "MAX"}
# Tokens may be lost in a power cut, so nobody waits for the disk: on PostgreSQL this one commit is asynchronous.
_BESIDES = {"postgresql": ", set_config('synchronous_commit', 'off', true)", "sqlite": ""}


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """Where the bucket of one integration is kept."""

    integration_id: UUID
    name: str

    table = "integrations_ratebucket"
    where = "integration_id = %s AND name = %s"

    @property
    def key(self) -> list[Any]:
        is_native = connection.features.has_native_uuid_field
        return [self.integration_id if is_native else self.integration_id.hex, self.name]

    def make(self) -> None:
        row = RateBucket(integration_id=self.integration_id, name=self.name)
        RateBucket.objects.bulk_create([row], ignore_conflicts=True)


@dataclass(frozen=True, slots=True)
class CommonPlace:
    """Where the bucket of several integrations is kept."""

    name: str

    table = "integrations_sharedbucket"
    where = "key = %s"

    @property
    def key(self) -> list[Any]:
        return [self.name]

    def make(self) -> None:
        SharedBucket.objects.bulk_create([SharedBucket(key=self.name)], ignore_conflicts=True)


Place = OwnPlace | CommonPlace


def advance(place: Place, not_before: float, seconds: float) -> float:
    """Move the bucket's next free slot on by `seconds`, counted from `not_before` at the earliest; returns it."""
    moved = _advance(place, not_before, seconds)
    if moved is None:
        place.make()
        moved = _advance(place, not_before, seconds)
    return not_before + seconds if moved is None else moved


def _advance(place: Place, not_before: float, seconds: float) -> float | None:
    vendor = connection.vendor
    statement = (
        f"UPDATE {place.table} SET arrival = {_GREATER[vendor]}(arrival, %s) + %s WHERE {place.where}"  # noqa: S608 our own names
        f" RETURNING arrival{_BESIDES[vendor]}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [not_before, seconds, *place.key])
        rows = cursor.fetchall()
    return float(rows[0][0]) if rows else None
