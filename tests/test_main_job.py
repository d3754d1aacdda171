"""The main job, end to end, between real processes: an exchange's posts, the CRM's pop-up, the webhook, the Excel file."""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from standardwebhooks import Webhook

from integrations.connectors.retailcrm.simulator import Simulator
from telephony.scenarios import load
from tests.claims import alone_with
from tests.databases import own_database
from tests.installations import StartInstallation, new_company_number
from tests.processes import PATIENCE_SECONDS, Installation, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.timeout(1500)]

BROKER_SECONDS = 300  # for what another test has to do with it

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CONFIGURATION = """
tenants:
- number: "{number}"
  name: June
  timezone: Europe/Minsk
  phone_region: BY
  pbx_token: "{token}"
  extensions: [{{number: "150", name: "Anna"}}, {{number: "151"}}, {{number: "152"}}]
  members: [{{username: "anna-{number}", role: admin, password: "a long enough phrase"}}]
  api_keys: [{{name: ci, key: "{key}", scopes: ["*"]}}]
  integrations:
  - connector: retailcrm
    name: Main CRM
    enabled: true
    settings: {{url: "{crm}"}}
    credentials: {{api_key: "{crm_key}"}}
    extension_mapping: {{"19": "150", "18": "151", "17": "152"}}
  endpoints: [{{name: CRM feed, url: "{receiver}", events: ["call.*", "export.completed"], secret: "{secret}", format: standard}}]
"""


