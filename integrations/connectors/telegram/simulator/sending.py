"""The methods that send and change messages, with their checks in the order in which the server makes them."""

from typing import Any

from integrations.connectors.telegram.simulator.files import Carried, album, single
from integrations.connectors.telegram.simulator.formatting import CannotParse, parsed, units
from integrations.connectors.telegram.simulator.pace import Pace
from integrations.connectors.telegram.simulator.refusals import Refused
from integrations.connectors.telegram.simulator.state import Chat, Said, World

MEDIA = {
    "sendPhoto": "photo",
    "sendDocument": "document",
    "sendVideo": "video",
    "sendAudio": "audio",
    "sendVoice": "voice",
    "sendSticker": "sticker",
}
TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024


class Sending:
    """Puts what the bot sends into the chats."""

    def __init__(self, world: World, *, limits_rate: bool) -> None:
        self._world = world
        self._pace = Pace() if limits_rate else None

    def send(self, method: str, data: dict[str, Any]) -> dict[str, Any]:
        """The sent message as the answer shows it; Refused."""
        with self._world.lock:
            chat = self._chat(data)
            kind = MEDIA.get(method, "")
            carried = single(self._world, data, kind) if kind else None
            said = self._said(data, data, carried)
            self._pass(chat, 1)
            self._world.say(chat, said)
            return _told(chat, said)

    def send_album(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        """Several messages that are shown as one; all of them are sent or none."""
        with self._world.lock:
            chat = self._chat(data)
            found = [self._said(data, words, carried) for carried, words in album(self._world, data)]
            self._pass(chat, len(found))
            group = self._world.album_id()
            for said in found:
                said.album = group
                self._world.say(chat, said)
            return [_told(chat, said) for said in found]

    def edit(self, field: str, data: dict[str, Any]) -> dict[str, Any]:
        """Another text (`text`) or another caption (`caption`); buttons that are left out go."""
        with self._world.lock:
            chat = self._chat(data)
            said = next((one for one in chat.said if one.id == data.get("message_id")), None)
            if said is None:
                raise Refused(400, "Bad Request: message to edit not found")
            if not said.is_bot or bool(said.media) != (field == "caption"):
                raise Refused(400, "Bad Request: message can't be edited")
            text, entities = _text(data, field)
            _check_length(text, field)
            buttons = _buttons(data)
            if (text, entities, buttons) == (said.text, said.entities, said.buttons):
                raise Refused(400, "Bad Request: message is not modified: new content is the same as now")
            said.text, said.entities, said.buttons, said.is_edited = text, entities[:100], buttons, True
            return _told(chat, said)

    def _pass(self, chat: Chat, count: int) -> None:
        if self._pace is not None and (wait := self._pace.wait(chat.id, count)):
            raise Refused(429, f"Too Many Requests: retry after {wait}", retry_after=wait)

    def _chat(self, data: dict[str, Any]) -> Chat:
        given = str(data.get("chat_id", ""))
        if not given:
            raise Refused(400, "Bad Request: chat_id is empty")
        found = next((one for one in self._world.chats.values() if given in (str(one.id), f"@{one.username}")), None)  # fmt: skip
        if found is None or not found.has_started:
            raise Refused(400, "Bad Request: chat not found")
        if found.migrated_to is not None:
            text = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refused(400, text, migrate_to_chat_id=found.migrated_to)
        if found.is_blocking:
            who = "blocked by the user" if found.type == "private" else "kicked from the group chat"
            raise Refused(403, f"Forbidden: bot was {who}")
        return found

    def _said(self, data: dict[str, Any], words: dict[str, Any], carried: Carried | None) -> Said:
        field = "caption" if carried else "text"
        text, entities = _text(words, field)
        _check_length(text, field)
        reply = data.get("reply_parameters")
        return Said(
            0,
            True,
            text,
            entities[:100],
            _buttons(data),
            media=carried.kind if carried else "",
            file=carried.file if carried else "",
            reply_to=reply.get("message_id") if isinstance(reply, dict) else None,
            is_silent=data.get("disable_notification") is True,
        )


def _told(chat: Chat, said: Said) -> dict[str, Any]:
    file = Carried(said.media, said.file).described() if said.media else {}
    album_id = {"media_group_id": said.album} if said.album else {}
    return {
        "message_id": said.id,
        "date": int(said.at.timestamp()),
        "chat": chat.described(),
        **album_id,
        **file,
        ("caption" if said.media else "text"): said.text,
    }


def _check_length(text: str, field: str) -> None:
    if field == "text" and not text.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if units(text) > (CAPTION_LIMIT if field == "caption" else TEXT_LIMIT):
        raise Refused(400, f"Bad Request: message {'caption ' if field == 'caption' else ''}is too long")


def _text(data: dict[str, Any], name: str) -> tuple[str, list[dict[str, Any]]]:
    text = data.get(name, "")
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)  # a form does not tell numbers from text
    if not isinstance(text, str):
        raise Refused(400, f"Bad Request: {name} must be text")
    mode = str(data.get("parse_mode", ""))
    if not mode:
        return text.strip(), []
    if mode.lower() != "html":
        raise Refused(400, f"Bad Request: unsupported parse_mode: {mode}")
    try:
        return parsed(text)
    except CannotParse as error:
        raise Refused(400, f"Bad Request: can't parse entities: {error}") from error


def _buttons(data: dict[str, Any]) -> list[list[dict[str, Any]]]:
    markup = data.get("reply_markup")
    if markup is None:
        return []
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Refused(400, "Bad Request: object expected as reply markup")
    buttons = [one for row in rows for one in row]
    if len(buttons) > 100:
        raise Refused(400, "Bad Request: reply markup is too long")
    for one in buttons:
        if not isinstance(one, dict) or not one.get("text"):
            raise Refused(400, "Bad Request: can't parse inline keyboard button: text buttons are unallowed")
        if "url" not in one and not 1 <= len(str(one.get("callback_data", "")).encode()) <= 64:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return rows
