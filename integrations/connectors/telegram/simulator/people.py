"""What people do: write, press, share their number, block. Each becomes an update as the Bot API describes it."""

from typing import Any

from django.utils.translation import gettext as _

from integrations.connectors.telegram.simulator.state import Chat, Said, World


class People:
    """Hands of the people in the chats; ValueError with a text where something cannot be done."""

    def __init__(self, world: World, bot: dict[str, Any]) -> None:
        self._world, self._bot = world, bot

    def write(self, chat_id: int, text: str, **more: Any) -> dict[str, Any]:
        """A message; `more` are further members of it, such as a photo."""
        chat = self._chat(chat_id)
        chat.has_started, chat.is_blocking = True, False
        media = next(
            (name for name in ("photo", "document", "voice", "contact", "location") if name in more), ""
        )
        said = self._world.say(chat, Said(0, False, text or str(more.get("caption", "")), media=media))
        content = {**({"text": text} if text else {}), **more}
        return self._world.update(message={**self._head(chat, said), **content})

    def edit(self, chat_id: int, message_id: int, text: str) -> dict[str, Any]:
        chat = self._chat(chat_id)
        said = self._said(chat, message_id)
        said.text = text
        head = {**self._head(chat, said), "edit_date": int(said.at.timestamp()) + 60}
        return self._world.update(edited_message={**head, "text": text})

    def press(self, chat_id: int, message_id: int, data: str) -> dict[str, Any]:
        """A button of one of the bot's messages."""
        chat = self._chat(chat_id)
        said = self._said(chat, message_id)
        known = [one for row in said.buttons for one in row if one.get("callback_data") == data]
        if not known:
            raise ValueError(_("There is no such button."))
        message = {
            "message_id": said.id,
            "date": int(said.at.timestamp()),
            "chat": chat.described(),
            "from": self._bot,
            "text": said.text,
            "reply_markup": {"inline_keyboard": said.buttons},
        }
        query = {
            "id": self._world.query_id(),
            "from": self._person(chat),
            "message": message,
            "chat_instance": "-77",
            "data": data,
        }
        return self._world.update(callback_query=query)

    def share_phone(self, chat_id: int) -> dict[str, Any]:
        chat = self._chat(chat_id)
        card = {"phone_number": chat.phone, "first_name": chat.first_name, "user_id": chat.id}
        return self.write(chat_id, "", contact=card)

    def block(self, chat_id: int, *, is_blocking: bool = True) -> dict[str, Any]:
        chat = self._chat(chat_id)
        chat.is_blocking = is_blocking
        states = ("member", "kicked") if is_blocking else ("kicked", "member")
        former, now = ({"user": self._bot, "status": state} for state in states)
        change = {"chat": chat.described(), "from": self._person(chat), "date": 1_790_000_000}
        return self._world.update(
            my_chat_member={**change, "old_chat_member": former, "new_chat_member": now}
        )

    def grow(self, chat_id: int, new_id: int) -> None:
        """A group becomes a supergroup; messages to the old id are refused with the new one."""
        chat = self._chat(chat_id)
        chat.migrated_to = new_id
        self._world.chats[new_id] = Chat(new_id, title=chat.title, type="supergroup")

    def _chat(self, chat_id: int) -> Chat:
        chat = self._world.chats.get(chat_id)
        if chat is None:
            raise ValueError(_("There is no such chat."))
        return chat

    def _said(self, chat: Chat, message_id: int) -> Said:
        found = next((one for one in chat.said if one.id == message_id), None)
        if found is None:
            raise ValueError(_("There is no such message."))
        return found

    def _head(self, chat: Chat, said: Said) -> dict[str, Any]:
        date = int(said.at.timestamp())
        return {"message_id": said.id, "from": self._person(chat), "chat": chat.described(), "date": date}

    def _person(self, chat: Chat) -> dict[str, Any]:
        if chat.type == "private":
            named = {key: value for key, value in chat.described().items() if key != "type"}
            return {"is_bot": False, **named}
        return {"id": 5999, "is_bot": False, "first_name": "Denis"}
