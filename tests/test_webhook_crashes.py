"""Webhooks between real processes: workers killed without warning, replies lost, the database gone in the middle.

Nothing is lost; what comes twice comes under the same id with the same bytes; what is in order stays in order.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.databases import on_server, own_database
from tests.installations import StartInstallation, new_company_number
from tests.processes import PATIENCE_SECONDS, Installation, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.timeout(1500)]

EVENTS = 90
KILLED_AT = (30, 60)
# On the wire, answered and not yet written down when a worker dies.
IN_HANDS = 64
CONFIGURATION = """
tenants:
- number: "{number}"
  name: June
  timezone: Europe/Minsk
  api_keys: [{{name: ci, key: "{key}", scopes: ["*"]}}]
  endpoints:
  - {{name: Plain, url: "{receiver}/plain", events: ["custom.event"], retries: 1s 2s 2s 5s 5s 5s}}
  - {{name: Strict, url: "{receiver}/strict", events: ["custom.event"], ordering_mode: strict, retries: 1s 2s 2s 5s 5s 5s}}
  - {{name: Arrays, url: "{receiver}/arrays", events: ["custom.event"], ordering_mode: strict, batch_size: 7, retries: 1s 2s 2s 5s 5s 5s}}
  - {{name: Limited, url: "{receiver}/limited", events: ["custom.event"], concurrency: 2, rate_limit: 20, retries: 1s 2s 2s 5s 5s 5s}}
"""


class Receiver:
    """Notes every request before it answers. Of every eleventh it drops the connection: what became of it nobody knows."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, bytes]] = []
        self.at_once = self.most_at_once = self.dropped = 0
        self.lock = threading.Lock()

    def of(self, path: str) -> list[tuple[str, bytes]]:
        return [(id_, body) for where, id_, body in list(self.got) if where == path]

    def names(self, path: str) -> list[str]:
        """Of events, in the order of their first arrival."""
        bodies = [json.loads(body) for _id, body in self.of(path)]
        events = [one for body in bodies for one in (body if isinstance(body, list) else [body])]
        return list(dict.fromkeys(one["data"]["name"] for one in events))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_POST(self) -> None:
        body, kept = self.rfile.read(int(self.headers["Content-Length"])), self.server.receiver
        is_limited = self.path == "/limited"
        with kept.lock:
            kept.got.append((self.path, self.headers["webhook-id"], body))
            is_dropped = len(kept.got) % 11 == 0
            kept.dropped += is_dropped
            kept.at_once += is_limited
            kept.most_at_once = max(kept.most_at_once, kept.at_once)
        threading.Event().wait(0.01)  # long enough to be killed meanwhile
        with kept.lock:
            kept.at_once -= is_limited
        if is_dropped:
            self.close_connection = True
            return
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[tuple[Receiver, str]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.receiver = kept = Receiver()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield kept, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def hub(
    request: pytest.FixtureRequest, start_installation: StartInstallation
) -> Iterator[tuple[Installation, str]]:
    """The installation and its database's URL; no server stands behind SQLite's."""
    with ExitStack() as cleanup:
        if request.param == "sqlite":
            yield start_installation(EGRESS_ALLOW="127.0.0.0/8"), ""
            return
        url = cleanup.enter_context(own_database(request.getfixturevalue("postgres_url"), is_migrated=True))
        installation = start_installation(DATABASE_URL=url, EGRESS_ALLOW="127.0.0.0/8")
        cleanup.callback(installation.destroy)
        yield installation, url


def restart_database(url: str) -> None:
    """What everybody sees of it: open connections break, and for a moment there are no new ones."""
    name = url.rpartition("/")[2]
    with on_server(url) as server:
        server.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url).close()
        server.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")


def test_killed_workers_lost_replies_and_a_database_that_was_away(
    hub: tuple[Installation, str], receiver: tuple[Receiver, str], tmp_path: Path
) -> None:
    installation, database = hub
    kept, url = receiver
    number = new_company_number()
    key = f"key-of-the-crash-test-0123456789-{number}"
    file = tmp_path / "company.yaml"
    file.write_text(CONFIGURATION.format(number=number, key=key, receiver=url))
    installation.manage("apply", str(file))
    names = [f"event {number:03}" for number in range(EVENTS)]

    for place, name in enumerate(names):
        wait_for(lambda name=name: publish(installation, key, name), PATIENCE_SECONDS, "it is not taken")
        if place in KILLED_AT:
            killed = installation.kill("worker")
            installation.wait_for_restart("worker", killed)
        elif place == EVENTS // 2 and database:
            restart_database(database)

    for path in ("/plain", "/strict", "/arrays", "/limited"):
        wait_for(
            lambda path=path: set(kept.names(path)) == set(names),
            300,
            lambda path=path: f"{path}: {len(kept.names(path))} of {EVENTS}\n{installation.output[-3000:]}",
        )
    wait_for(lambda: pending(installation, key) == 0, PATIENCE_SECONDS, "work is left")

    for path in ("/strict", "/arrays"):
        assert kept.names(path) == names, path
    for path in ("/plain", "/strict", "/arrays", "/limited"):
        times = Counter(id_ for id_, _body in kept.of(path))
        bodies = {(id_, body) for id_, body in kept.of(path)}
        assert len(bodies) == len(times), f"{path}: one id with different bytes"
        assert sum(times.values()) - len(times) <= kept.dropped + len(KILLED_AT) * IN_HANDS + EVENTS // 2
    # Nobody's share is believed in longer than the killed worker's requests could last.
    assert kept.most_at_once <= 2


def publish(installation: Installation, key: str, name: str) -> bool:
    """Under a key of its own, so that asking twice publishes once."""
    body = json.dumps({"type": "custom.event", "key": name, "data": {"name": name}}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    return installation.request("POST", "/api/v1/events", body, headers).status in (200, 201)


def pending(installation: Installation, key: str) -> int:
    answer = installation.request(
        "GET", "/api/v1/deliveries?state=pending", headers={"Authorization": f"Bearer {key}"}
    )
    return len(answer.json()["results"]) if answer.status == 200 else -1
