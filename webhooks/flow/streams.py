"""Order: of each stream only the first pending delivery is in the queue, the others wait in their table.

Whatever changes a stream (a new event, an outcome, a cancellation, a replay) first locks the endpoint's row and then
sees to it that the stream's head is queued (`advance`). So no stream can be left without one, and none is sent out of order.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from tenants.models import Work
from tenants.work import enqueue
from tenants.work.dialect import dialect
from webhooks.flow import rows
from webhooks.models import Delivery, DeliveryState

LANE: Final = "webhooks.deliver"
Stream = tuple[UUID, str]
"""An endpoint and one of its streams."""


def heads(streams: Collection[Stream]) -> dict[Stream, UUID]:
    """The first pending delivery of each; one look into an index for each of them, in one query."""
    if not streams:
        return {}
    words, wanted = dialect(), sorted(streams)
    rows_ = ", ".join([f"({words.cast('uuid')}, {words.cast('text')})"] * len(wanted))
    sql = (
        "SELECT (SELECT id FROM webhooks_delivery WHERE endpoint_id = wanted.column1 AND stream = wanted.column2"  # noqa: S608
        " AND state = 'pending' AND stream IS NOT NULL ORDER BY seq LIMIT 1), wanted.column1, wanted.column2"
        f" FROM (VALUES {rows_}) AS wanted"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for endpoint, stream in wanted for value in (words.key(endpoint), stream)])
        found = cursor.fetchall()
    return {(_uuid(endpoint), stream): _uuid(id_) for id_, endpoint, stream in found if id_ is not None}


def advance(streams: Collection[Stream], tenants: Mapping[UUID, int]) -> None:
    """Queue those heads that are not. The endpoints' rows must be locked; `tenants` are theirs.

    To queue one again would wait for whoever settles it just now, and who then waits for the endpoint's row: a deadlock.
    """
    found = heads(streams)
    queued = Work.objects.filter(lane=LANE, subject__in=found.values()) if found else Work.objects.none()
    there = set(queued.values_list("subject", flat=True))
    enqueue(
        LANE,
        [
            (id_, tenants[endpoint], endpoint.hex, None)
            for (endpoint, _stream), id_ in found.items()
            if endpoint in tenants and id_ not in there
        ],
    )


def advance_all(deliveries: Iterable[tuple[UUID, int, str | None]]) -> None:
    """The same for (endpoint, tenant, stream) of deliveries that a person changed, in the caller's transaction."""
    found = [one for one in deliveries if one[2] is not None]
    if found:
        rows.locked({endpoint for endpoint, _tenant, _stream in found})
        advance(
            {(endpoint, stream) for endpoint, _tenant, stream in found if stream is not None},
            {endpoint: tenant for endpoint, tenant, _stream in found},
        )


def step_back(held: Sequence[tuple[UUID, Stream]]) -> set[UUID]:
    """Of leased deliveries those that are not their stream's head, which are taken out of the queue.

    There are some after a replay, which goes ahead of what waits.
    """
    first = heads({stream for _id, stream in held})
    late = [(id_, stream) for id_, stream in held if first.get(stream) != id_]
    if not late:
        return set()
    with transaction.atomic():
        flows, _now = rows.locked({endpoint for _id, (endpoint, _stream) in late})
        streams = {stream for _id, stream in late}
        first = heads(streams)
        back = {id_ for id_, stream in late if first.get(stream) != id_}
        Work.objects.filter(lane=LANE, subject__in=back).delete()
        advance(streams, {id_: flow.tenant_id for id_, flow in flows.items()})
    return back


def mend() -> int:
    """Queue every head that is not; how many streams were looked at. Nothing should ever need it."""
    pending = Delivery.objects.filter(state=DeliveryState.PENDING, stream__isnull=False).order_by()
    streams = list(pending.values_list("endpoint_id", "tenant_id", "stream").distinct())
    for start in range(0, len(streams), 500):
        with transaction.atomic():
            advance_all(streams[start : start + 500])
    return len(streams)


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)
