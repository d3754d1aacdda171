"""Takes what messengers tell by webhook: conversations and messages, as the registry of receivers hands them on."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from integrations import receivers
from integrations.actions.receive_message import receive_conversation, receive_message
from integrations.models import Integration
from integrations.receivers import Hook
from integrations.records import Conversation, Message, Record, RecordKind


def register() -> None:
    """When the app is loaded."""
    receivers.register_records([RecordKind.CONVERSATION, RecordKind.MESSAGE], receive)


def receive(hook: Hook, records: Sequence[Record]) -> str:
    """Store them; harmless again."""
    integration = Integration.objects.get(pk=hook.integration_id)
    for record in records:
        if isinstance(record, Conversation):
            receive_conversation(integration, record)
        elif isinstance(record, Message):
            receive_message(integration, record, hook.correlation_id)
    return _("Stored.")
