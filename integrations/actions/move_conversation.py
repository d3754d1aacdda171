"""Gives a conversation the id that its messenger has given it: groups get another one when they grow."""

from django.db.models import F, Value
from django.db.models.functions import Concat

from integrations.models import Conversation, Integration, Message


def move_conversation(integration: Integration, former_id: str, outside_id: str) -> bool:
    """In the caller's transaction. False where the new id is known as a conversation already: then both stay.

    Messages are numbered anew there, so the former ones keep their numbers behind the former id.
    """
    mine = Conversation.objects.filter(integration=integration)
    if mine.filter(outside_id=outside_id).exists():
        return False
    old = Message.objects.filter(conversation__in=mine.filter(outside_id=former_id)).exclude(outside_id="")
    old.update(outside_id=Concat(Value(f"{former_id}/"), F("outside_id")))
    return bool(mine.filter(outside_id=former_id).update(outside_id=outside_id))
