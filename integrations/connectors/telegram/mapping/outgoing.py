"""Our messages as calls of the Bot API: pure functions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as field_
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


ALBUM: Final = "sendMediaGroup"
MOST_IN_ALBUM: Final = 10
LARGEST_PHOTO: Final = 10 * 1024 * 1024
# What Telegram shows together: pictures with videos, files with files, music with music.
_ALBUMS: Final[Mapping[AttachmentKind, str]] = {
    AttachmentKind.IMAGE: "pictures",
    AttachmentKind.VIDEO: "pictures",
    AttachmentKind.FILE: "files",
    AttachmentKind.AUDIO: "music",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One call. `words` is its text or caption, under the name `field`; `uploads` are files that are kept here, by the
    names of their parts."""

    method: str
    body: Mapping[str, Any]
    field: str = "text"
    words: text.Part | None = None
    uploads: Mapping[str, Attachment] = field_(default_factory=dict)
    files: tuple[Attachment, ...] = ()

    @property
    def is_album(self) -> bool:
        return self.method == ALBUM

    def marked(self) -> dict[str, Any]:
        """With marks as HTML; without the mode where there are none, so that nothing can be misread."""
        if self.words is None:
            return dict(self.body)
        if all(run.is_plain for run in self.words.runs):
            return self.plain()
        return self._saying({self.field: self.words.html, "parse_mode": "HTML"})

    def plain(self) -> dict[str, Any]:
        return self._saying({self.field: self.words.plain}) if self.words else dict(self.body)

    def _saying(self, words: Mapping[str, str]) -> dict[str, Any]:
        """The caption of an album is that of its first file."""
        if not self.is_album:
            return {**self.body, **words}
        first, *others = self.body["media"]
        return {**self.body, "media": [{**first, **words}, *others]}

    def editing(self, outside_id: str, *, is_marked: bool) -> tuple[str, dict[str, Any]]:
        """The call that gives what was sent under this id these words."""
        said = self.words.html if self.words and is_marked else self.words.plain if self.words else ""
        has_marks = is_marked and self.words is not None and not all(run.is_plain for run in self.words.runs)
        method = "editMessageText" if self.field == "text" else "editMessageCaption"
        body: dict[str, Any] = {
            "chat_id": self.body["chat_id"],
            "message_id": int(outside_id),
            self.field: said,
        }
        if has_marks:
            body["parse_mode"] = "HTML"
        elif self.words is not None:
            body[self.field] = self.words.plain
        if "reply_markup" in self.body:
            body["reply_markup"] = self.body["reply_markup"]  # left out, Telegram would take the buttons away
        return method, body


def pieces(message: OutgoingMessage) -> tuple[Piece, ...]:
    """The calls in their order: a short text is the caption of the first file, a long one goes before the files.

    Albums have no buttons: with those the text goes behind the files, and without a text the last file stands alone.
    """
    runs = text.runs_of(message.text, is_marked=message.is_marked)
    captions = text.split(runs, CAPTION_LIMIT)
    first = message.attachments[0].type if message.attachments else None
    if first is not None and first is not AttachmentKind.STICKER and len(captions) <= 1:
        caption = captions[0] if captions else None
        groups = _groups(message.attachments, is_last_alone=bool(message.buttons))
        if caption is not None and message.buttons and len(message.attachments) > 1:
            groups = _groups(message.attachments)
            found = [_files(group, None) for group in groups]
            found.append(Piece("sendMessage", {}, "text", caption))
        else:
            found = [_files(group, caption if place == 0 else None) for place, group in enumerate(groups)]
    else:
        found = [Piece("sendMessage", {}, "text", part) for part in text.split(runs, TEXT_LIMIT)]
        found += [
            _files(group, None) for group in _groups(message.attachments, is_last_alone=bool(message.buttons))
        ]
    return tuple(_addressed(found, message))


def _groups(
    attachments: Sequence[Attachment], *, is_last_alone: bool = False
) -> list[tuple[Attachment, ...]]:
    """What goes together, in its order: neighbours of one kind of album, ten at most."""
    found: list[tuple[Attachment, ...]] = []
    for place, one in enumerate(attachments):
        before = found[-1] if found else ()
        stands_alone = is_last_alone and place == len(attachments) - 1
        album = _ALBUMS.get(one.type)
        fits = before and album and _ALBUMS.get(before[-1].type) == album and len(before) < MOST_IN_ALBUM
        if fits and not stands_alone:
            found[-1] = (*before, one)
        else:
            found.append((one,))
    return found


def _files(group: Sequence[Attachment], caption: text.Part | None) -> Piece:
    files = tuple(group)
    if len(files) == 1:
        [one] = files
        method, field = METHODS[one.type]
        uploads = {field: one} if _is_kept(one) else {}
        body = {} if uploads else {field: one.file_id or one.url}
        return Piece(method, body, "caption", caption, uploads, files)
    media, uploads = [], {}
    for place, one in enumerate(files):
        part = f"file{place}"
        if _is_kept(one):
            uploads[part] = one
        media.append(
            {
                "type": METHODS[one.type][1],
                "media": f"attach://{part}" if _is_kept(one) else one.file_id or one.url,
            }
        )
    return Piece(ALBUM, {"media": media}, "caption", caption, uploads, files)


def _is_kept(one: Attachment) -> bool:
    """Whether the file is here, and Telegram does not have it yet."""
    return bool(one.stored_id) and not one.file_id


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
        elif one.type is AttachmentKind.IMAGE and one.stored_id and (one.size or 0) > LARGEST_PHOTO:
            found["attachments"] = _("Telegram takes pictures of up to 10 MB: send it as a file.")
        elif not (one.file_id or one.stored_id) and urlsplit(one.url).scheme not in ("http", "https"):
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


def edit_refusals(message: OutgoingMessage, sent: int) -> dict[str, str]:
    """Why what was sent in so many parts cannot say this now."""
    if not message.text.strip():
        return {"text": _("Write a text.")}
    if len(pieces(message)) != sent:
        return {
            "text": _(
                "The new text needs another number of messages than the former one: send a new message."
            )
        }
    return {}
