"""WebDAV, as Nextcloud and ownCloud speak it: PUT under a temporary name, then MOVE, which is one step on the server."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from django.utils.translation import gettext as _

from exports.destinations.base import (
    PROBE,
    Destination,
    OutgoingFile,
    Receipt,
    Slice,
    probe_name,
    temporary_name,
)
from exports.destinations.failures import NotSent
from exports.destinations.web import Web, login_header, refusal

MULTI_STATUS: Final = 207
_OF_FOLDER: Final = {404: "folder_missing", 409: "folder_missing", 405: "no_webdav", 501: "no_webdav"}
_OF_FILE: Final = {**_OF_FOLDER, 412: "name_exists"}
_OF_MOVE: Final = {**_OF_FILE, 405: "no_rename", 501: "no_rename"}


class WebDavDestination(Destination):
    """Settings and credentials as WebDavForm has cleaned them."""

    def __init__(self, settings: Mapping[str, Any], credentials: Mapping[str, str], extra: str) -> None:
        self._folder = str(settings["url"]).rstrip("/") + "/"
        self._may_replace = settings.get("existing") != "refuse"
        self._login = login_header(settings, credentials)
        self._extra = extra

    def send(self, file: OutgoingFile, name: str) -> Receipt:
        web = Web(self._extra)
        try:
            self._look(web)
            part, final = self._address(temporary_name(name, file)), self._address(name)
            if self._may_replace or not self._is_there(web, final, file):
                with file.open() as stream:
                    self._put(web, part, final, stream, file.content_type)
        finally:
            web.close()
        return Receipt(final, file.size)

    def check(self) -> str:
        web, name = Web(self._extra), probe_name()
        try:
            self._look(web)
            part, final = self._address(f".{name}"), self._address(name)
            self._put(web, part, final, PROBE, "text/plain")
            self._ask(web, "DELETE", final)
        finally:
            web.close()
        words = {"folder": self._folder}
        return _("It works: a small file was written to %(folder)s, renamed and removed again.") % words

    def _address(self, name: str) -> str:
        return self._folder + quote(name, safe="")

    def _look(self, web: Web) -> None:
        """Before a large file is sent to a server that will not take it."""
        answer = web.ask("PROPFIND", self._folder, {**self._login, "Depth": "0"})
        if answer.status != MULTI_STATUS:
            stranger = NotSent("no_webdav", f"status {answer.status}")
            raise stranger if answer.is_ok else refusal(answer, _OF_FOLDER)

    def _put(self, web: Web, part: str, final: str, body: bytes | Slice, content_type: str) -> None:
        try:
            self._ask(web, "PUT", part, _OF_FILE, body, {"Content-Type": content_type})
            overwrite = {"Destination": final, "Overwrite": "T" if self._may_replace else "F"}
            self._ask(web, "MOVE", part, _OF_MOVE, b"", overwrite)
        except NotSent:
            _clear(web, part, self._login)
            raise

    def _ask(
        self,
        web: Web,
        method: str,
        url: str,
        meanings: Mapping[int, str] = _OF_FILE,
        body: bytes | Slice = b"",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        answer = web.ask(method, url, {**self._login, **(headers or {})}, body)
        if not answer.is_ok:
            raise refusal(answer, meanings)

    def _is_there(self, web: Web, url: str, file: OutgoingFile) -> bool:
        """Whether our very file is there already; NotSent when another one is."""
        is_ours = web.has(url, self._login, file)
        if is_ours is False:
            raise NotSent("name_exists")
        return bool(is_ours)


def _clear(web: Web, url: str, login: Mapping[str, str]) -> None:
    """What is half written goes, if that still works: the reason why it is half written is what people are told."""
    try:
        web.ask("DELETE", url, login)
    except NotSent:
        return
