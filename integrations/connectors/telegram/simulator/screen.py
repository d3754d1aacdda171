"""The screen of the simulated Telegram: its chats, and what was said in them."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.connectors.telegram.simulator.delivery import Delivery
from integrations.connectors.telegram.simulator.state import Chat, Said, World

SHOWN = 60
MEDIA = {
    "photo": _lazy("picture"),
    "document": _lazy("file"),
    "video": _lazy("video"),
    "audio": _lazy("audio"),
    "voice": _lazy("voice message"),
    "sticker": _lazy("sticker"),
    "contact": _lazy("contact card"),
    "location": _lazy("place"),
}


def snapshot(world: World, delivery: Delivery, bot: dict[str, Any]) -> dict[str, Any]:
    """What the page draws, in the active language."""
    with world.lock:
        return {
            "bot": f"@{bot['username']}",
            "way": _way(delivery),
            "trouble": delivery.last_error[1] if delivery.last_error else "",
            "waiting": len(world.updates),
            "chats": [_chat(chat) for chat in world.chats.values() if chat.migrated_to is None],
        }


def _way(delivery: Delivery) -> str:
    if delivery.url:
        return _("calls %(url)s") % {"url": delivery.url}
    return _("waits to be asked")


def _chat(chat: Chat) -> dict[str, Any]:
    return {
        "id": str(chat.id),
        "name": chat.name,
        "initials": "".join(part[:1] for part in chat.name.split()[:2]),
        "last": chat.said[-1].text[:60] if chat.said else _("Nothing was said yet"),
        "is_group": chat.type != "private",
        "is_blocking": chat.is_blocking,
        "said": [_said(one) for one in chat.said[-SHOWN:]],
    }


def _said(one: Said) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "is_bot": one.is_bot,
        "text": one.text,
        "media": str(MEDIA.get(one.media, one.media)),
        "file": one.file if "://" in one.file else "",
        "entities": one.entities,
        "answers": _("answers no. %(number)s") % {"number": one.reply_to} if one.reply_to else "",
        "time": _("%(time)s, edited") % {"time": f"{one.at:%H:%M}"} if one.is_edited else f"{one.at:%H:%M}",
        "buttons": [
            {"id": f"{one.id}:{place}", "text": str(button.get("text", "")), "data": button.get("callback_data", ""), "url": button.get("url", "")}
            for place, button in enumerate(button for row in one.buttons for button in row)
        ],
    }  # fmt: skip
