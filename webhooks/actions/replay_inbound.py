"""Process stored requests again: after a failure, or to give subscribers the event once more."""

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from tenants import audit
from tenants.errors import ConfigError
from tenants.work import enqueue
from webhooks.models import Inbound, InboundState

BATCH = 500
LANE = "webhooks.inbound"


def replayable(rows: QuerySet[Inbound]) -> QuerySet[Inbound]:
    """Those of them that can be processed again: nobody is at them, and they are no handshakes. Count it before you ask."""
    return rows.exclude(state=InboundState.RECEIVED).exclude(reason="handshake")


def replay_one(row: Inbound) -> None:
    """ConfigError, with the reason, when it cannot be processed again now."""
    if not replay_inbound(Inbound.objects.filter(pk=row.pk)):
        raise ConfigError(_("This request waits for its processing, or is a handshake."))
    row.refresh_from_db()


def replay_inbound(rows: QuerySet[Inbound]) -> int:
    """Queue them again, oldest first, in transactions of 500; how many there were."""
    total, last = 0, None
    wanted = replayable(rows)
    while True:
        rest = wanted.filter(id__gt=last) if last else wanted
        ids = list(rest.order_by("id").values_list("id", flat=True)[:BATCH])
        if not ids:
            break
        last = ids[-1]
        total += replay_batch(Inbound.objects.filter(id__in=ids))
    if total:
        audit.record("inbound.replayed", after={"count": total})
    return total


@transaction.atomic
def replay_batch(batch: QuerySet[Inbound]) -> int:
    locked = replayable(batch).select_for_update()
    found = list(locked.values_list("id", "tenant_id", "source_id"))
    Inbound.objects.filter(id__in=[id_ for id_, _tenant, _source in found]).update(
        state=InboundState.RECEIVED,
        reason="",
        processed_at=None,
        replays=F("replays") + 1,
        handling="",
        outcomes=None,
        handled_at=None,
    )
    enqueue(LANE, [(id_, tenant_id, str(source_id), None) for id_, tenant_id, source_id in found])
    return len(found)
