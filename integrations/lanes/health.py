"""Integrations that are looked after, and the changes of their health."""

from integrations.actions.alert_members import LANE as ALERT_LANE
from integrations.actions.alert_members import alert_of, tell
from integrations.actions.check_integration import LANE as CHECK_LANE
from integrations.actions.check_integration import Checked, check_integration
from integrations.actions.write_journals import write_journals
from integrations.models import Integration
from tenants.work import Leased, Outcome, PooledLane


class CheckLane(PooledLane):
    """Integrations that are looked after; subject = integration, group = tenant."""

    name = CHECK_LANE
    queue = "integrations"
    capacity = 4
    per_group = 1
    lease_seconds = 60.0

    def act(self, row: Leased) -> Outcome:
        return Outcome.done(row, check_integration(row.subject))

    def record(self, outcomes: list[Outcome]) -> None:
        results: list[Checked] = [one.result for one in outcomes if one.result is not None]
        write_journals([checked.journal for checked in results])
        for checked in results:
            if checked.subscription:
                Integration.objects.filter(pk=checked.integration_id, hooks_wanted=True).update(
                    **checked.subscription
                )
            if checked.alert is not None:
                tell(checked.alert)


class AlertLane(PooledLane):
    """Changes of health that members are told of; subject = integration, group = tenant."""

    name = ALERT_LANE
    queue = "upkeep"
    capacity = 2

    def act(self, row: Leased) -> Outcome:
        found = Integration.objects.filter(pk=row.subject).first()
        return Outcome.done(row, alert_of(found) if found else None)

    def record(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.result is not None:
                tell(outcome.result)
