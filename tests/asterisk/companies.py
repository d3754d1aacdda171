"""Companies of one Switchboard that share the exchange of the tests: each hears of its calls in another way, and has a CRM."""

import json
from dataclasses import dataclass
from typing import Any, Final

from integrations.connectors.retailcrm.simulator import Customer, Simulator
from tests.processes import Installation, wait_for

PATIENCE: Final = 120  # on a busy machine; a second or ten on an idle one
MOBILE: Final = "+375297777701"
"""Of the colleague with 152, whom line 1008 calls there."""
CODES: Final = {"150": 19, "151": 18, "152": 17, "153": 16}
CUSTOMERS: Final = [Customer(id, f"Client {id}", "", f"+37529{id}34570", 18) for id in (12, 13)]
"""Of the CRM's user 18, who has the extension 151."""

CONFIGURATION: Final = """
- number: "{number}"
  name: Company {number}
  timezone: UTC
  phone_region: BY
  pbx_token: "{token}"
  extensions: [{{number: "150"}}, {{number: "151"}}, {{number: "152", mobiles: ["{mobile}"]}}, {{number: "153"}}]
  api_keys: [{{name: tests, key: "{key}", scopes: ["*"]}}]
  integrations:
  - connector: retailcrm
    name: CRM
    enabled: true
    settings: {{url: "{crm}"}}
    credentials: {{api_key: "{crm_key}"}}
    extension_mapping: {{"19": "150", "18": "151", "17": "152", "16": "153"}}
"""


@dataclass(frozen=True)
class Company:
    """How it is asked, and what its CRM was told."""

    hub: Installation
    number: str
    crm: Simulator
    more: str = ""
    """Further keys of the configuration."""

    @property
    def token(self) -> str:
        return f"token-of-the-exchange-{self.number}"

    @property
    def key(self) -> str:
        return f"key-of-the-tests-0123456789-{self.number}"

    @property
    def configuration(self) -> str:
        text = CONFIGURATION.format(
            number=self.number,
            token=self.token,
            key=self.key,
            crm=self.crm.url,
            crm_key=self.crm.api_key,
            mobile=MOBILE,
        )
        return text + self.more

    def api(self, method: str, path: str, body: Any = None) -> Any:
        given = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        content = json.dumps(body).encode() if body is not None else None
        answer = self.hub.request(method, path, content, given)
        assert 200 <= answer.status < 300, (answer.status, answer.body)
        return answer.json() if answer.body else None

    def calls_of(self, client: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api("GET", f"/api/v1/calls?phone=%2B{client.lstrip('+')}")[
            "results"
        ]
        return found

    def call_of(self, client: str, *statuses: str) -> dict[str, Any]:
        """The one call with this client, once it has one of these states."""

        def found() -> dict[str, Any] | None:
            # Channels that are one call may be two of them until the event that ties them is folded.
            calls = self.calls_of(client)
            return calls[0] if len(calls) == 1 and (not statuses or calls[0]["status"] in statuses) else None

        call = wait_for(
            found, PATIENCE, lambda: f"{client}: {self.calls_of(client)}\n{self.hub.output[-2000:]}"
        )
        assert call is not None
        detail: dict[str, Any] = self.api("GET", f"/api/v1/calls/{call['id']}")
        return detail

    def popups_of(self, client: str) -> list[tuple[str, tuple[str, ...]]]:
        """What the CRM was told of a call with this client while it went on: type, and whose."""
        digits = client.lstrip("+")
        return [
            (event.type, tuple(event.codes))
            for event in list(self.crm.events)
            if event.phone.lstrip("+") == digits
        ]

    def wait_for_popup(self, client: str, kind: str = "in") -> tuple[str, ...]:
        def found() -> tuple[str, ...] | None:
            return next((codes for told, codes in self.popups_of(client) if told == kind), None)

        codes = wait_for(
            found, PATIENCE, lambda: f"no {kind} for {client}: {self.crm.events}\n{self.hub.output[-2000:]}"
        )
        assert codes is not None
        return codes

    def wait_for_upload(self, client: str) -> Any:
        digits = client.lstrip("+")

        def found() -> Any:
            return next((call for call in list(self.crm.calls) if call.phone.lstrip("+") == digits), None)

        return wait_for(
            found, PATIENCE, lambda: f"no history of {client}: {self.crm.calls}\n{self.hub.output[-2000:]}"
        )
