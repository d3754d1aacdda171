"""A slice of a run: pages until its time is over, each committed with its place; then others get their turn."""

from dataclasses import dataclass
from time import monotonic
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from config.courtesy import Courtesy
from integrations.capabilities import KindSupport
from integrations.mapping.through import MappedRecords
from integrations.models import UNFINISHED, RunPhase, RunState, SyncPlan, SyncRun
from integrations.records import RecordKind
from integrations.sessions import open_session
from integrations.store.owner import Owner
from integrations.sync import gone, ledger, reading, writing
from integrations.sync.position import begins_full
from tenants.errors import ConfigError, HubError

SLICE_SECONDS: Final = 5.0
SESSION_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Job:
    """What every phase of a run works with."""

    run: SyncRun
    plan: SyncPlan
    owner: Owner
    kind: RecordKind
    support: KindSupport
    records: MappedRecords


class Broken(Exception):
    """The outside system did not do it; `has_progressed` when this slice committed something before."""

    def __init__(self, error: HubError, *, has_progressed: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.has_progressed = has_progressed


def find_run(run_id: UUID) -> SyncRun | None:
    """A run that has not ended."""
    found = SyncRun.objects.select_related("plan__integration").filter(pk=run_id, state__in=UNFINISHED)
    return found.first()


def work(run: SyncRun, seconds: float = SLICE_SECONDS) -> bool:
    """Whether there is nothing left to do. `Broken` says what hinders it."""
    plan, until, first = run.plan, monotonic() + seconds, run.steps
    try:
        if not plan.integration.is_enabled:
            raise ConfigError(_("The integration is switched off."))
        with open_session(
            plan.integration_id, seconds=SESSION_SECONDS, subject=run.pk, correlation_id=run.correlation_id
        ) as session:
            records = MappedRecords(session)
            kind = RecordKind(plan.kind)
            support = records.kinds.get(kind)
            if support is None:
                raise ConfigError(
                    _("%(system)s does not offer these records.") % {"system": session.live.name}
                )
            if run.state == RunState.WAITING:
                ledger.begin(run, plan, is_full=run.is_full or (plan.reads and begins_full(plan, support)))
            job = Job(run, plan, Owner.of(plan.integration_id), kind, support, records)
            courtesy = Courtesy()
            while not run.is_finished:
                PHASES[RunPhase(run.phase)](job)
                courtesy.give_way()
                if monotonic() >= until:
                    break
    except HubError as error:
        raise Broken(error, has_progressed=run.steps > first) from error
    except ledger.Overtaken:
        return True
    return run.is_finished


PHASES = {
    RunPhase.READ: reading.read_page,
    RunPhase.COUNT: gone.count_gone,
    RunPhase.DELETE: gone.delete_gone,
    RunPhase.WRITE: writing.write_batch,
}
