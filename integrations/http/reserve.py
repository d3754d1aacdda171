"""Takes tokens out of a shared bucket in one statement; the only place here that asks which database it is."""

from uuid import UUID

from django.db import connection

from integrations.models import RateBucket

# Tokens may be lost in a power cut, so nobody waits for the disk: on PostgreSQL this one commit is asynchronous.
_STATEMENTS = {
    "postgresql": (
        "UPDATE integrations_ratebucket SET arrival = GREATEST(arrival, %s) + %s WHERE integration_id = %s AND name = %s"
        " RETURNING arrival, set_config('synchronous_commit', 'off', true)"
    ),
    "sqlite": (
        "UPDATE integrations_ratebucket SET arrival = MAX(arrival, %s) + %s WHERE integration_id = %s AND name = %s"
        " RETURNING arrival"
    ),
}


def advance(integration_id: UUID, bucket: str, not_before: float, seconds: float) -> float:
    """Move the bucket's next free slot on by `seconds`, counted from `not_before` at the earliest; returns it."""
    moved = _advance(integration_id, bucket, not_before, seconds)
    if moved is None:
        RateBucket.objects.bulk_create(
            [RateBucket(integration_id=integration_id, name=bucket)], ignore_conflicts=True
        )
        moved = _advance(integration_id, bucket, not_before, seconds)
    return not_before + seconds if moved is None else moved


def _advance(integration_id: UUID, bucket: str, not_before: float, seconds: float) -> float | None:
    key = integration_id if connection.features.has_native_uuid_field else integration_id.hex
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENTS[connection.vendor], [not_before, seconds, key, bucket])
        rows = cursor.fetchall()
    return float(rows[0][0]) if rows else None
