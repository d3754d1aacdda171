"""Folds signs of health into the integrations' rows, and says so when one stops working or works again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from integrations.actions.alert_members import alert_of, queue_alerts
from integrations.health import ALARMING, State
from integrations.http.journal import Sign
from integrations.models import Health, Integration
from tenants import bulk
from tenants.events import NewEvent, emit_many

FIELDS = (
    "health",
    "health_code",
    "health_reason",
    "health_since",
    "failures_in_row",
    "successes_in_row",
    "last_success_at",
    "last_failure_at",
    "changes_since_alert",
)


def record_health(rows: Mapping[UUID, Integration], signs: Sequence[Sign]) -> set[int]:
    """The rows must be locked by the caller's transaction. Returns the tenants whose cached state is out of date."""
    touched: dict[UUID, Integration] = {}
    changed: dict[UUID, Integration] = {}
    stale: set[int] = set()
    news: list[NewEvent] = []
    for sign in sorted(signs, key=lambda one: one.at):
        row = touched[sign.integration_id] = rows[sign.integration_id]
        before = _state(row)
        after = before.step(sign)
        if (after.health, after.failures) != (before.health, before.failures):
            stale.add(row.tenant_id)
        _put(row, after)
        news += _news(row, before.health, after.health, sign.at)
        if (after.health in ALARMING) != (before.health in ALARMING):
            row.changes_since_alert += 1
        if after.health is not before.health:
            changed[row.pk] = row
    bulk.change(list(touched.values()), FIELDS)
    emit_many(news)
    queue_alerts([row for row in changed.values() if alert_of(row)])
    return stale


def _state(row: Integration) -> State:
    return State(
        Health(row.health),
        row.health_code,
        row.health_reason,
        row.health_since,
        row.failures_in_row,
        row.successes_in_row,
        row.last_success_at,
        row.last_failure_at,
    )


def _put(row: Integration, state: State) -> None:
    row.health, row.health_code, row.health_reason = state.health, state.code, state.reason
    row.health_since = state.since
    row.failures_in_row, row.successes_in_row = state.failures, state.successes
    row.last_success_at, row.last_failure_at = state.last_success_at, state.last_failure_at


def _news(row: Integration, before: Health, after: Health, at: datetime) -> list[NewEvent]:
    if after in ALARMING and before not in ALARMING:
        kind = "integration.failing"
    elif after is Health.OK and before in ALARMING:
        kind = "integration.recovered"
    else:
        return []
    data = {
        "integration_id": str(row.pk),
        "name": row.name,
        "connector": row.connector,
        "health": str(after),
        "code": row.health_code,
        "reason": row.health_reason,
        "since": at.isoformat(),
    }
    return [NewEvent(row.tenant_id, kind, data, key=f"{kind}:{row.pk}:{at.isoformat()}", occurred_at=at)]
