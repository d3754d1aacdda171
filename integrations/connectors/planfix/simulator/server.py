"""The simulated Planfix: two APIs with two tokens at one address."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _

from integrations.connectors.planfix.simulator import screen
from integrations.connectors.planfix.simulator.rest import Rest
from integrations.connectors.planfix.simulator.state import (
    DEFAULT_CONTACTS,
    DEFAULT_EMPLOYEES,
    Account,
    Card,
    Contact,
    Employee,
    Entry,
    Event,
)
from integrations.connectors.planfix.simulator.telephony import Telephony
from tenants.simulation import Action, BaseSimulator, Kind, Reply, Request

DEFAULT_TOKEN = "simulator-token"  # noqa: S105 (of a simulator)
DEFAULT_REST_TOKEN = "simulator-rest-token"  # noqa: S105
DEFAULT_PBX_TOKEN = "what-planfix-sends-to-the-exchange"  # noqa: S105


class Simulator(BaseSimulator):
    """A Planfix account."""

    name: ClassVar[str] = "planfix"
    title: ClassVar[str] = "Planfix"
    folder: ClassVar[Path] = Path(__file__).parent / "page"

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str = DEFAULT_TOKEN,
        rest_token: str = DEFAULT_REST_TOKEN,
        pbx_token: str = DEFAULT_PBX_TOKEN,
        employees: Iterable[Employee] = DEFAULT_EMPLOYEES,
        contacts: Iterable[Contact] = DEFAULT_CONTACTS,
        limits_rate: bool = True,
    ) -> None:
        super().__init__(host=host, port=port)
        self.token, self.rest_token, self.pbx_token = token, rest_token, pbx_token
        self.account = Account(employees, contacts)
        self.rest = Rest(self.account, rest_token, limits_rate=limits_rate)
        self._telephony = Telephony(self.account, token, pbx_token, "https://pbx.example/planfix")

    # What came in, for tests.

    @property
    def events(self) -> list[Event]:
        """Every accepted event, repeats included."""
        with self.account.lock:
            return list(self.account.events)

    @property
    def cards(self) -> list[Card]:
        """What employees saw."""
        with self.account.lock:
            return list(self.account.cards)

    @property
    def journal(self) -> list[Entry]:
        """The calls; one that was completed twice is there twice."""
        with self.account.lock:
            return list(self.account.journal)

    def reset(self) -> None:
        self.account.clear()
        super().reset()

    def respond(self, request: Request) -> Reply:
        if request.path.startswith("/rest/"):
            return self.rest.answer(request)
        if request.path != "/tel/api":
            return Reply.html("<html><body><h1>404 Not Found</h1></body></html>", 404)
        if request.method != "POST":
            return Reply.json({"error": "Invalid parameters"}, 400)
        return self._telephony.answer(request)

    def excess(self, request: Request) -> Reply:
        return self.rest.too_many() if request.path.startswith("/rest/") else super().excess(request)

    def refusal(self, request: Request) -> Reply:
        return self.rest.refusal() if request.path.startswith("/rest/") else self._telephony.refusal()

    def stirs(self) -> dict[Kind, Callable[[Request], object]]:
        return self.account.stirs()

    def how_to_connect(self) -> dict[str, str]:
        return {"url": self.url, "planfix_token": self.token, "rest_token": self.rest_token}

    def snapshot(self, language: str) -> dict[str, Any]:
        return screen.snapshot(self.account)

    def actions(self) -> dict[str, Action]:
        return {"clear": self._clear}

    def _clear(self, data: dict[str, Any]) -> str:
        self.account.clear()
        return _("The screen is clear.")

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--token", default=DEFAULT_TOKEN, help="the Planfix token for telephony (default: %(default)s)"
        )
        parser.add_argument(
            "--rest-token",
            default=DEFAULT_REST_TOKEN,
            help="the token of the REST API (default: %(default)s)",
        )
        parser.add_argument(
            "--no-rate-limit", action="store_true", help="answer any number of requests a second"
        )

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> Self:
        return cls(
            host=options["host"],
            port=options["port"],
            token=options["token"],
            rest_token=options["rest_token"],
            limits_rate=not options["no_rate_limit"],
        )
