"""The methods that send a message, with their checks in the order in which the server makes them."""

from typing import Any
from urllib.parse import urlsplit

from integrations.connectors.telegram.simulator.formatting import CannotParse, parsed, units
from integrations.connectors.telegram.simulator.pace import Pace
from integrations.connectors.telegram.simulator.state import Chat, Said, World
from tenants.simulation import Reply

MEDIA = {
    "sendPhoto": "photo",
    "sendDocument": "document",
    "sendVideo": "video",
    "sendAudio": "audio",
    "sendVoice": "voice",
    "sendSticker": "sticker",
}
TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024


class Refused(Exception):
    """An answer with an error: code, description, parameters."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def reply(self) -> Reply:
        body = {"ok": False, "error_code": self.code, "description": self.description}
        return Reply.json(body | ({"parameters": self.parameters} if self.parameters else {}), self.code)


class Sending:
    """Puts what the bot sends into the chats."""

    def __init__(self, world: World, *, limits_rate: bool) -> None:
        self._world = world
        self._pace = Pace() if limits_rate else None

    def send(self, method: str, data: dict[str, Any]) -> dict[str, Any]:
        """The sent message as the answer shows it; Refused."""
        with self._world.lock:
            chat = self._chat(data)
            said = self._said(method, data)
            if self._pace is not None and (wait := self._pace.wait(chat.id)):
                raise Refused(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
            self._world.say(chat, said)
        return {
            "message_id": said.id,
            "date": int(said.at.timestamp()),
            "chat": chat.described(),
            ("caption" if said.media else "text"): said.text,
        }

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

    def _said(self, method: str, data: dict[str, Any]) -> Said:
        field = MEDIA.get(method, "")
        text, entities = _text(data, "caption" if field else "text")
        if not field and not text.strip():
            raise Refused(400, "Bad Request: message text is empty")
        if units(text) > (CAPTION_LIMIT if field else TEXT_LIMIT):
            raise Refused(400, f"Bad Request: message {'caption ' if field else ''}is too long")
        reply = data.get("reply_parameters")
        return Said(
            0,
            True,
            text,
            entities[:100],
            _buttons(data),
            media=field,
            file=_file(data, field) if field else "",
            reply_to=reply.get("message_id") if isinstance(reply, dict) else None,
            is_silent=data.get("disable_notification") is True,
        )


def _text(data: dict[str, Any], name: str) -> tuple[str, list[dict[str, Any]]]:
    text = data.get(name, "")
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


def _file(data: dict[str, Any], field: str) -> str:
    given = data.get(field)
    if not isinstance(given, str) or not given:
        raise Refused(400, f"Bad Request: there is no {field} in the request")
    if "://" in given and urlsplit(given).scheme not in ("http", "https"):
        raise Refused(400, "Bad Request: wrong HTTP URL specified")
    if "://" in given and not urlsplit(given).hostname:
        raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
    return given


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