@dataclass
class Receiver:
    """A subscriber that keeps what it got and accepts everything."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [body for _headers, raw in list(self.got) if (body := json.loads(raw))["type"] == kind]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()


@pytest.fixture
def crm() -> Iterator[Simulator]:
    with Simulator(codes={"150": 19, "151": 18, "152": 17}, limits_rate=False).running() as simulator:
        yield simulator


@dataclass(frozen=True)
class Company:
    """A test's own, in an installation that it shares with others."""

    hub: Installation
    number: str

    @property
    def token(self) -> str:
        return f"exchange-token-of-{self.number}"

    @property
    def key(self) -> str:
        return f"key-of-the-test-0123456789-{self.number}"

    def api(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        given = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        content = json.dumps(body).encode() if body is not None else None
        answer = self.hub.request(method, path, content, given)
        return answer.status, answer.json() if answer.body else None

    def post(self, kind: str, body: dict[str, Any]) -> int:
        """What the company's exchange says."""
        content = json.dumps({**body, "Token": self.token}).encode()
        return self.hub.request("POST", f"/{kind}", content, {"Content-Type": "application/json"}).status


RABBITMQ = pytest.param("amqp_url", id="postgresql-rabbitmq", marks=pytest.mark.services)
REDIS = pytest.param("redis_url", id="postgresql-redis", marks=pytest.mark.services)


@pytest.fixture(scope="module", params=[pytest.param(None, id="sqlite"), RABBITMQ, REDIS])
def hub(
    request: pytest.FixtureRequest, start_shared_installation: StartInstallation
) -> Iterator[Installation]:
    """One after the other; with RabbitMQ it is the first start of a server, which makes all tables itself."""
    if request.param is None:
        yield request.getfixturevalue("shared_installation")
        return
    # Redis has several sets of queues: tests of single workers use the first.
    broker = re.sub(r"^(redis://[^/]+)/0$", r"\1/1", request.getfixturevalue(request.param))
    server = request.getfixturevalue("postgres_url")
    with ExitStack() as cleanup:
        cleanup.enter_context(alone_with(broker, BROKER_SECONDS))
        database = cleanup.enter_context(own_database(server, is_migrated=request.param != "amqp_url"))
        installation = start_shared_installation(
            DATABASE_URL=database, BROKER_URL=broker, EGRESS_ALLOW="127.0.0.0/8"
        )
        cleanup.callback(installation.destroy)
        yield installation


@pytest.fixture
def company(hub: Installation, crm: Simulator, receiver: Receiver, tmp_path: Path) -> Company:
    company = Company(hub, new_company_number())
    file = tmp_path / "company.yaml"
    file.write_text(
        CONFIGURATION.format(
            number=company.number, token=company.token, key=company.key, secret=SECRET,
            crm=crm.url, crm_key=crm.api_key, receiver=receiver.url,
        )
    )  # fmt: skip
    hub.manage("apply", str(file))
    return company


def test_a_call_reaches_the_crm_the_subscriber_and_the_excel_file(
    company: Company, crm: Simulator, receiver: Receiver
) -> None:
    start, dial, bridge, hangup, *_rest = [json.loads(captured.body) for captured in load("inbound_answered")]

    assert company.post("start", start) == 200
    assert company.post("dial", dial) == 200
    wait_for(lambda: crm.popups, PATIENCE_SECONDS, "no pop-up while the phone rings")
    assert not crm.calls, "the history came before the call ended"
    assert company.post("bridge", bridge) == 200
    assert company.post("hangup", hangup) == 200
    [call] = wait_for(lambda: crm.calls, PATIENCE_SECONDS, "the call did not reach the CRM's history")
    wait_for(lambda: receiver.of_type("call.ended"), PATIENCE_SECONDS, "no webhook of the end")
    wait_for(
        lambda: len(receiver.got) >= 3, PATIENCE_SECONDS, "a webhook of what came before the end is missing"
    )

    assert [(popup.user_id, popup.phone, popup.type) for popup in crm.popups] == [(19, "375291234570", "in")]
    assert (call.phone, call.type, call.result, call.code) == ("375291234570", "in", "answered", "150")
    assert Counter(json.loads(raw)["type"] for _headers, raw in receiver.got) == {
        "call.started": 1,
        "call.answered": 1,
        "call.ended": 1,
    }
    for headers, raw in receiver.got:
        Webhook(SECRET).verify(raw.decode(), headers)

    status, listed = company.api("GET", "/api/v1/calls")
    assert status == 200
    [row] = listed["results"]
    assert (row["direction"], row["status"], row["client_number"]) == ("in", "answered", "+375291234570")
    assert company.hub.get(f"/api/v1/calls/{row['id']}").status == 401

    status, export = company.api("POST", "/api/v1/exports", {"dataset": "calls", "format": "xlsx"})
    assert status == 201, export
    done = wait_for(lambda: finished(company, export["id"]), PATIENCE_SECONDS, "the export did not finish")
    assert done["state"] == "done", done
    download = f"/api/v1/exports/{export['id']}/download"
    file = company.hub.request("GET", download, headers={"Authorization": f"Bearer {company.key}"})
    sheet = openpyxl.load_workbook(BytesIO(file.body)).worksheets[0]
    assert sheet.max_row == 2
    assert "+375291234570" in [str(cell.value) for cell in sheet[2]]
    wait_for(lambda: receiver.of_type("export.completed"), PATIENCE_SECONDS, "no webhook of the export")


def finished(company: Company, export_id: str) -> Any:
    _status, export = company.api("GET", f"/api/v1/exports/{export_id}")
    return export if export["state"] not in ("pending", "running") else None


def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    company: Company, crm: Simulator, receiver: Receiver
) -> None:
    count = 60
    bodies = [json.loads(captured.body) for captured in load("inbound_answered")][:4]
    kinds = ("start", "dial", "bridge", "hangup")
    killed: list[int] = []

    for number in range(count):
        for kind, body in zip(kinds, bodies, strict=True):
            fresh = {**body, "UniqueId": f"kill.{number}", "LinkedId": f"kill.{number}"}
            assert company.post(kind, fresh) == 200
        if number in (20, 40):
            killed.append(company.hub.kill("worker"))
            company.hub.wait_for_restart("worker", killed[-1])

    wait_for(
        lambda: len(crm.calls) >= count,
        120,
        lambda: f"{len(crm.calls)} of {count} calls in the history\n{company.hub.output[-3000:]}",
    )
    wait_for(
        lambda: len(receiver.of_type("call.ended")) >= count,
        120,
        lambda: f"{len(receiver.got)} webhooks\n{company.hub.output[-3000:]}",
    )
    wait_for(lambda: unfinished(company) == 0, 60, "work is left")

    externals = Counter(call.external_id for call in crm.calls)
    assert len(externals) == count
    assert set(externals.values()) == {1}
    ended = {body["data"]["external_id"] for body in receiver.of_type("call.ended")}
    assert len(ended) == count
    ids = Counter(headers["webhook-id"] for headers, _raw in receiver.got)
    types: Counter[str] = Counter()
    for headers, raw in receiver.got:
        if ids[headers["webhook-id"]]:
            types[json.loads(raw)["type"]] += 1
            ids[headers["webhook-id"]] = 0
    assert types == {"call.started": count, "call.answered": count, "call.ended": count}


def unfinished(company: Company) -> int:
    status, listed = company.api("GET", "/api/v1/deliveries?state=pending")
    assert status == 200
    return len(listed["results"])


def test_a_crm_that_is_away_gets_everything_later(
    company: Company, crm: Simulator, receiver: Receiver
) -> None:
    crm.fail("reset", path="/api/v5/telephony/")
    bodies = [json.loads(captured.body) for captured in load("inbound_answered")][:4]

    for kind, body in zip(("start", "dial", "bridge", "hangup"), bodies, strict=True):
        assert company.post(kind, body) == 200
    wait_for(lambda: crm.requests, PATIENCE_SECONDS, "the CRM was not even asked")
    crm.clear_faults()

    [call] = wait_for(lambda: crm.calls, 120, "the call did not reach the CRM after it came back")
    assert call.result == "answered"
