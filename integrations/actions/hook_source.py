"""The source of an integration whose system sends requests to us: made, switched, renewed and removed with it."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from integrations import live as configurations
from integrations.connectors import connector_of
from integrations.hook_owner import LANE, OWNER
from integrations.models import Integration
from tenants.work import enqueue
from webhooks.actions.change_source_secret import change_source_secret
from webhooks.actions.own_source import create_owned_source
from webhooks.models import Handling, Inbound

BATCH = 500


def give_source(row: Integration) -> None:
    """Before the row of a new integration is stored, in its transaction; nothing where the system sends no requests."""
    hooks = connector_of(row.connector).hooks
    if hooks is not None:
        row.source = create_owned_source(row.tenant, OWNER, hooks.preset, row.name, hooks.options)


def hook_url(row: Integration) -> str:
    """What is pasted at the outside system, or handed to `WebhookRegistration`; empty when it sends no requests.

    It holds the secret where that is how the system proves itself: show it to those only who may change the
    integration.
    """
    return f"{settings.PUBLIC_URL}{row.source.secret_path}" if row.source else ""


@transaction.atomic
def set_hook_secret(
    row: Integration, secret: str | None = None, overlap: timedelta | None = None
) -> str | None:
    """A new secret, made here unless given; the former one is accepted until the overlap is over. See `change_source_secret`."""
    if row.source is None:
        raise ValueError(f"integration {row.pk} has no source")
    made = (
        change_source_secret(row.source, secret)
        if overlap is None
        else change_source_secret(row.source, secret, overlap)
    )
    # Masks and sessions know the secrets of one version.
    Integration.objects.filter(pk=row.pk).update(version=F("version") + 1)
    configurations.forget(row.tenant_id)
    return made


def queue_parked(row: Integration) -> int:
    """What came while the integration was paused, oldest first; how many requests. In batches, each its own transaction."""
    if row.source is None:
        return 0
    return sum(_queue(row, batch) for batch in _parked(row))


def _parked(row: Integration) -> Iterator[list[Inbound]]:
    waiting = Inbound.objects.filter(source_id=row.source_id, handling=Handling.PARKED)
    while batch := list(waiting.order_by("id").only("id", "tenant_id")[:BATCH]):
        yield batch


@transaction.atomic
def _queue(row: Integration, batch: list[Inbound]) -> int:
    Inbound.objects.filter(id__in=[one.pk for one in batch]).update(handling=Handling.WAITING)
    enqueue(LANE, [(one.pk, row.tenant_id, str(row.source_id), None) for one in batch], again=True)
    return len(batch)
