"""Takes the wish that a waiting call is moved to its manager: one row, and leased work that does it."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from telephony.models import Pbx, RedirectDecision, RedirectMode, RedirectOutcome
from telephony.redirect.rules import rules_of
from telephony.redirect.words import Reason
from tenants.work import enqueue

LANE = "calls.redirect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A call that waits in the dialplan. Its channel is named, or found by its id; an empty context is the first allowed one."""

    phone: str
    unique_id: str = ""
    channel: str = ""
    line: str = ""
    context: str = ""


def request_redirect(pbx: Pbx, waiting: Waiting) -> RedirectDecision:
    """The decision, pending; the first one where the same call was asked for before. In the tenant's scope.

    What can be said at once is settled at once.
    """
    texts = (waiting.phone, waiting.unique_id, waiting.channel, waiting.line, waiting.context)
    if not all(text.isprintable() for text in texts):
        return _settled(
            RedirectDecision(tenant_id=pbx.tenant_id, pbx=pbx, mode=RedirectMode.PUSH), Reason.NO_CHANNEL
        )
    row = RedirectDecision(
        tenant_id=pbx.tenant_id,
        pbx=pbx,
        mode=RedirectMode.PUSH,
        outcome=RedirectOutcome.PENDING,
        unique_id=(waiting.unique_id or waiting.channel)[:150],
        channel=waiting.channel[:200],
        phone=waiting.phone[:64],
        line=waiting.line[:64],
    )
    allowed = rules_of(pbx.tenant_id).contexts
    row.context = (waiting.context or (allowed[0] if allowed else ""))[:80]
    if row.context not in allowed:
        return _settled(row, Reason.CONTEXT)
    try:
        with transaction.atomic():
            row.save()
            enqueue(LANE, [(row.pk, row.tenant_id, str(row.pbx_id), None)])
    except IntegrityError:
        return RedirectDecision.objects.filter(
            pbx=pbx,
            unique_id=row.unique_id,
            outcome__in=[RedirectOutcome.PENDING, RedirectOutcome.REDIRECTED],
        ).get()
    return row


def _settled(row: RedirectDecision, reason: Reason) -> RedirectDecision:
    """Nothing is done; the row says why."""
    row.outcome, row.reason_code, row.settled_at = RedirectOutcome.NORMAL, reason, timezone.now()
    row.save()
    return row
