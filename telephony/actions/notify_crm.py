"""Tells one CRM one thing about one call, from the call's state at this moment, and says what came of it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from integrations.actions.write_journals import write_journals
from integrations.capabilities import CallNotifications
from integrations.connector import Session
from integrations.http.journal import Journal
from integrations.sessions import open_session
from telephony.actions import amending, follow_calls, notifying
from telephony.actions.holding import held_back, is_late, known_id
from telephony.actions.told import Told
from telephony.actions.ways import UPLOAD_RETRIES, WAYS, Way
from telephony.models import Call, CallNotification, NotificationKind, NotificationState, Pbx
from tenants import bulk
from tenants.errors import HubError, RateLimited, TransientError, Unsupported
from tenants.models import Tenant
from tenants.reads import Read
from tenants.work import backoff

__all__ = ["UPLOAD_RETRIES", "Told", "load", "notify_crm", "record_told"]

_notifications = Read(CallNotification, "id {among}")
_calls = Read(Call, "id {among}")
_locked_calls = Read(Call, "id {among}", order="id", lock=True)
_pbxs = Read(Pbx, "id {among}")
_tenants = Read(Tenant, "id {among}")


def load(ids: Collection[UUID]) -> dict[UUID, CallNotification]:
    """Those that are still there, with their calls, exchanges and companies."""
    found = _notifications(ids)
    calls = _with_owners(_calls({one.call_id for one in found}))
    whole: dict[UUID, CallNotification] = {}
    for one in found:
        if one.call_id in calls:  # else it was deleted between two reads, and the notification with it
            one.call = calls[one.call_id]
            whole[one.pk] = one
    return whole


def _with_owners(rows: Sequence[Call]) -> dict[UUID, Call]:
    pbxs = {pbx.pk: pbx for pbx in _pbxs({call.pbx_id for call in rows})}
    tenants = {tenant.pk: tenant for tenant in _tenants({pbx.tenant_id for pbx in pbxs.values()})}
    whole: dict[UUID, Call] = {}
    for call in rows:
        pbx = pbxs.get(call.pbx_id)
        tenant = tenants.get(pbx.tenant_id) if pbx else None
        if pbx and tenant:
            call.pbx, call.tenant, pbx.tenant = pbx, tenant, tenant
            whole[call.pk] = call
    return whole


def notify_crm(one: CallNotification | None, attempt: int) -> Told:
    """One try with a notification that was just loaded. Raises nothing that a CRM or an operator can cause."""
    if one is None:
        return Told(None, NotificationState.CANCELLED, "deleted", is_gone=True)
    if one.state != NotificationState.PENDING:
        return Told(one, NotificationState(one.state), is_gone=True)
    with override(one.call.tenant.language):
        return held_back(one) or _send(one, attempt)


def _send(one: CallNotification, attempt: int) -> Told:
    way = WAYS[NotificationKind(one.kind)]
    journal, at = Journal(), timezone.now()
    session: Session | None = None
    try:
        with open_session(
            one.integration_id,
            seconds=way.seconds,
            subject=one.pk,
            correlation_id=one.call_id,
            journal=journal,
        ) as session:
            sent = way.send(session, one, _outside_id(session, one))
    except Unsupported as error:
        return Told(
            one, NotificationState.CANCELLED, "unsupported", str(error), attempted_at=at, journal=journal
        )
    except TransientError as error:
        return _after_trouble(one, way, session, error, attempt, at, journal)
    except HubError as error:
        return Told(one, NotificationState.FAILED, error.code, str(error), attempted_at=at, journal=journal)
    details = sent.details
    if one.kind in (NotificationKind.UPLOAD, NotificationKind.RECORDING):
        details = {"told": amending.told_of(one.call)}
    state, code = NotificationState.DONE, ""
    if one.kind == NotificationKind.RULE and not (details or {}).get("rule"):
        state, code = NotificationState.CANCELLED, "no_rule"
    return Told(one, state, code, attempted_at=at, receipt=sent.receipt, details=details, journal=journal)


def _outside_id(session: Session, one: CallNotification) -> str:
    """Looked for only where the CRM gives calls ids of its own."""
    return known_id(one) if isinstance(session, CallNotifications) and session.names_calls else ""


def _after_trouble(
    one: CallNotification, way: Way, session: Session | None, error: TransientError, attempt: int, at: datetime, journal: Journal
) -> Told:  # fmt: skip
    def told(state: NotificationState, code: str, reason: str, retry_in: float | None = None) -> Told:
        return Told(one, state, code, reason, retry_in, attempted_at=at, journal=journal)

    if session is not None and not way.may_repeat(session, error):
        text = _("%(error)s It may have arrived all the same: look there before you press Retry.") % {
            "error": error
        }
        return told(NotificationState.FAILED, error.code, text)
    if isinstance(error, RateLimited) and way.lasts:
        # Its turn comes when the pace allows it: neither a busy hour nor a used-up day uses up the tries.
        delay = max(error.retry_after or 0.0, way.retries[0])
        return replace(told(NotificationState.PENDING, error.code, str(error), delay), is_attempt=False)
    planned = backoff(way.retries, attempt)
    if planned is None:
        return told(NotificationState.FAILED, error.code, str(error))
    delay = max(planned, error.retry_after or 0.0)
    if one.kind == NotificationKind.POPUP and is_late(one, timezone.now() + timedelta(seconds=delay)):
        text = _("%(error)s The next try would come too late for a pop-up.") % {"error": error}
        return told(NotificationState.FAILED, error.code, text)
    return told(NotificationState.PENDING, error.code, str(error), delay)


def record_told(results: Sequence[Told]) -> None:
    """Write what became of the tries, and what was said, in the settling transaction; queue what follows from it."""
    write_journals([one.journal for one in results])
    written = [one for one in results if one.notification and not one.is_gone]
    uploaded = _locked_calls(_uploaded(written)) if _uploaded(written) else []
    rows = [_changed(one.notification, one) for one in written if one.notification]
    bulk.change(
        sorted(rows, key=lambda row: row.pk),
        [
            "state",
            "reason_code",
            "reason",
            "attempts",
            "attempted_at",
            "settled_at",
            "outside_id",
            "is_duplicate",
            "issues",
            "details",
        ],
    )
    follow_calls.after(rows)
    if uploaded:
        # A fold that was waiting for these rows sees that they were told; one that came before is seen here.
        notifying.tell_changes(list(_with_owners(uploaded).values()))


def _uploaded(results: Sequence[Told]) -> set[UUID]:
    """Calls that a CRM has in its history now."""
    return {
        one.notification.call_id
        for one in results
        if one.notification
        and one.notification.kind == NotificationKind.UPLOAD
        and one.state == NotificationState.DONE
    }


def _changed(row: CallNotification, told: Told) -> CallNotification:
    row.state, row.reason_code, row.reason = told.state, told.reason_code, told.reason
    if told.attempted_at is not None:
        row.attempts += 1
        row.attempted_at = told.attempted_at
    row.settled_at = timezone.now() if told.state != NotificationState.PENDING else None
    row.outside_id = told.receipt.outside_id[:100] or (row.outside_id if row.details.get("told") else "")
    row.is_duplicate = told.receipt.duplicate
    row.issues = [{"kind": issue.kind.value, "value": issue.value} for issue in told.receipt.issues]
    if told.details is not None:
        row.details = {**row.details, **told.details}
    return row
