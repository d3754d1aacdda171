"""Our messages as calls of the Bot API: pure functions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from integrations.capabilities import Button, OutgoingMessage
from integrations.connectors.telegram.mapping import text
from integrations.records import Attachment, AttachmentKind

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
LONGEST_ACTION: Final = 64  # bytes
MOST_BUTTONS: Final = 100
MOST_IN_ROW: Final = 8
LONGEST_TITLE: Final = 200
_CHAT: Final = re.compile(r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,40}")
BUTTON_SCHEMES: Final = frozenset({"http", "https", "tg"})

# Kind -> method and the field of its file.
METHODS: Final[Mapping[AttachmentKind, tuple[str, str]]] = {
    AttachmentKind.IMAGE: ("sendPhoto", "photo"),
    AttachmentKind.VIDEO: ("sendVideo", "video"),
    AttachmentKind.AUDIO: ("sendAudio", "audio"),
    AttachmentKind.VOICE: ("sendVoice", "voice"),
    AttachmentKind.FILE: ("sendDocument", "document"),
    AttachmentKind.STICKER: ("sendSticker", "sticker"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One call. `words` is its text or caption, under the name `field`."""

    method: str
    body: Mapping[str, Any]
    field: str = "text"
    words: text.Part | None = None

    def marked(self) -> dict[str, Any]:
        """With marks as HTML; without the mode where there are none, so that nothing can be misread."""
        if self.words is None:
            return dict(self.body)
        if all(run.is_plain for run in self.words.runs):
            return self.plain()
        return {**self.body, self.field: self.words.html, "parse_mode": "HTML"}

    def plain(self) -> dict[str, Any]:
        return {**self.body, self.field: self.words.plain} if self.words else dict(self.body)


def pieces(message: OutgoingMessage) -> tuple[Piece, ...]:
    """The calls in their order: a short text is the caption of the first file, a long one goes before the files."""
    runs = text.runs_of(message.text, is_marked=message.is_marked)
    captions = text.split(runs, CAPTION_LIMIT)
    first = message.attachments[0].type if message.attachments else None
    if first is not None and first is not AttachmentKind.STICKER and len(captions) <= 1:
        caption = captions[0] if captions else None
        found = [_file(one, caption if place == 0 else None) for place, one in enumerate(message.attachments)]
    else:
        found = [Piece("sendMessage", {}, "text", part) for part in text.split(runs, TEXT_LIMIT)]
        found += [_file(one, None) for one in message.attachments]
    return tuple(_addressed(found, message))


def _file(one: Attachment, caption: text.Part | None) -> Piece:
    method, field = METHODS[one.type]
    return Piece(method, {field: one.file_id or one.url}, "caption", caption)


def _addressed(found: Sequence[Piece], message: OutgoingMessage) -> list[Piece]:
    common: dict[str, Any] = {"chat_id": message.conversation_id}
    if message.is_silent:
        common["disable_notification"] = True
    done = [replace(piece, body={**common, **piece.body}) for piece in found]
    if done and message.reply_to_id.isascii() and message.reply_to_id.isdigit():
        answered = {"message_id": int(message.reply_to_id), "allow_sending_without_reply": True}
        done[0] = replace(done[0], body={**done[0].body, "reply_parameters": answered})
    if done and message.buttons:
        markup = {"inline_keyboard": [[_button(one) for one in row] for row in message.buttons]}
        done[-1] = replace(done[-1], body={**done[-1].body, "reply_markup": markup})
    return done


def _button(one: Button) -> dict[str, str]:
    return (
        {"text": one.title, "url": one.url} if one.url else {"text": one.title, "callback_data": one.action}
    )


def refusals(message: OutgoingMessage) -> dict[str, str]:
    """What Telegram will never take: field -> text for people."""
    found: dict[str, str] = {}
    if not _CHAT.fullmatch(message.conversation_id):
        found["recipient"] = _("Telegram's ids are numbers, or the @name of a public channel or group.")
    for one in message.attachments:
        if one.type not in METHODS:
            found["attachments"] = _("Telegram cannot be sent this kind: %(kind)s.") % {
                "kind": one.type.label
            }
        elif not one.file_id and urlsplit(one.url).scheme not in ("http", "https"):
            found["attachments"] = _("Each attachment needs the http(s) address of its file, or a file_id.")
    wrong = _wrong_buttons(message.buttons)
    if wrong:
        found["buttons"] = wrong
    return found


def _wrong_buttons(rows: Sequence[Sequence[Button]]) -> str:
    if sum(len(row) for row in rows) > MOST_BUTTONS or any(not 1 <= len(row) <= MOST_IN_ROW for row in rows):
        return _("At most %(all)d buttons, and 1 to %(row)d in a row.") % {"all": MOST_BUTTONS, "row": MOST_IN_ROW}  # fmt: skip
    return next((wrong for row in rows for one in row if (wrong := _wrong_button(one))), "")


def _wrong_button(one: Button) -> str:
    name = {"title": one.title[:40]}
    if not one.title.strip() or len(one.title) > LONGEST_TITLE:
        return _("Every button needs a title of at most %(most)d characters.") % {"most": LONGEST_TITLE}
    if bool(one.action) == bool(one.url):
        return _("The button “%(title)s” needs either an action or an address.") % name
    if len(one.action.encode()) > LONGEST_ACTION:
        text_ = _("The action of the button “%(title)s” is longer than %(most)d bytes.")
        return text_ % {**name, "most": LONGEST_ACTION}
    if one.url and urlsplit(one.url).scheme not in BUTTON_SCHEMES:
        return _("The button “%(title)s” needs an address that begins with https://.") % name
    return ""
