"""Send finished deliveries again: the same bytes, the same webhook-id, with the whole schedule of retries."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tenants import audit
from tenants.errors import ConfigError
from tenants.work import enqueue
from webhooks.actions.render_again import TEMPLATE_FAILED, render_again
from webhooks.flow.streams import advance_all
from webhooks.models import Delivery, DeliveryState, EndpointState, Trigger

BATCH = 500


def replayable(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Those of them that can be sent again now: finished, and their endpoint is enabled. Count it before you ask."""
    return deliveries.exclude(state=DeliveryState.PENDING).filter(endpoint__state=EndpointState.ENABLED)


def replay_delivery(delivery: Delivery) -> None:
    """ConfigError, with the reason, when it cannot be sent again now."""
    if not delivery.endpoint.is_enabled and delivery.trigger != Trigger.TEST:
        raise ConfigError(_("The endpoint is disabled. Enable it first."))
    if not replay_deliveries(Delivery.objects.filter(pk=delivery.pk), also_disabled=True):
        delivery.refresh_from_db()
        if delivery.reason == TEMPLATE_FAILED:
            raise ConfigError(_("The template still fails: %(why)s") % {"why": delivery.detail})
        raise ConfigError(_("This delivery is still under way."))
    delivery.refresh_from_db()


def replay_deliveries(deliveries: QuerySet[Delivery], *, also_disabled: bool = False) -> int:
    """Queue them again, oldest first, in transactions of 500; how many there were."""
    wanted = deliveries.exclude(state=DeliveryState.PENDING) if also_disabled else replayable(deliveries)
    total = sum(replay(ids) for ids in batches(wanted))
    if total:
        audit.record("deliveries.replayed", after={"count": total})
    return total


def batches(wanted: QuerySet[Delivery], after: UUID | None = None) -> Iterator[list[UUID]]:
    """Ids in their order, so that each row is seen once however its state changes meanwhile."""
    last = after
    while True:
        rest = wanted.filter(id__gt=last) if last else wanted
        ids = list(rest.order_by("id").values_list("id", flat=True)[:BATCH])
        if not ids:
            return
        last = ids[-1]
        yield ids


@transaction.atomic
def replay(ids: Sequence[UUID]) -> int:
    """Queue those of them that are finished; how many there were."""
    rows = Delivery.objects.filter(id__in=ids).exclude(state=DeliveryState.PENDING).order_by("id")
    found = list(rows.select_for_update().values_list("id", "tenant_id", "endpoint_id", "stream"))
    failed = render_again([row[0] for row in found])
    found = [row for row in found if row[0] not in failed]
    Delivery.objects.filter(id__in=[row[0] for row in found]).update(
        state=DeliveryState.PENDING,
        trigger=Trigger.MANUAL,
        tries=0,
        reason="",
        detail="",
        next_due=None,
        finished_at=None,
        batch=None,
    )
    # In an order they go ahead of what waits, under the numbers that they have.
    advance_all((endpoint_id, tenant_id, stream) for _id, tenant_id, endpoint_id, stream in found)
    enqueue(
        "webhooks.deliver",
        [
            (id_, tenant_id, endpoint_id.hex, None)
            for id_, tenant_id, endpoint_id, stream in found
            if stream is None
        ],
    )
    return len(found)
