"""The simulated Telegram: a bot, the people who talk to it, and the Bot API between it and its owner."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _

from integrations.connectors.telegram.simulator import screen
from integrations.connectors.telegram.simulator.api import Api
from integrations.connectors.telegram.simulator.delivery import Delivery
from integrations.connectors.telegram.simulator.people import People
from integrations.connectors.telegram.simulator.refusals import Refused
from integrations.connectors.telegram.simulator.sending import Sending
from integrations.connectors.telegram.simulator.state import DEFAULT_CHATS, Chat, Said, World
from tenants.simulation import Action, BaseSimulator, Reply, Request

DEFAULT_TOKEN = "1000000001:simulator-token-of-the-hub-bot"  # noqa: S105 (of a simulator)
BOT: dict[str, Any] = {
    "id": 1000000001,
    "is_bot": True,
    "first_name": "Hub",
    "username": "hub_example_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
}


class Simulator(BaseSimulator):
    """`people` do what people do; `chat(id).said` is what both sides said."""

    name: ClassVar[str] = "telegram"
    title: ClassVar[str] = "Telegram"
    folder: ClassVar[Path] = Path(__file__).parent / "page"

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str = DEFAULT_TOKEN,
        chats: Iterable[Chat] = DEFAULT_CHATS,
        limits_rate: bool = True,
        allows_http: bool = True,
        retry_seconds: float = 2.0,
    ) -> None:
        super().__init__(host=host, port=port)
        self.token = token
        self.world = World(deepcopy(tuple(chats)))
        self.delivery = Delivery(self.world, self.changes.touch, self.outbox, retry_seconds)
        self.people = People(self.world, BOT)
        sending = Sending(self.world, limits_rate=limits_rate)
        self._api = Api(self.world, sending, self.delivery, token, BOT, allows_http=allows_http)

    def chat(self, chat_id: int) -> Chat:
        return self.world.chats[chat_id]

    def heard(self, chat_id: int) -> list[Said]:
        """What the bot said there."""
        with self.world.lock:
            return [one for one in self.world.chats[chat_id].said if one.is_bot]

    def reset(self) -> None:
        self.world.clear()
        super().reset()

    @contextmanager
    def running(self) -> Iterator[Self]:
        with super().running():
            try:
                yield self
            finally:
                self.delivery.close()

    def respond(self, request: Request) -> Reply:
        return self._api.answer(request)

    def excess(self, request: Request) -> Reply:
        return Refused(429, "Too Many Requests: retry after 2", retry_after=2).reply()

    def refusal(self, request: Request) -> Reply:
        return Refused(401, "Unauthorized").reply()

    def how_to_connect(self) -> dict[str, str]:
        return {"url": self.url, "bot_token": self.token, "updates": "polling"}

    def snapshot(self, language: str) -> dict[str, Any]:
        return screen.snapshot(self.world, self.delivery, BOT)

    # The page.

    def actions(self) -> dict[str, Action]:
        people = self.people
        return {
            "write": lambda data: self._done(lambda: people.write(_chat(data), _text(data)), _("Sent.")),
            "press": lambda data: self._done(
                lambda: people.press(_chat(data), _number(data, "message"), str(data.get("data", ""))),
                _("Pressed."),
            ),
            "share": lambda data: self._done(lambda: people.share_phone(_chat(data)), _("The number was shared.")),
            "block": lambda data: self._done(lambda: people.block(_chat(data)), _("The bot is blocked.")),
            "unblock": lambda data: self._done(
                lambda: people.block(_chat(data), is_blocking=False), _("The bot may write again.")
            ),
            "clear": lambda data: self._done(self.world.clear, _("The screen is clear.")),
        }  # fmt: skip

    @staticmethod
    def _done(deed: Callable[[], object], words: str) -> str:
        deed()
        return words

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--token", default=DEFAULT_TOKEN, help="the bot's token (default: %(default)s)")
        parser.add_argument(
            "--no-rate-limit", action="store_true", help="take any number of messages a second"
        )
        parser.add_argument(
            "--https-only",
            action="store_true",
            help="refuse http addresses of webhooks, as the real one does",
        )

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> Self:
        return cls(
            host=options["host"],
            port=options["port"],
            token=options["token"],
            limits_rate=not options["no_rate_limit"],
            allows_http=not options["https_only"],
        )


def _chat(data: dict[str, Any]) -> int:
    return _number(data, "chat")


def _number(data: dict[str, Any], name: str) -> int:
    text = str(data.get(name, ""))
    if not text.removeprefix("-").isdigit() or len(text) > 18:
        raise ValueError(_("There is no such chat.") if name == "chat" else _("There is no such message."))
    return int(text)


def _text(data: dict[str, Any]) -> str:
    text = str(data.get("text", "")).strip()
    if not 0 < len(text) <= 4096:
        raise ValueError(_("Write something."))
    return text
