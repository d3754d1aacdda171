"""`manage.py replay` against a small real server."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from telephony import scenarios
from telephony.models import Call, CallEvent
from telephony.scenarios import packets
from telephony.tests.factories import make_pbx
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain

Received = list[tuple[str, list[tuple[str, str]], str]]


@pytest.fixture
def hub() -> Iterator[tuple[str, Received]]:
    received: Received = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.append((self.path, list(self.headers.items()), body))
            self.send_response(401 if "wrong-token" in body else 200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    thread.join()
    server.server_close()


pytestmark = pytest.mark.django_db


def replay(*arguments: str, **options: object) -> str:
    out = StringIO()
    call_command("replay", *arguments, stdout=out, **options)
    return out.getvalue()


def test_a_call_is_posted_in_order_with_its_token_and_new_ids(hub: tuple[str, Received]) -> None:
    url, received = hub

    output = replay("inbound_answered", "--url", url, "--token", "my-own-token-1", "--speed", "0")

    assert [path for path, _headers, _body in received] == [
        "/start",
        "/dial",
        "/bridge",
        "/hangup",
        "/download",
    ]
    bodies = [json.loads(body) for _path, _headers, body in received]
    assert {body["Token"] for body in bodies} == {"my-own-token-1"}
    [uid] = {body["UniqueId"] for body in bodies}
    assert uid.startswith("bed-pbx-1795254021.57-r")
    assert output.count("200") == 5


def test_repeated_headers_are_sent_as_captured(hub: tuple[str, Received]) -> None:
    url, received = hub

    replay("mode_curl", "--url", url, "--token", "my-own-token-1", "--speed", "0")

    kinds = [sum(name == "Content-Type" for name, _value in headers) for _path, headers, _body in received]
    assert kinds == [1, 2, 1, 3, 1]


def test_repeats_are_different_calls_unless_told(hub: tuple[str, Received]) -> None:
    url, received = hub

    replay("inbound_missed", "--url", url, "--token", "my-own-token-1", "--speed", "0", "--repeat", "2")
    fresh = {json.loads(body)["UniqueId"] for _path, _headers, body in received}
    received.clear()
    replay(
        "inbound_missed",
        "--url",
        url,
        "--token",
        "my-own-token-1",
        "--speed",
        "0",
        "--repeat",
        "2",
        "--no-fresh-ids",
    )
    same = {json.loads(body)["UniqueId"] for _path, _headers, body in received}

    assert (len(fresh), len(same)) == (2, 1)


def test_a_file_and_the_list(hub: tuple[str, Received], tmp_path: Path) -> None:
    url, received = hub
    file = tmp_path / "mine.jsonl"
    file.write_text('{"offset": 0, "path": "/start", "body": "Token=x&UniqueId=1"}\n')

    replay(str(file), "--url", url, "--token", "my-own-token-1", "--speed", "0")

    assert received[0][0] == "/start"
    assert replay("--list").split() == scenarios.names()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nothing"], "neither a scenario nor a file"),
        ([], "Name a scenario"),
        (["mode_curl", "--url", "ftp://x", "--token", "t"], "not an http address"),
        (["mode_curl", "--url", "http://127.0.0.1:9", "--token", "t"], "does not answer"),
        (["mode_curl"], "no enabled exchange"),
    ],
)
def test_mistakes_are_said_in_words(arguments: list[str], text: str) -> None:
    with pytest.raises(CommandError, match=text):
        replay(*arguments)


def test_a_refused_token_is_an_error(hub: tuple[str, Received]) -> None:
    with pytest.raises(CommandError, match="5 requests were refused"):
        replay("inbound_answered", "--url", hub[0], "--token", "wrong-token", "--speed", "0")


def test_the_packets_of_a_call_are_stored_as_a_listener_would() -> None:
    pbx = make_pbx(make_tenant(number="0777"))

    for _again in range(2):
        output = replay("pickup", "--source", "ami", "--tenant", "0777", "--speed", "0")
        drain("calls.fold")

    assert f"pickup: {len(packets.load_packets('pickup'))} packets for {pbx.name}" in output
    with all_tenants():
        calls = Call.objects.filter(pbx=pbx, merged_into__isnull=True)
        assert [(call.direction, call.status, call.responsible) for call in calls] == [
            ("in", "answered", "151")
        ] * 2
        assert set(CallEvent.objects.values_list("source", flat=True)) == {"ami"}


def test_packets_need_a_scenario_and_an_exchange_of_this_installation() -> None:
    with pytest.raises(CommandError, match="no such enabled exchange"):
        replay("pickup", "--source", "ami", "--tenant", "0777")
    make_pbx(make_tenant(number="0777"))
    with pytest.raises(CommandError, match="no scenario of the manager interface"):
        replay("mode_form", "--source", "ami", "--tenant", "0777")


def test_the_packets_scenarios_are_listed() -> None:
    assert replay("--list", "--source", "ami").split() == packets.packet_names()
