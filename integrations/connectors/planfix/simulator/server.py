"""The simulated Planfix: two APIs with two tokens at one address."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _

from integrations.connectors.planfix.simulator import screen
from integrations.connectors.planfix.simulator.outgoing import Outgoing
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
DEFAULT_PBX_URL = "https://pbx.example/planfix"


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
        pbx_url: str = DEFAULT_PBX_URL,
        employees: Iterable[Employee] = DEFAULT_EMPLOYEES,
        contacts: Iterable[Contact] = DEFAULT_CONTACTS,
        limits_rate: bool = True,
    ) -> None:
        super().__init__(host=host, port=port)
        self.token, self.rest_token = token, rest_token
        self.account = Account(employees, contacts)
        self.rest = Rest(self.account, rest_token, limits_rate=limits_rate, changed=self.changes.touch)
        self.outgoing = Outgoing(pbx_url, pbx_token, self.changes.touch, self.outbox)
        self._telephony = Telephony(self.account, token, self.outgoing)

    @property
    def pbx_token(self) -> str:
        """By which Planfix proves itself at the exchange."""
        return self.outgoing.pbx_token

    def set_up(self) -> int:
        """Somebody switches the telephony on: the exchange is told address and token. The status of its answer."""
        return self.outgoing.set_up(self.token, f"{self.url}/tel/api").status

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
        return {"clear": self._clear, "call": self._call}

    def _clear(self, data: dict[str, Any]) -> str:
        self.account.clear()
        return _("The screen is clear.")

    def _call(self, data: dict[str, Any]) -> str:
        contact = next((one for one in self.account.contacts if one.id == data.get("id")), None)
        if contact is None or not contact.phone:
            raise ValueError(_("This contact has no telephone number."))
        extension = contact.responsible or self.account.employees[0].extension
        if self.outgoing.make_call(extension, contact.phone).status != 200:
            raise ValueError(_("The exchange did not take the call."))
        return _("The click was sent to the hub.")

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
            "--pbx-url",
            default=DEFAULT_PBX_URL,
            help="where clicks on numbers are sent (default: %(default)s)",
        )
        parser.add_argument(
            "--pbx-token", default=DEFAULT_PBX_TOKEN, help="the token that proves them (default: %(default)s)"
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
            pbx_url=options["pbx_url"],
            pbx_token=options["pbx_token"],
            limits_rate=not options["no_rate_limit"],
        )
