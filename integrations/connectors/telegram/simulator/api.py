"""The Bot API: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

import re
from collections.abc import Callable
from hmac import compare_digest
from typing import Any
from urllib.parse import unquote, urlsplit

from integrations.connectors.telegram.simulator.delivery import Delivery
from integrations.connectors.telegram.simulator.refusals import Refused
from integrations.connectors.telegram.simulator.sending import MEDIA, Sending
from integrations.connectors.telegram.simulator.state import World
from integrations.connectors.telegram.simulator.upload import Unreadable, data_of
from tenants.simulation import Reply, Request

_PATH = re.compile(r"/bot([^/]+)/([A-Za-z]+)")
_FILE = re.compile(r"/file/bot([^/]+)/(.+)")
_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{20,}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")

Method = Callable[[dict[str, Any]], Any]


class Api:
    """Answers as the open-source server does: the HTTP status is the error's code."""

    def __init__(
        self, world: World, sending: Sending, delivery: Delivery, token: str, bot: dict[str, Any], *, allows_http: bool
    ) -> None:  # fmt: skip
        self._world, self._sending, self._delivery = world, sending, delivery
        self._token, self._bot, self._allows_http = token, bot, allows_http
        self._methods: dict[str, Method] = {
            "getme": lambda data: self._bot,
            "getwebhookinfo": lambda data: self._delivery.info(),
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getupdates": self._get_updates,
            "answercallbackquery": self._answer_query,
            "getfile": self._get_file,
            "sendmessage": lambda data: self._sending.send("sendMessage", data),
            "sendmediagroup": self._sending.send_album,
            "editmessagetext": lambda data: self._sending.edit("text", data),
            "editmessagecaption": lambda data: self._sending.edit("caption", data),
            **{name.lower(): self._media(name) for name in MEDIA},
        }

    def answer(self, request: Request) -> Reply:
        file, call = _FILE.fullmatch(unquote(request.path)), _PATH.fullmatch(unquote(request.path))
        try:
            if file is not None:
                return self._file(file[1], file[2])
            if call is None:
                raise Refused(404, "Not Found")
            self._admit(call[1])
            return Reply.json({"ok": True, "result": self._method(call[2])(_data(request))})
        except Refused as error:
            return error.reply()

    def _admit(self, token: str) -> None:
        if not _TOKEN.fullmatch(token):
            raise Refused(404, "Not Found")
        if not compare_digest(token, self._token):
            raise Refused(401, "Unauthorized")

    def _method(self, name: str) -> Method:
        found = self._methods.get(name.lower())
        if found is None:
            raise Refused(404, "Not Found: method not found")
        return found

    def _media(self, name: str) -> Method:
        return lambda data: self._sending.send(name, data)

    def _set_webhook(self, data: dict[str, Any]) -> bool:
        url, secret = str(data.get("url", "")), str(data.get("secret_token", ""))
        schemes = ("https", "http") if self._allows_http else ("https",)
        if url and (urlsplit(url).scheme not in schemes or not urlsplit(url).hostname):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if secret and not _SECRET.fullmatch(secret):
            raise Refused(400, "Bad Request: secret token contains unallowed characters")
        allowed = data.get("allowed_updates")
        self._delivery.set_webhook(url, secret, allowed if isinstance(allowed, list) else None)
        return True

    def _delete_webhook(self, data: dict[str, Any]) -> bool:
        self._delivery.set_webhook("", "", None)
        return True

    def _get_updates(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        offset, limit, seconds = data.get("offset"), data.get("limit", 100), data.get("timeout", 0)
        if not all(one is None or isinstance(one, int) for one in (offset, limit, seconds)):
            raise Refused(400, "Bad Request: wrong parameter")
        return self._delivery.get_updates(offset, min(max(limit, 1), 100), seconds)

    def _answer_query(self, data: dict[str, Any]) -> bool:
        query = str(data.get("callback_query_id", ""))
        if not query.isdigit():
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")  # fmt: skip
        with self._world.lock:
            self._world.answered.append(query)
        return True

    def _get_file(self, data: dict[str, Any]) -> dict[str, Any]:
        file_id = str(data.get("file_id", ""))
        if file_id not in self._world.files:
            raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        return {"file_id": file_id, "file_unique_id": file_id, "file_path": f"photos/{file_id}.jpg"}

    def _file(self, token: str, path: str) -> Reply:
        self._admit(token)
        content = self._world.files.get(path.removeprefix("photos/").removesuffix(".jpg"))
        if content is None:
            raise Refused(404, "Not Found")
        return Reply(200, content, "application/octet-stream")


def _data(request: Request) -> dict[str, Any]:
    try:
        return data_of(request)
    except Unreadable as error:
        raise Refused(400, f"Bad Request: {error}") from error
