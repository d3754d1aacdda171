"""Take waiting deliveries out of the queue; those on the wire at this moment are left to finish."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from tenants.models import Work
from tenants.work import enqueue
from webhooks.flow import rows
from webhooks.models import Delivery, DeliveryState

LANE = "webhooks.deliver"


class Taken(NamedTuple):
    """One that was; `stream` is the order in which it stood."""

    id: UUID
    endpoint_id: UUID
    tenant_id: int
    stream: str | None
    batch: UUID | None


def take_back(ids: Collection[UUID]) -> list[Taken]:
    """Which of them they are, pending still: the caller says in its transaction what becomes of them.

    A batch loses its members: those that are not taken back are sent anew, without it.
    """
    found = _pending(ids)
    shared = {one.endpoint_id for one in found if one.stream is not None or one.batch is not None}
    if shared:
        rows.locked(shared)
        found = _pending(ids)
    carriers = _carriers({one.batch for one in found if one.batch is not None})
    work = Work.objects.filter(lane=LANE, subject__in={*(one.id for one in found), *carriers.values()})
    queued = set(work.values_list("subject", flat=True))
    free = set(work.filter(lease=None).select_for_update(skip_locked=True).values_list("subject", flat=True))
    taken = [one for one in found if _is_free(one, free, queued, carriers)]
    broken = {one.batch for one in taken if one.batch is not None}
    gone = {*(one.id for one in taken), *(carriers[batch] for batch in broken)}
    Work.objects.filter(lane=LANE, subject__in=gone).delete()
    _send_anew(broken, {one.id for one in taken})
    return taken


def _pending(ids: Collection[UUID]) -> list[Taken]:
    found = Delivery.objects.filter(id__in=ids, state=DeliveryState.PENDING)
    return [
        Taken(*values) for values in found.values_list("id", "endpoint_id", "tenant_id", "stream", "batch")
    ]


def _carriers(batches: Collection[UUID]) -> dict[UUID, UUID]:
    """Of each batch the member whose row of work stands for all."""
    members = Delivery.objects.filter(batch__in=batches, state=DeliveryState.PENDING).order_by("seq", "id")
    carriers: dict[UUID, UUID] = {}
    for batch, id_ in members.values_list("batch", "id") if batches else ():
        assert batch is not None, "they were looked for by it"
        carriers.setdefault(batch, id_)
    return carriers


def _is_free(one: Taken, free: set[UUID], queued: set[UUID], carriers: dict[UUID, UUID]) -> bool:
    if one.batch is not None:
        return carriers[one.batch] in free
    return one.id in free or (one.stream is not None and one.id not in queued)


def _send_anew(batches: Collection[UUID], but: set[UUID]) -> None:
    members = Delivery.objects.filter(batch__in=batches, state=DeliveryState.PENDING)
    left = list(members.exclude(id__in=but).values_list("id", "tenant_id", "endpoint_id", "stream"))
    members.update(batch=None)
    enqueue(
        LANE, [(id_, tenant, endpoint.hex, None) for id_, tenant, endpoint, stream in left if stream is None]
    )
