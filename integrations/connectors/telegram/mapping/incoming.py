"""Telegram's objects as our records: pure functions. `Unexpected` names what is not as Telegram sends it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from integrations.connectors.telegram.mapping.media import attachments
from integrations.phones import digits
from integrations.records import Conversation, Json, Message, Record

CHANNEL: Final = "telegram"
SHUT: Final = frozenset({"kicked", "left"})
# What Telegram tells of the life of a group: no message of anybody.
SERVICE: Final = frozenset(
    {"new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo", "delete_chat_photo",
     "group_chat_created", "supergroup_chat_created", "channel_chat_created", "pinned_message",
     "message_auto_delete_timer_changed", "forum_topic_created", "forum_topic_edited", "forum_topic_closed",
     "forum_topic_reopened", "video_chat_started", "video_chat_ended", "migrate_to_chat_id", "migrate_from_chat_id"}
)  # fmt: skip


class Unexpected(ValueError):
    """Not what Telegram sends."""


def message(found: Json) -> Iterator[Record]:
    """A message somebody sent; what only concerns the life of a group changes the conversation at most."""
    yield _conversation(found)
    if not SERVICE & found.keys():
        yield _message(found)


def callback(found: Json) -> Iterator[Record]:
    """A pressed button. Without the message that it belongs to there is no conversation to answer in."""
    below, data = found.get("message"), found.get("data")
    if not isinstance(below, dict) or not isinstance(data, str):
        return
    yield _conversation(below)
    person = mapping(found, "from")
    query = _id(found, "id")
    yield Message(
        outside_id=f"press:{query}",
        conversation_id=_id(mapping(below, "chat"), "id"),
        channel=CHANNEL,
        sender_id=_id(person, "id"),
        sender=_name(person),
        text=_title_of(below, data),
        action=data,
        press_id=query,
        reply_to_id=_id(below, "message_id"),
    )


def membership(found: Json) -> Iterator[Record]:
    """Somebody blocked the bot or let it in again, or a group did."""
    status = mapping(found, "new_chat_member").get("status")
    chat = mapping(found, "chat")
    is_shut = status in SHUT
    private = chat.get("type") == "private"
    reason = _("This person has blocked the bot.") if private else _("The bot was removed from this group.")
    yield _chat(chat, is_open=not is_shut, closed_reason=reason if is_shut else "")


READERS: Final[Mapping[str, Callable[[Json], Iterator[Record]]]] = {
    "message": message,
    "edited_message": message,
    "callback_query": callback,
    "my_chat_member": membership,
}


def mapping(found: Json, name: str) -> Json:
    """The object under that name."""
    inner = found.get(name)
    if not isinstance(inner, dict):
        raise Unexpected(f"{name} is no object")
    return inner


def _message(found: Json) -> Message:
    sender = found.get("from") if isinstance(found.get("from"), dict) else found.get("sender_chat")
    person = sender if isinstance(sender, dict) else mapping(found, "chat")
    answered = found.get("reply_to_message")
    return Message(
        outside_id=_id(found, "message_id"),
        conversation_id=_id(mapping(found, "chat"), "id"),
        channel=CHANNEL,
        sender_id=_id(person, "id"),
        sender=_name(person),
        text=_words(found),
        attachments=attachments(found),
        reply_to_id=_id(answered, "message_id") if isinstance(answered, dict) else "",
        sent_at=_time(found, "date"),
        edited_at=_time(found, "edit_date"),
    )


def _words(found: Json) -> str:
    """Text or caption; of the kinds without either, what a person would say it is."""
    for name in ("text", "caption"):
        if isinstance(found.get(name), str):
            return str(found[name])
    for name, field in (("poll", "question"), ("dice", "emoji"), ("venue", "title")):
        inner = found.get(name)
        if isinstance(inner, dict) and isinstance(inner.get(field), str):
            return str(inner[field])
    return ""


def _conversation(found: Json) -> Conversation:
    chat = mapping(found, "chat")
    if "migrate_to_chat_id" in found:
        return _chat({**chat, "id": found["migrate_to_chat_id"]}, former_id=_id(chat, "id"))
    former = _id(found, "migrate_from_chat_id") if "migrate_from_chat_id" in found else ""
    return _chat(chat, former_id=former, phone=_own_phone(found))


def _chat(chat: Json, **more: Any) -> Conversation:
    username = chat.get("username")
    return Conversation(
        outside_id=_id(chat, "id"),
        channel=CHANNEL,
        title=_name(chat),
        is_group=chat.get("type") != "private",
        url=f"https://t.me/{username}" if isinstance(username, str) and username else "",
        custom={"username": username} if isinstance(username, str) and username else {},
        **more,
    )


def _own_phone(found: Json) -> str:
    """The number of a contact card, where it is the sender's own: others may be forwarded."""
    card, person = found.get("contact"), found.get("from")
    if not isinstance(card, dict) or not isinstance(person, dict) or card.get("user_id") != person.get("id"):
        return ""
    number = digits(str(card.get("phone_number", "")))
    return f"+{number}" if 7 <= len(number) <= 15 else ""


def _title_of(below: Json, data: str) -> str:
    """What stood on the pressed button."""
    markup = below.get("reply_markup")
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    for row in rows if isinstance(rows, list) else []:
        for one in row if isinstance(row, list) else []:
            if isinstance(one, dict) and one.get("callback_data") == data:
                return str(one.get("text", ""))
    return ""


def _name(found: Json) -> str:
    parts = (found.get("first_name"), found.get("last_name"))
    whole = " ".join(part for part in parts if isinstance(part, str) and part)
    title, username = found.get("title"), found.get("username")
    if whole or isinstance(title, str):
        return whole or str(title)
    return f"@{username}" if isinstance(username, str) else ""


def _id(found: Json, name: str) -> str:
    value = found.get(name)
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise Unexpected(f"{name} is no id")
    return str(value)


def _time(found: Json, name: str) -> datetime | None:
    """Seconds since 1970; messages that the bot may not see any more have 0."""
    value = found.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**33:
        return None
    return datetime.fromtimestamp(value, UTC)
