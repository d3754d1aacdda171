"""Finds the conversation that a message goes to: by itself, by the messenger's own id, or by a person's phone."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from integrations.actions.queue_message import conversation_with
from integrations.models import Conversation, Integration


def address_message(
    *, conversation: UUID | None = None, integration: UUID | None = None, recipient: str = "", phone: str = ""
) -> Conversation:
    """Exactly one of the three, in the present scope; ValidationError keyed by field otherwise.

    With a phone the newest conversation of that person is meant, of that integration where one is given.
    """
    if [bool(conversation), bool(recipient), bool(phone)].count(True) != 1:
        raise ValidationError({"conversation": _("Give a conversation, a recipient or a phone, and one of them only.")})  # fmt: skip
    if conversation:
        found = _conversations().filter(pk=conversation).first()
        return _given(found, "conversation", _("There is no such conversation."))
    if integration is None and recipient:
        raise ValidationError({"integration": _("Say through which integration.")})
    row = Integration.objects.filter(pk=integration).first() if integration else None
    if integration and row is None:
        raise ValidationError({"integration": _("There is no such integration.")})
    if row is not None and recipient:
        return conversation_with(row, recipient)
    rows = _conversations().filter(phone=phone, is_group=False)
    rows = rows.filter(integration=row) if row else rows
    found = rows.order_by("-is_open", "-last_message_at", "-id").first()
    return _given(found, "phone", _("Nobody with this phone has written yet, or has told the number."))


def _conversations() -> QuerySet[Conversation]:
    return Conversation.objects.select_related("integration")


def _given(found: Conversation | None, field: str, text: str) -> Conversation:
    if found is None:
        raise ValidationError({field: text})
    return found
