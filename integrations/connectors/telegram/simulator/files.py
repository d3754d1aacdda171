"""The files that a message carries: by address, by an id that is known, or uploaded with the request."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from integrations.connectors.telegram.simulator.refusals import Refused
from integrations.connectors.telegram.simulator.state import World
from integrations.connectors.telegram.simulator.upload import Uploaded

LARGEST_PHOTO, LARGEST = 10 * 1024 * 1024, 50 * 1024 * 1024
GROUPED = {"photo": "pictures", "video": "pictures", "document": "files", "audio": "music"}


@dataclass(frozen=True, slots=True)
class Carried:
    """One file: `kind` is photo, document, …; `file` its address or id."""

    kind: str
    file: str

    def described(self) -> dict[str, Any]:
        """As an answer shows it; of a picture there are sizes."""
        one = {"file_id": self.file, "file_unique_id": self.file[-20:]}
        return {self.kind: [{**one, "width": 90, "height": 60}, {**one, "width": 900, "height": 600}]} if self.kind == "photo" else {self.kind: one}  # fmt: skip


def single(world: World, data: dict[str, Any], kind: str) -> Carried:
    """The file of sendPhoto and its like."""
    return Carried(kind, _kept(world, data.get(kind), kind, data))


def album(world: World, data: dict[str, Any]) -> list[tuple[Carried, dict[str, Any]]]:
    """The files of sendMediaGroup, each with what is said of it."""
    media = data.get("media")
    if not isinstance(media, list) or not all(isinstance(one, dict) for one in media):
        raise Refused(400, "Bad Request: can't parse media JSON object")
    if not 2 <= len(media) <= 10:
        raise Refused(400, "Bad Request: expected from 2 to 10 messages in the album")
    groups = {GROUPED.get(str(one.get("type"))) for one in media}
    if None in groups or len(groups) > 1:
        raise Refused(400, "Bad Request: wrong album: these types can't be mixed")
    if "reply_markup" in data:
        raise Refused(400, "Bad Request: albums have no reply markup")
    return [
        (Carried(str(one["type"]), _kept(world, one.get("media"), str(one["type"]), data)), one)
        for one in media
    ]


def _kept(world: World, given: Any, kind: str, data: dict[str, Any]) -> str:
    if isinstance(given, str) and given.startswith("attach://"):
        given = data.get(given.removeprefix("attach://"))
        if not isinstance(given, Uploaded):
            raise Refused(400, "Bad Request: wrong file identifier: there is no such part")
    if isinstance(given, Uploaded):
        if not given.content:
            raise Refused(400, "Bad Request: file must be non-empty")
        if len(given.content) > (LARGEST_PHOTO if kind == "photo" else LARGEST):
            raise Refused(413, "Request Entity Too Large")
        return world.keep(given.content)
    if not isinstance(given, str) or not given:
        raise Refused(400, f"Bad Request: there is no {kind} in the request")
    if "://" in given and urlsplit(given).scheme not in ("http", "https"):
        raise Refused(400, "Bad Request: wrong HTTP URL specified")
    if "://" in given and not urlsplit(given).hostname:
        raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
    return given
