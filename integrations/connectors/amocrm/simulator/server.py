"""The simulated amoCRM: one account with its API, its tokens and its webhooks."""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

import requests
from django.utils.translation import gettext as _

from integrations.connectors.amocrm.simulator import people, problems, screen
from integrations.connectors.amocrm.simulator.directory import Directory
from integrations.connectors.amocrm.simulator.entities import Entities
from integrations.connectors.amocrm.simulator.lists import Lists
from integrations.connectors.amocrm.simulator.oauth import Client, OAuth
from integrations.connectors.amocrm.simulator.state import DEFAULT_USERS, PLURALS, Account, User
from integrations.connectors.amocrm.simulator.tasks import Tasks
from integrations.connectors.amocrm.simulator.telephony import Telephony
from integrations.connectors.amocrm.simulator.webhooks import Webhooks
from tenants.simulation import Action, BaseSimulator, Kind, RateLimit, Reply, Request, Routes

DEFAULT_TOKEN = "simulator-long-lived-token"  # noqa: S105 (of a simulator)
DEFAULT_CLIENT = Client(
    "11111111-2222-4333-8444-555555555555",
    "simulator-client-secret",
    "http://localhost:8081/integrations/oauth/callback",
)
PER_SECOND = 7
# Whoever goes on in spite of so many refusals within a minute is locked out.
REFUSALS_TO_BLOCK, BLOCKED_SECONDS = 50, 60.0


class Simulator(BaseSimulator):
    """An amoCRM account."""

    name: ClassVar[str] = "amocrm"
    title: ClassVar[str] = "amoCRM"
    folder: ClassVar[Path] = Path(__file__).parent / "page"

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str = DEFAULT_TOKEN,
        client: Client = DEFAULT_CLIENT,
        users: Iterable[User] = DEFAULT_USERS,
        limits_rate: bool = True,
        has_people: bool = False,
    ) -> None:
        super().__init__(host=host, port=port)
        self.token = token
        self._has_people = has_people
        self.account = Account(users)
        self.account.clock = self.clock
        self.oauth = OAuth(client, token)
        self.lists = Lists(self.account)
        self.webhooks = Webhooks(self.account, self.changes.touch, self.outbox)
        self.telephony = Telephony(self.account)
        self.blocked_until = 0.0
        self._limit = RateLimit(PER_SECOND) if limits_rate else None
        self._refusals: list[float] = []
        self._routes = self._table()
        self._people()

    def reset(self) -> None:
        self.account.clear()
        self._people()
        super().reset()

    @contextmanager
    def running(self) -> Iterator[Self]:
        sender = self.webhooks.start()
        try:
            with super().running():
                yield self
        finally:
            self.webhooks.stop()
            sender.join()

    def respond(self, request: Request) -> Reply:
        if request.path == "/oauth":
            return self.oauth.consent(request)
        if refusal := self._held_back():
            return refusal
        if (request.method, request.path) == ("POST", "/oauth2/access_token"):
            return self.oauth.token(request)
        if not self.oauth.knows(request):
            return problems.problem(401, "Unauthorized")
        handler = self._routes.find(request)
        if handler is None:
            return problems.problem(404, "Not Found")
        answer = handler()
        self.changes.touch()
        return answer

    def excess(self, request: Request) -> Reply:
        return problems.too_many()

    def refusal(self, request: Request) -> Reply:
        return problems.problem(401, "Unauthorized")

    def stirs(self) -> dict[Kind, Callable[[Request], object]]:
        return people.stirs(self.account)

    def snapshot(self, language: str) -> dict[str, Any]:
        return screen.snapshot(self.account, self.webhooks)

    def switch_off(self, address: str) -> int:
        """Somebody switches the integration off: its address for that is opened. The status of the answer."""
        with requests.Session() as session:
            session.trust_env = False
            query = self.oauth.farewell(self.account.id)
            return session.get(address, params=query, timeout=5, allow_redirects=False).status_code

    def how_to_connect(self) -> dict[str, str]:
        return {"url": self.url, "access_token": self.token}

    def actions(self) -> dict[str, Action]:
        return {"clear": self._clear, "accept": self._accept}

    def _table(self) -> Routes:
        entities, directory = Entities(self.account, self.lists), Directory(self.account, self.lists)
        tasks = Tasks(self.account)
        table: dict[tuple[str, str], Any] = {
            ("GET", "/api/v4/account"): directory.account,
            ("GET", "/api/v4/users"): directory.users,
            ("GET", "/api/v4/leads/pipelines"): directory.pipelines,
            ("POST", "/api/v2/events"): self.telephony.popup,
            ("POST", "/api/v4/calls"): self.telephony.add_calls,
            ("GET", "/api/v4/tasks"): tasks.page,
            ("POST", "/api/v4/tasks"): tasks.add,
            ("PATCH", "/api/v4/tasks"): tasks.change,
            ("POST", "/api/v4/leads/unsorted/sip"): self.telephony.add_unsorted,
            ("GET", "/api/v4/webhooks"): self.webhooks.list,
            ("POST", "/api/v4/webhooks"): self.webhooks.subscribe,
            ("DELETE", "/api/v4/webhooks"): self.webhooks.unsubscribe,
        }
        for plural in PLURALS:
            table |= {
                ("GET", f"/api/v4/{plural}"): partial(entities.list, plural=plural),
                ("POST", f"/api/v4/{plural}"): partial(entities.create, plural=plural),
                ("PATCH", f"/api/v4/{plural}"): partial(entities.update, plural=plural),
                ("GET", f"/api/v4/{plural}/custom_fields"): partial(entities.fields, plural=plural),
                ("POST", f"/api/v4/{plural}/link"): partial(entities.link, plural=plural),
                ("GET", f"/api/v4/{plural}/{{number}}"): partial(entities.one, plural=plural),
            }
        return Routes(table)

    def _held_back(self) -> Reply | None:
        now = time.monotonic()
        if now < self.blocked_until:
            return problems.blocked()
        if self._limit is None or self._limit.admit():
            return None
        self._refusals = [each for each in self._refusals if each > now - 60] + [now]
        if len(self._refusals) >= REFUSALS_TO_BLOCK:
            self.blocked_until = now + BLOCKED_SECONDS
        return problems.too_many()

    def _people(self) -> None:
        if self._has_people:
            people.move_in(self.account)

    def _clear(self, data: dict[str, Any]) -> str:
        self.account.clear()
        self._people()
        return _("The screen is clear.")

    def _accept(self, data: dict[str, Any]) -> str:
        lead = self.telephony.accept(str(data.get("uid", "")))
        if lead is None:
            raise ValueError(_("This call was accepted already."))
        return _("There is a contact and a deal now: %(name)s") % {"name": lead["name"]}

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--token", default=DEFAULT_TOKEN, help="the long-lived token (default: %(default)s)"
        )
        parser.add_argument(
            "--redirect-uri",
            default=DEFAULT_CLIENT.redirect_uri,
            help="where a person who allowed the integration is sent (default: %(default)s)",
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
            client=Client(DEFAULT_CLIENT.client_id, DEFAULT_CLIENT.secret, options["redirect_uri"]),
            limits_rate=not options["no_rate_limit"],
            has_people=True,
        )
