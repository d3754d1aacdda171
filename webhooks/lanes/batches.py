"""Several events in one request: which go together, and the array that is sent.

A batch is written down before it is sent: its deliveries carry its id, and of their rows of work only the first one's is
left. So every retry, by whichever worker, sends the same events in the same order, the same bytes under the same id.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import Final

import orjson
from django.db import transaction

from tenants.bulk import update
from tenants.ids import uuid7
from tenants.work import Leased, Outcome, lane, store
from webhooks.flow import rows
from webhooks.formats import Rendered
from webhooks.lanes.jobs import Job, Member, followers
from webhooks.limits import LARGEST_BATCH
from webhooks.wire import CONTENT_TYPE, STANDARD

_CONTENT_TYPES: Final = {
    "application/cloudevents+json": "application/cloudevents-batch+json",
}


def is_batched(job: Job) -> bool:
    """Whether its endpoint gets arrays; one that was begun is finished as it is."""
    return job.batch is not None or job.target.batch_size > 1


def gather(jobs: Iterable[Job]) -> list[list[Job]]:
    """Jobs of one batched endpoint, as many as go into a request. Tests and what is a batch already stay alone."""
    gathered: list[list[Job]] = []
    by_endpoint = sorted(jobs, key=lambda job: (job.endpoint_id.bytes, job.row.id))
    for _endpoint, group in groupby(by_endpoint, attrgetter("endpoint_id")):
        alone: list[Job] = []
        loose: list[Job] = []
        for job in group:
            (alone if job.batch or job.is_test or job.first.stream is not None else loose).append(job)
        gathered += [[job] for job in alone]
        # As `load` will find them.
        loose.sort(key=lambda job: job.first.delivery_id)
        while loose:
            size = _fitting([job.first for job in loose], loose[0].target.batch_size)
            gathered.append(loose[:size])
            loose = loose[size:]
    return gathered


def _fitting(members: Sequence[Member], most: int) -> int:
    """How many of the first ones fit; always one."""
    room = LARGEST_BATCH
    for number, member in enumerate(members[:most]):
        room -= len(_item(member)) + 1
        if room < 0 and number:
            return number
    return min(len(members), most)


def form(units: Sequence[Sequence[Job]]) -> list[Job]:
    """Make one request of each unit. What a unit swallowed is no longer in the queue, and no longer this process's."""
    new = [unit for unit in units if unit[0].batch is None]
    made = [_array(unit[0], unit[0].members, unit[0].batch) for unit in units if unit[0].batch is not None]
    if not new:
        return made
    swallowed: list[Leased] = []
    with transaction.atomic():
        # The same lock as of everybody who changes a stream or takes deliveries back.
        rows.locked({unit[0].endpoint_id for unit in new if unit[0].first.stream is not None})
        behind = _behind(new)
        ours = store.extend([job.row for unit in new for job in unit], lane("webhooks.deliver").lease_seconds)
        formed = []
        for unit in new:
            kept = [job for job in unit if job.row.id in ours]
            if kept:
                members = [job.first for job in kept] + behind.get(kept[0].endpoint_id, [])
                members = members[: _fitting(members, kept[0].target.batch_size)]
                formed.append(_array(kept[0], members, uuid7()))
                swallowed += [job.row for job in kept[1:]]
        update(
            "webhooks_delivery",
            (("id", "uuid"), ("batch", "uuid")),
            [(one.delivery_id, job.batch) for job in formed for one in job.members],
        )
        store.withdraw(swallowed)
    made += formed
    _hand_back(new, {job.row for job in made})
    return made


def _behind(units: Sequence[Sequence[Job]]) -> dict[uuid.UUID, list[Member]]:
    wanted = {
        job.endpoint_id: (job.first.stream, job.first.seq)
        for (job, *_rest) in units
        if job.first.stream is not None and job.first.seq is not None and job.target.batch_size > 1
    }
    if not wanted:
        return {}
    most = max(unit[0].target.batch_size for unit in units)
    return followers(wanted, most)


def _hand_back(units: Sequence[Sequence[Job]], kept: set[Leased]) -> None:
    """The runner forgets the rows that are in the queue no more."""
    for unit in units:
        for job in unit:
            if job.row not in kept:
                job.settle([Outcome.done(job.row)])


def _array(job: Job, members: Sequence[Member], batch: uuid.UUID | None) -> Job:
    content_type = _CONTENT_TYPES.get(job.first.body.content_type.partition(";")[0], CONTENT_TYPE)
    body = b"[" + b",".join(map(_item, members)) + b"]"
    return replace(job, members=members, batch=batch, body=Rendered(content_type, body, ()))


def _item(member: Member) -> bytes:
    """The body as it is sent alone; the plain envelope also tells what its headers tell then."""
    body = member.body.body
    if member.variant != STANDARD:
        return body
    told: dict[str, object] = {"id": str(member.event_id)}
    if member.seq is not None:
        told["seq"] = member.seq
    return orjson.dumps(told)[:-1] + b"," + body[1:]


def pieces(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """All jobs as units: of a batched endpoint several together, of all others each by itself."""
    yield from ([job] for job in jobs if not is_batched(job))
    yield from gather(job for job in jobs if is_batched(job))
