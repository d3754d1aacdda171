"""Carries on where a rule was found, and when clients were reached: the rows of what is to be made, and of tasks."""

from collections.abc import Sequence
from typing import Final

from django.utils import timezone

from telephony.actions import notifying
from telephony.actions.planning import EXTERNAL
from telephony.models import Call, CallNotification, ClientTask, NotificationKind, NotificationState
from telephony.models.call import CallStatus
from tenants import bulk

_GIVEN_UP: Final = (NotificationState.FAILED, NotificationState.CANCELLED)


def after(rows: Sequence[CallNotification]) -> None:
    """What follows from notifications that were just settled, in the same transaction."""
    found = [row for row in rows if row.kind == NotificationKind.RULE and row.state == NotificationState.DONE]
    if found:
        _plan(found)
    tasks = [row for row in rows if row.kind == NotificationKind.TASK]
    _keep([row for row in tasks if row.state == NotificationState.DONE])
    _free([row for row in tasks if row.state in _GIVEN_UP])


def _plan(found: Sequence[CallNotification]) -> None:
    """A row for each thing that a rule wants, and the client's one open task for those who have none."""
    planned = [
        CallNotification(
            tenant_id=row.tenant_id,
            integration_id=row.integration_id,
            call=row.call,
            kind=kind,
            details={name: value for name, value in row.details.items() if name != "wants"},
        )
        for row in found
        for kind in row.details.get("wants", ())
    ]
    tasks = [one for one in planned if one.kind == NotificationKind.TASK]
    for one in tasks:
        if _is_called_back(one.call):
            _cancel(one, "called_back")
    tasks = [one for one in tasks if one.state == NotificationState.PENDING]
    kept = _reserve(tasks)
    for one in tasks:
        if (one.integration_id, one.call_id) not in kept:
            _cancel(one, "task_open")
    stored = bulk.create(planned)
    notifying.queue([one for one in planned if one.pk in stored and one.state == NotificationState.PENDING])


def _is_called_back(missed: Call) -> bool:
    """Whether somebody talked to the client while the CRM could not be asked."""
    return Call.objects.filter(
        tenant_id=missed.tenant_id,
        client_number=missed.client_number,
        status=CallStatus.ANSWERED,
        answered_at__gt=missed.started_at,
        merged_into__isnull=True,
    ).exists()


def _cancel(one: CallNotification, reason: str) -> None:
    one.state, one.reason_code, one.settled_at = NotificationState.CANCELLED, reason, timezone.now()


def _reserve(tasks: Sequence[CallNotification]) -> set[tuple[object, object]]:
    """Which of them may be made: the database lets one be open for a client."""
    rows = [_task(one) for one in tasks]
    stored = bulk.create(rows)
    return {(row.integration_id, row.call_id) for row in rows if row.pk in stored}


def _task(one: CallNotification) -> ClientTask:
    return ClientTask(
        tenant_id=one.tenant_id,
        integration_id=one.integration_id,
        client_number=one.call.client_number,
        call=one.call,
    )


def _keep(done: Sequence[CallNotification]) -> None:
    """One that was made by a later Retry is open again, unless another one is."""
    bulk.create([_task(one) for one in done])


def _free(given_up: Sequence[CallNotification]) -> None:
    """A task that was not made must not keep the next missed call's from being made."""
    for one in given_up:
        ClientTask.objects.filter(
            integration_id=one.integration_id, call_id=one.call_id, closed_at__isnull=True
        ).delete()


def close_tasks(calls: Sequence[Call]) -> None:
    """Clients who were talked to: their open tasks are done, here at once and in the CRM by a notification."""
    talked = [
        call
        for call in calls
        if call.status == CallStatus.ANSWERED and call.direction in EXTERNAL and call.client_number
    ]
    if not talked:
        return
    by_client = {(call.tenant_id, call.client_number): call for call in talked}
    tasks = ClientTask.objects.select_related("call").filter(
        tenant_id__in={tenant for tenant, _number in by_client},
        client_number__in={number for _tenant, number in by_client},
        closed_at__isnull=True,
    )
    closed = [
        (task, call)
        for task in tasks
        if (call := by_client.get((task.tenant_id, task.client_number))) is not None
        and call.answered_at is not None
        and call.answered_at > task.call.started_at
    ]
    for task, call in closed:
        task.closed_at, task.closed_by = timezone.now(), call
    bulk.change([task for task, _call in closed], ["closed_at", "closed_by"])
    rows = [
        CallNotification(
            tenant_id=task.tenant_id,
            integration_id=task.integration_id,
            call=call,
            kind=NotificationKind.TASK_DONE,
            details={"missed_call": str(task.call_id)},
        )
        for task, call in closed
    ]
    bulk.create(rows)
    notifying.queue(rows)
