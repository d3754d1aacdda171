"""The simulated RetailCRM: who may ask, how often, and what answers."""

import argparse
import hmac
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar, Self

from integrations.connectors.retailcrm.simulator.callbacks import Callbacks
from integrations.connectors.retailcrm.simulator.directory import Directory
from integrations.connectors.retailcrm.simulator.envelope import ApiError, nginx, not_found
from integrations.connectors.retailcrm.simulator.modules import Modules
from integrations.connectors.retailcrm.simulator.records import (
    CorporateRecords,
    CustomerRecords,
    OrderRecords,
)
from integrations.connectors.retailcrm.simulator.screen import View
from integrations.connectors.retailcrm.simulator.shop import Shop
from integrations.connectors.retailcrm.simulator.state import (
    DEFAULT_CUSTOMERS,
    DEFAULT_USERS,
    Account,
    Call,
    CallEvent,
    Customer,
    Module,
    Popup,
    User,
)
from integrations.connectors.retailcrm.simulator.stirring import stirs
from integrations.connectors.retailcrm.simulator.tasks import Tasks
from integrations.connectors.retailcrm.simulator.telephony import Telephony
from tenants.simulation import Action, BaseSimulator, Kind, RateLimit, Reply, Request, Routes

DEFAULT_API_KEY = "simulator-key"
NORMAL_PER_SECOND = 10
TELEPHONY_PER_SECOND = 40


class Simulator(BaseSimulator):
    """A RetailCRM account at one API key.

    `codes` (extension to user id) stands in for a registration; the first real one replaces it.
    Which HTTP status an authentication error has is not documented: `auth_status` lets tests try several.
    """

    name: ClassVar[str] = "retailcrm"
    title: ClassVar[str] = "RetailCRM"
    folder: ClassVar[Path] = Path(__file__).parent / "page"

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str = DEFAULT_API_KEY,
        users: Iterable[User] = DEFAULT_USERS,
        customers: Iterable[Customer] = DEFAULT_CUSTOMERS,
        codes: dict[str, int] | None = None,
        timezone: str = "Europe/Moscow",
        limits_rate: bool = True,
        auth_status: int = 403,
    ) -> None:
        super().__init__(host=host, port=port)
        self.api_key, self.auth_status, self.limits_rate = api_key, auth_status, limits_rate
        self.account_exists = True
        self.account = Account(users, customers, dict(codes or {}))
        self.shop = Shop(self.account)
        self.shop.system_clock = self.clock
        self.callbacks = Callbacks(self.account, self.outbox)
        self._normal, self._telephony = RateLimit(NORMAL_PER_SECOND), RateLimit(TELEPHONY_PER_SECOND)
        self._view = View(self.account, self.callbacks)
        self._routes = Routes(
            Directory(self.account, timezone, self._address).routes()
            | Telephony(self.account, self._address).routes()
            | Modules(self.account).routes()
            | CustomerRecords(self.shop, self.account).routes()
            | CorporateRecords(self.shop, self.account).routes()
            | OrderRecords(self.shop, self.account).routes()
            | Tasks(self.shop, self.account).routes()
        )

    # What came in, for tests.

    @property
    def users(self) -> dict[int, User]:
        """By id."""
        with self.account.lock:
            return dict(self.account.users)

    @property
    def events(self) -> list[CallEvent]:
        """Every accepted call event, repeats included."""
        with self.account.lock:
            return list(self.account.events)

    @property
    def popups(self) -> list[Popup]:
        """What managers saw, one for each manager and event that rang."""
        with self.account.lock:
            return list(self.account.popups)

    @property
    def calls(self) -> list[Call]:
        """The call history, without the duplicates that were reported back."""
        with self.account.lock:
            return list(self.account.calls)

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """What managers have to do, and have done."""
        with self.account.lock:
            return [dict(row) for row in self.shop.tasks.values()]

    @property
    def modules(self) -> dict[str, Module]:
        """By code."""
        with self.account.lock:
            return dict(self.account.modules)

    def reset(self) -> None:
        self.account.clear_screen()
        super().reset()

    # How it answers.

    def _address(self) -> str:
        """Asked for late: a free port is not known before the server runs."""
        return self.url

    def respond(self, request: Request) -> Reply:
        if not self.account_exists or not request.path.startswith("/api/"):
            return nginx("405 Not Allowed")
        if self.limits_rate and not self._limit_for(request).admit():
            return nginx("503 Service Temporarily Unavailable")
        try:
            self._authenticate(request)
            handler = self._routes.find(request)
            if handler is None:
                raise (
                    ApiError("Method Not Allowed", status=405)
                    if self._routes.knows(request.path)
                    else not_found()
                )
            return handler()
        except ApiError as error:
            return error.reply()

    def excess(self, request: Request) -> Reply:
        return nginx("503 Service Temporarily Unavailable")

    def refusal(self, request: Request) -> Reply:
        return ApiError('Wrong "apiKey" value.', status=self.auth_status).reply()

    def stirs(self) -> dict[Kind, Callable[[Request], object]]:
        return stirs(self.shop)

    def _limit_for(self, request: Request) -> RateLimit:
        return self._telephony if request.path.startswith("/api/v5/telephony/") else self._normal

    def _authenticate(self, request: Request) -> None:
        key = request.header("x-api-key") or request.query.get("apiKey", "") or request.form.get("apiKey", "")
        if not key:
            raise ApiError('"apiKey" is missing.', status=self.auth_status)
        if not hmac.compare_digest(key.encode(), self.api_key.encode()):
            raise ApiError('Wrong "apiKey" value.', status=self.auth_status)

    # What it shows.

    def how_to_connect(self) -> dict[str, str]:
        return {"url": self.url, "api_key": self.api_key}

    def snapshot(self, language: str) -> dict[str, Any]:
        return self._view.snapshot()

    def actions(self) -> dict[str, Action]:
        return {
            "call": self._view.call_back,
            "status": self._view.change_status,
            "activity": self._view.change_activity,
            "clear": self._clear,
        }

    def _clear(self, data: dict[str, Any]) -> str:
        self.account.clear_screen()
        return self._view.cleared()

    # How it is started.

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--api-key", default=DEFAULT_API_KEY, help="the key that it accepts (default: %(default)s)"
        )
        parser.add_argument(
            "--codes",
            default="",
            metavar="USER=EXTENSION,…",
            help="extensions before a module registers, e.g. 19=150,18=151",
        )
        parser.add_argument(
            "--timezone", default="Europe/Moscow", help="the account's time zone (default: %(default)s)"
        )
        parser.add_argument(
            "--no-rate-limit", action="store_true", help="answer any number of requests a second"
        )

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> Self:
        return cls(
            host=options["host"],
            port=options["port"],
            api_key=options["api_key"],
            codes=parse_codes(options["codes"]),
            timezone=options["timezone"],
            limits_rate=not options["no_rate_limit"],
        )


def parse_codes(text: str) -> dict[str, int]:
    """`19=150,18=151` (user=extension) as extension to user; ValueError names the part that is wrong."""
    known = {user.id for user in DEFAULT_USERS}
    codes = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        user, separator, code = part.partition("=")
        if not separator or not code.strip() or not user.strip().isdecimal() or int(user) not in known:
            people = ", ".join(str(each) for each in sorted(known, reverse=True))
            raise ValueError(f"--codes: {part!r} is not USER=EXTENSION with a user of {people}")
        codes[code.strip()] = int(user)
    return codes
