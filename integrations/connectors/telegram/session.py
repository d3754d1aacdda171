"""A session with one bot."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.utils.translation import gettext as _

from integrations.capabilities import (
    Account,
    Diagnosis,
    Messaging,
    OutgoingMessage,
    OutsideUser,
    Polled,
    SentMessage,
    Updates,
)
from integrations.connector import Session
from integrations.connectors.telegram.client import EntitiesRefused, Migrated, Telegram, WebhookActive
from integrations.connectors.telegram.diagnosis import diagnose
from integrations.connectors.telegram.manifest import CHATS, GROUPS, POLLING
from integrations.connectors.telegram.mapping import outgoing
from integrations.connectors.telegram.mapping.media import attachments
from integrations.hooks import WebhookRegistration
from integrations.http.client import ApiClient
from integrations.http.messages import FilePart
from integrations.live import Live
from integrations.records import Attachment
from tenants.errors import ConfigError, RemoteRejected

CHAT_SECONDS, GROUP_SECONDS = 1.0, 3.0
_FILE_PATH = re.compile(r"[\w./-]{1,300}")


class TelegramSession(Session, Account, Messaging, Updates, WebhookRegistration):
    """Telegram recognises no repetition and tells of no delivery: what it took is `sent`, and nothing more is known."""

    channel: ClassVar[str] = "telegram"
    # After a week without updates their numbers begin anew, anywhere: an old position would hide them.
    position_life = timedelta(days=6)

    def __init__(self, live: Live, http: ApiClient) -> None:
        super().__init__(live, http)
        self._api = Telegram(http, live.credentials)
        self.repeats_unknown = bool(live.settings.get("repeat_unknown"))

    # Account

    def test_connection(self) -> Diagnosis:
        return diagnose(self._api, is_polled=self.is_polled(self.live.settings))

    def list_users(self) -> Iterator[OutsideUser]:
        """A bot has no users; asking who it is shows whether the token is right."""
        self._api.get_me()
        return iter(())

    # Messaging

    @classmethod
    def refusals(cls, message: OutgoingMessage) -> Mapping[str, str]:
        return outgoing.refusals(message)

    def spacing(self, conversation_id: str) -> float:
        return GROUP_SECONDS if _is_group(conversation_id) else CHAT_SECONDS

    def parts(self, message: OutgoingMessage) -> int:
        return len(outgoing.pieces(message))

    def send(self, message: OutgoingMessage, part: int = 0) -> SentMessage:
        piece = outgoing.pieces(message)[part]
        files = {name: _part(one, message.contents) for name, one in piece.uploads.items()}
        try:
            return self._send(piece, piece.marked(), files)
        except EntitiesRefused:
            return self._send(piece, piece.plain(), files)

    def _send(
        self, piece: outgoing.Piece, body: dict[str, Any], files: Mapping[str, FilePart]
    ) -> SentMessage:
        bucket = GROUPS if _is_group(str(body["chat_id"])) else CHATS
        try:
            return _sent(piece, self._api.send(piece.method, body, bucket, files))
        except Migrated as moved:
            found = self._api.send(piece.method, {**body, "chat_id": moved.chat_id}, bucket, files)
            return replace(_sent(piece, found), conversation_id=moved.chat_id)

    @classmethod
    def edit_refusals(cls, message: OutgoingMessage, sent: int) -> Mapping[str, str]:
        return outgoing.edit_refusals(message, sent)

    def edit(self, message: OutgoingMessage, outside_ids: Sequence[str]) -> None:
        for piece, outside_id in zip(outgoing.pieces(message), outside_ids, strict=True):
            if piece.words is None:
                continue
            try:
                self._api.edit(*piece.editing(outside_id, is_marked=True))
            except EntitiesRefused:
                self._api.edit(*piece.editing(outside_id, is_marked=False))

    def acknowledge(self, press_id: str) -> None:
        self._api.answer_callback_query(press_id)

    def open_file(self, file_id: str) -> bytes:
        path = self._api.get_file(file_id).get("file_path")
        if not isinstance(path, str) or not path:
            raise RemoteRejected(_("Telegram does not hand out files of more than 20 MB."))
        if path.startswith("/") or ".." in path or not _FILE_PATH.fullmatch(path):
            # A Bot API server of one's own, in local mode, names a file of its own disk.
            raise RemoteRejected(_("The Bot API server keeps this file on its own disk."))
        return self._api.download(path)

    # Updates

    @classmethod
    def is_polled(cls, values: Mapping[str, Any]) -> bool:
        return values.get("updates") == POLLING

    def poll(self, position: str, seconds: float) -> Polled:
        offset = int(position) if position.isdigit() else None
        try:
            found = self._api.get_updates(offset, seconds)
        except WebhookActive:
            self._take_back()
            found = self._api.get_updates(offset, 0)
        updates = [one for one in found if isinstance(one, dict) and isinstance(one.get("update_id"), int)]
        last = max((one["update_id"] for one in updates), default=None)
        return Polled(
            tuple(orjson.dumps(one) for one in updates), str(last + 1) if last is not None else position
        )

    def _take_back(self) -> None:
        """An address of ours is left from before; one of somebody else's is for a person to decide about."""
        ours, theirs = _host(settings.PUBLIC_URL), _host(str(self._api.get_webhook_info().get("url", "")))
        if theirs and theirs != ours:
            text = _("Telegram calls %(host)s for this bot. Switch that off there, or choose another bot.")
            raise ConfigError(text % {"host": theirs})
        self._api.delete_webhook()

    # WebhookRegistration

    def subscribe(self, url: str, secret: str) -> None:
        if self.is_polled(self.live.settings):
            raise ConfigError(_("This bot is set to be asked by the hub: change how messages come in first."))
        self._api.set_webhook(url, secret)

    def is_subscribed(self, url: str) -> bool:
        return self._api.get_webhook_info().get("url") == url

    def unsubscribe(self, url: str) -> None:
        if self._api.get_webhook_info().get("url") == url:
            self._api.delete_webhook()


def _is_group(chat_id: str) -> bool:
    """Groups and channels have negative ids or names."""
    return chat_id.startswith(("-", "@"))


def _part(one: Attachment, contents: Mapping[str, bytes]) -> FilePart:
    try:
        content = contents[one.stored_id]
    except KeyError as error:
        raise ConfigError(_("The file is not kept here any more: attach it again.")) from error
    return FilePart(one.name or "file", content, one.media_type or "application/octet-stream")


def _sent(piece: outgoing.Piece, found: Sequence[Mapping[str, Any]]) -> SentMessage:
    """An album counts as many messages as it has files; what was uploaded has an id there now."""
    ids: dict[str, str] = {}
    for row, one in zip(found, piece.files, strict=False):
        file = next(iter(attachments(row)), None)
        if one.stored_id and file is not None and file.file_id:
            ids[one.stored_id] = file.file_id
    return SentMessage((str(found[0]["message_id"]),), count=len(found), file_ids=ids)


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
