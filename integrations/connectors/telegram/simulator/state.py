"""What the simulated Telegram holds: chats with what was said in them, and the updates that wait for the bot."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# A demo may run for days.
KEPT = 500
FILES_KEPT = 50
FIRST_UPDATE = 731_000_001


@dataclass(slots=True)
class Said:
    """One message. `buttons` are rows of Telegram's own objects, `media` is the kind of what came along."""

    id: int
    is_bot: bool
    text: str
    entities: list[dict[str, Any]] = field(default_factory=list)
    buttons: list[list[dict[str, Any]]] = field(default_factory=list)
    media: str = ""
    file: str = ""
    reply_to: int | None = None
    is_silent: bool = False
    album: str = ""
    is_edited: bool = False
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(slots=True)
class Chat:
    """A person or a group. `has_started` is false for who never pressed Start; `migrated_to` is a group's later id."""

    id: int
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    title: str = ""
    type: str = "private"
    phone: str = ""
    is_blocking: bool = False
    has_started: bool = True
    migrated_to: int | None = None
    said: list[Said] = field(default_factory=list)
    last_id: int = 0

    @property
    def name(self) -> str:
        return self.title or f"{self.first_name} {self.last_name}".strip()

    def described(self) -> dict[str, Any]:
        """As Telegram shows a chat; of a group no names of people."""
        named = {"title": self.title} if self.title else {"first_name": self.first_name, "last_name": self.last_name, "username": self.username}  # fmt: skip
        return {"id": self.id, "type": self.type, **{key: value for key, value in named.items() if value}}


DEFAULT_CHATS = (
    Chat(5001, "Анна", "Орлова", "anna_example", phone="375291234501"),
    Chat(5002, "Clara", "Novik", "clara_example", phone="375291234502"),
    Chat(-4001, title="Support", type="group"),
)


class World:
    """Everything, guarded by one lock; `arrived` is notified of each new update."""

    def __init__(self, chats: Iterable[Chat]) -> None:
        self.lock = threading.RLock()
        self.arrived = threading.Condition(self.lock)
        self.chats = {chat.id: chat for chat in chats}
        self.updates: list[dict[str, Any]] = []
        self.answered: list[str] = []
        self.files: dict[str, bytes] = {}
        self._last_update = FIRST_UPDATE
        self._last_query = 0
        self._last_album = 0
        self._last_file = 0

    def clear(self) -> None:
        with self.lock:
            self.updates.clear()
            self.answered.clear()
            for chat in self.chats.values():
                chat.said.clear()
                chat.is_blocking = False

    def say(self, chat: Chat, said: Said) -> Said:
        """Put a message into a chat, with the chat's next number."""
        with self.lock:
            chat.last_id += 1
            said.id = chat.last_id
            chat.said.append(said)
            del chat.said[:-KEPT]
            return said

    def update(self, **content: Any) -> dict[str, Any]:
        """Something happened that the bot is told."""
        with self.arrived:
            self._last_update += 1
            made = {"update_id": self._last_update, **content}
            self.updates.append(made)
            self.arrived.notify_all()
            return made

    def album_id(self) -> str:
        with self.lock:
            self._last_album += 1
            return str(14_000_000_000_000_000 + self._last_album)

    def keep(self, content: bytes) -> str:
        """An uploaded file, under the id that it has from now on."""
        with self.lock:
            self._last_file += 1
            name = f"AgACAgIAAxkD-uploaded-{self._last_file}"
            self.files[name] = content
            for old in list(self.files)[:-FILES_KEPT]:
                del self.files[old]
            return name

    def query_id(self) -> str:
        with self.lock:
            self._last_query += 1
            return str(4_300_000_000 + self._last_query)
