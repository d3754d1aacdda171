"""The simulated Bitrix24: a portal, and the authorization server at the same address."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _

from integrations.connectors.bitrix24.simulator import screen
from integrations.connectors.bitrix24.simulator.access import Access, LeakyBucket
from integrations.connectors.bitrix24.simulator.clicks import click
from integrations.connectors.bitrix24.simulator.crm import Crm
from integrations.connectors.bitrix24.simulator.events import Events
from integrations.connectors.bitrix24.simulator.oauth import OAuth
from integrations.connectors.bitrix24.simulator.rest import Rest
from integrations.connectors.bitrix24.simulator.state import (
    COMPANY,
    CONTACT,
    DEAL,
    DEFAULT_EMPLOYEES,
    Call,
    Employee,
    Portal,
    Row,
)
from integrations.connectors.bitrix24.simulator.stirring import stirs
from tenants.simulation import Action, BaseSimulator, Kind, Reply, Request

DEFAULT_CLIENT_ID = "local.simulator"
DEFAULT_CLIENT_SECRET = "simulator-client-secret"  # noqa: S105 (of a simulator)
DEFAULT_WEBHOOK = "simulator-webhook-secret"
DEFAULT_APPLICATION_TOKEN = "simulator-application-token"  # noqa: S105
MEMBER_ID = "a223c6b3710f85df22e9377d6c4f7553"
SCOPE = ("crm", "telephony", "user")


class Simulator(BaseSimulator):
    """A Bitrix24 portal with one local application and one incoming webhook."""

    name: ClassVar[str] = "bitrix24"
    title: ClassVar[str] = "Bitrix24"
    folder: ClassVar[Path] = Path(__file__).parent / "page"

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        employees: Iterable[Employee] = DEFAULT_EMPLOYEES,
        client_id: str = DEFAULT_CLIENT_ID,
        client_secret: str = DEFAULT_CLIENT_SECRET,
        webhook: str = DEFAULT_WEBHOOK,
        application_token: str = DEFAULT_APPLICATION_TOKEN,
        scope: tuple[str, ...] = SCOPE,
        limits_rate: bool = True,
        is_empty: bool = False,
    ) -> None:
        super().__init__(host=host, port=port)
        self.webhook, self.application_token = webhook, application_token
        self.moved_to = ""
        """Another address: the portal was renamed, and every request is sent there."""
        self.portal = Portal(employees)
        self.portal.real_clock = self.clock
        self.oauth = OAuth(client_id, client_secret, MEMBER_ID, scope, lambda: self.url, self.portal.clock)
        bucket = LeakyBucket() if limits_rate else None
        self.access = Access(self.oauth, webhook, scope, self.portal.clock, bucket)
        self.event_sender = Events(self.portal, self._identity, self.changes.touch, self.outbox)
        self.crm = Crm(self.portal, self.event_sender.changed)
        self._rest = Rest(self.portal, self.access, self.event_sender, self.crm)
        if not is_empty:
            _furnish(self.crm)

    def how_to_connect(self) -> dict[str, str]:
        return {"url": self.url, "webhook_url": self.webhook_url}

    @property
    def webhook_url(self) -> str:
        """As the portal shows it: a secret from the first sign to the last."""
        return f"{self.url}/rest/1/{self.webhook}/"

    @property
    def calls(self) -> list[Call]:
        """Every registered call."""
        with self.portal.lock:
            return list(self.portal.calls.values())

    @property
    def journal(self) -> list[Row]:
        """Every finished call."""
        with self.portal.lock:
            return list(self.portal.statistics.values())

    def click(self, user_id: int, phone: str) -> str:
        """Somebody clicks a number: the call is registered there already when the event leaves. Returns its CALL_ID."""
        return click(self.portal, self.event_sender, user_id, phone)

    def install(self, handler: str, user_id: int = 1) -> None:
        """Somebody installs the application: its address of installation is told everything that it needs."""
        self.event_sender.install(handler, self.oauth.issue(user_id))

    def reset(self) -> None:
        self.portal.clear_calls()
        super().reset()

    def respond(self, request: Request) -> Reply:
        if self.moved_to:
            return Reply(302, headers=(("Location", self.moved_to + request.target),))
        if request.path.startswith("/rest/"):
            return self._rest.answer(request)
        if request.path.rstrip("/") == "/oauth/authorize":
            return self.oauth.authorize(request)
        if request.path.rstrip("/") == "/oauth/token":
            return self.oauth.token(request)
        return Reply.html("<html><body><h1>404 Not Found</h1></body></html>", 404)

    def excess(self, request: Request) -> Reply:
        return self._rest.refused("QUERY_LIMIT_EXCEEDED", "Too many requests", 503)

    def refusal(self, request: Request) -> Reply:
        if request.path.startswith("/rest/1/"):
            return self._rest.refused("INVALID_CREDENTIALS", "Invalid request credentials", 401)
        return self._rest.refused("expired_token", "The access token provided has expired.", 401)

    def stirs(self) -> dict[Kind, Callable[[Request], object]]:
        return stirs(self.portal, self.crm)

    def snapshot(self, language: str) -> dict[str, Any]:
        return screen.snapshot(self.portal)

    def actions(self) -> dict[str, Action]:
        return {"clear": self._clear, "call": self._call}

    def _clear(self, data: dict[str, Any]) -> str:
        self.portal.clear_calls()
        return _("The screen is clear.")

    def _call(self, data: dict[str, Any]) -> str:
        contact = self.portal.items[CONTACT].get(data.get("id", 0))
        phone = next(iter(screen.phones(contact or {})), "")
        if not phone:
            raise ValueError(_("This contact has no telephone number."))
        self.click(1, phone)
        return _("The click was sent to the hub.")

    def _identity(self) -> dict[str, Any]:
        return {
            "domain": self.url.removeprefix("http://"),
            "member_id": MEMBER_ID,
            "application_token": self.application_token,
            "client_endpoint": f"{self.url}/rest/",
            "server_endpoint": f"{self.url}/oauth/rest/",
            "status": "L",
            "scope": ",".join(self.oauth.scope),
        }

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--client-id", default=DEFAULT_CLIENT_ID, help="the application's id (default: %(default)s)"
        )
        parser.add_argument(
            "--client-secret",
            default=DEFAULT_CLIENT_SECRET,
            help="the application's key (default: %(default)s)",
        )
        parser.add_argument(
            "--webhook",
            default=DEFAULT_WEBHOOK,
            help="the secret part of the incoming webhook's address (default: %(default)s)",
        )
        parser.add_argument(
            "--redirect-uri", default="", help="where the application's authorization leads back to"
        )
        parser.add_argument(
            "--no-rate-limit", action="store_true", help="answer any number of requests a second"
        )

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> Self:
        made = cls(
            host=options["host"],
            port=options["port"],
            client_id=options["client_id"],
            client_secret=options["client_secret"],
            webhook=options["webhook"],
            limits_rate=not options["no_rate_limit"],
        )
        made.oauth.redirect_uri = options["redirect_uri"]
        return made


def _furnish(crm: Crm) -> None:
    """Some objects to begin with."""
    company = crm.create(
        COMPANY, {"title": "ООО «Ромашка»", "assignedById": 6, "fm": _phone("+375291234577")}
    )
    people = (("Иван", "Петров", "+375291234567"), ("Olga", "Smirnova", "+375291234568"))
    for number, (name, lastname, phone) in enumerate(people):
        contact = crm.create(
            CONTACT,
            {
                "name": name,
                "lastName": lastname,
                "assignedById": (1, 6)[number],
                "companyIds": [company["id"]],
                "fm": _phone(phone),
            },
        )
        crm.create(
            DEAL,
            {
                "title": ("Поставка", "Delivery")[number],
                "opportunity": (150000, 990.5)[number],
                "currencyId": "BYN",
                "contactIds": [contact["id"]],
                "companyId": company["id"],
            },
        )


def _phone(number: str) -> list[dict[str, str]]:
    return [{"typeId": "PHONE", "valueType": "WORK", "value": number}]
