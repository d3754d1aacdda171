"""Lane `webhooks.inbound`: each stored request becomes an event."""

from tenants.work import BatchLane, Leased, Outcome
from webhooks.actions.process_inbound import process_inbound


class InboundLane(BatchLane):
    """Subject: an inbound request; group: its source."""

    name = "webhooks.inbound"
    queue = "webhooks"
    capacity = 32  # bodies of up to two megabytes are in memory at once

    def act_batch(self, rows: list[Leased]) -> list[Outcome]:
        process_inbound([row.subject for row in rows])
        return [Outcome.done(row) for row in rows]
