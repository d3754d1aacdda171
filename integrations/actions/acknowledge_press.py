"""Tells the messenger that a pressed button was noticed, so that the person's client stops waiting."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import override

from integrations.capabilities import Messaging
from integrations.http.journal import Journal
from integrations.models import Message
from integrations.sessions import open_session
from tenants.errors import HubError, TransientError
from tenants.work import enqueue

LANE = "integrations.acknowledge"
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What became of a try. Nobody waits for it longer than a minute, so nothing of it is kept but the exchange."""

    journal: Journal
    error: HubError | None = None

    @property
    def is_worth_retrying(self) -> bool:
        return isinstance(self.error, TransientError)


def queue_acknowledgement(row: Message) -> None:
    """In the transaction that stores the press."""
    enqueue(LANE, [(row.pk, row.tenant_id, str(row.conversation.integration_id), None)])


def acknowledge_press(message_id: UUID) -> Acknowledged | None:
    """One try, with no transaction open; None when the message is gone."""
    row = Message.objects.select_related("conversation__tenant").filter(pk=message_id).first()
    if row is None:
        return None
    journal = Journal()
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
            session.require(Messaging).acknowledge(row.press_id)
    except HubError as error:
        return Acknowledged(journal, error)
    return Acknowledged(journal)
