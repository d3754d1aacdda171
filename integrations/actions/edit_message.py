"""Changes the text of a message that was sent: wanted in one row, brought to the messenger by a worker."""

from dataclasses import dataclass, field, replace
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from integrations.actions.send_message import outgoing
from integrations.capabilities import Messaging
from integrations.connectors import connector_of
from integrations.http.journal import Journal
from integrations.models import Message
from integrations.models.messages import LONGEST_TEXT
from integrations.records import MessageStatus
from integrations.sessions import open_session
from tenants import audit
from tenants.errors import HubError, RateLimited, TransientError
from tenants.storable import storable_text
from tenants.work import Leased, backoff, enqueue

LANE: Final = "integrations.edits"
SECONDS: Final = 25.0
RETRIES: Final = (1.0, 4.0, 15.0, 60.0, 240.0, 900.0)
SHOWN: Final = frozenset({MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ})


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of a try; `retry_in` None: settled. `text` is what was wanted when it began."""

    message: Message
    text: str
    error: HubError | None = None
    retry_in: float | None = None
    is_attempt: bool = True
    journal: Journal = field(default_factory=Journal)


@transaction.atomic
def edit_message(row: Message, text: str) -> Message:
    """The message with the edit under way; ValidationError keyed by field where it can never be made."""
    row = (
        Message.objects.select_for_update(of=("self",))
        .select_related("conversation__integration")
        .get(pk=row.pk)
    )
    wanted = storable_text(text)
    _check(row, wanted)
    row.new_text, row.error, row.error_code = wanted, "", ""
    row.save(update_fields=["new_text", "error", "error_code"])
    audit.record("message.edited", row)
    group = str(row.conversation.integration_id)
    enqueue(LANE, [(row.pk, row.tenant_id, group, None)], again=True)
    return row


def _check(row: Message, text: str) -> None:
    session = connector_of(row.conversation.integration.connector).session_class
    if not row.is_from_us or row.state not in SHOWN or not row.sent_ids:
        raise ValidationError({"message": _("Only what was sent from here can be changed.")})
    if len(text) > LONGEST_TEXT:
        raise ValidationError({"text": _("This text is too long.")})
    if not issubclass(session, Messaging):
        raise ValidationError({"conversation": _("This system sends no messages.")})
    refused = session.edit_refusals(replace(outgoing(row), text=text), len(row.sent_ids))
    if refused:
        raise ValidationError(dict(refused))


def bring_edit(leased: Leased) -> Edited | None:
    """One try, with no transaction open; None when there is nothing to do any more."""
    row = (
        Message.objects.select_related("conversation__tenant", "conversation__integration")
        .filter(pk=leased.subject, new_text__isnull=False)
        .first()
    )
    if row is None or row.new_text is None:
        return None
    text, journal = row.new_text, Journal()
    try:
        with (
            override(row.conversation.tenant.language),
            open_session(
                row.conversation.integration_id,
                seconds=SECONDS,
                subject=row.pk,
                correlation_id=row.correlation_id,
                journal=journal,
            ) as session,
        ):
            session.require(Messaging).edit(replace(outgoing(row), text=text), row.sent_ids)
    except RateLimited as error:
        return Edited(row, text, error, max(error.retry_after or 0.0, 1.0), is_attempt=False, journal=journal)
    except TransientError as error:
        return Edited(row, text, error, backoff(RETRIES, leased.attempt), journal=journal)
    except HubError as error:
        return Edited(row, text, error, journal=journal)
    return Edited(row, text, journal=journal)


def record_edit(edited: Edited) -> None:
    """In the settling transaction. An edit that was wanted meanwhile stays wanted, and has work of its own."""
    if edited.retry_in is not None:
        return
    still = Message.objects.filter(pk=edited.message.pk, new_text=edited.text)
    if edited.error is None:
        still.update(text=edited.text, new_text=None, edited_at=timezone.now(), error="", error_code="")
    else:
        why = _("The text was not changed: %(why)s") % {"why": edited.error}
        still.update(new_text=None, error=why, error_code=edited.error.code)
