"""Smart redirect: how long a dialplan waits for its answer, with a CRM that takes 300 ms, and when the answer is known.

Questions come at a steady rate, each over a connection of its own as `CURL()` makes it, with other numbers (the CRM is asked)
and then with the same ones under new call ids (nobody is asked). Then the CRM hangs: the exchange must have its empty answer in
time all the same. One web process, as `manage.py serve` starts it.
"""

import argparse
import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from benchmarks import servers
from benchmarks.figures import median, number, percentile, table
from benchmarks.installation import Installation, installed

CRM_SECONDS = 0.3
HANG_SECONDS = 5.0
TOKEN = "benchmark-token-of-an-exchange"
COMPANIES = 4
"""Several, because the CRM's own limit of requests is not what is measured."""


class Crm(BaseHTTPRequestHandler):
    """Knows every number; its manager is user 19 with extension 150."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        time.sleep(self.server.seconds)
        answer = {
            "success": True,
            "manager": {"id": 19, "code": "150"},
            "customer": {"id": 7, "firstName": "Client"},
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        with suppress(ConnectionError):
            self.end_headers()
        with suppress(ConnectionError):  # who asked may have stopped waiting
            self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        pass


class CrmServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    seconds = CRM_SECONDS


@contextmanager
def crm() -> Iterator[CrmServer]:
    with CrmServer(("127.0.0.1", 0), Crm) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def prepare(url: str) -> int:
    """Runs inside: companies whose exchange may ask, and whose CRM is that one."""
    from integrations.actions.save_integration import create_integration
    from integrations.models import Integration
    from telephony.models import Pbx, RedirectSettings
    from tenants.models import Tenant
    from tenants.scoping import tenant_scope

    for place in range(COMPANIES):
        tenant = Tenant.objects.create(
            number=f"{7000 + place}", name=f"Company {place}", timezone="UTC", phone_region="BY"
        )
        with tenant_scope(tenant):
            made: Integration = create_integration(
                tenant, "retailcrm", name="CRM", settings={"url": url}, credentials={"api_key": "benchmark"}
            )
            Pbx.objects.create(tenant=tenant, name="main", token=f"{TOKEN}-{place}")
            RedirectSettings.objects.create(tenant=tenant, is_enabled=True, remembers_minutes=60)
    return Integration._base_manager.count() + bool(made)


def phone(place: int) -> str:
    return f"%2B37529{place:07d}"


async def ask(port: int, tenant: int, who: int, call: str) -> tuple[float, str]:
    """Milliseconds, and the answer."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    path = f"/redirect?token={TOKEN}-{tenant}&phone={phone(who)}&uid={call}"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n".encode())
    raw = await reader.read()
    writer.close()
    head, _, body = raw.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode("latin-1"))
    return (time.perf_counter() - began) * 1000, body.decode()


async def steadily(port: int, rate: float, count: int, name: str, first: int = 0) -> list[tuple[float, str]]:
    began, asked = time.perf_counter(), []
    for place in range(count):
        await asyncio.sleep(max(began + place / rate - time.perf_counter(), 0))
        work = ask(port, place % COMPANIES, first + place, f"{name}-{place}")
        asked.append(asyncio.ensure_future(work))
    return list(await asyncio.gather(*asked))


def measure(installation: Installation, server: CrmServer, rate: float, count: int) -> dict[str, Any]:
    port = installation.port
    asyncio.run(steadily(port, rate, COMPANIES, "warm", 9_000_000))
    found = {"the CRM takes 300 ms": asyncio.run(steadily(port, rate, count, "asked"))}
    found["remembered"] = asyncio.run(steadily(port, rate, count, "known"))
    server.seconds = HANG_SECONDS
    found["the CRM hangs"] = asyncio.run(steadily(port, rate, count // 4, "hangs", 5_000_000))
    server.seconds = CRM_SECONDS
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    servers.add_engine_option(parser)
    parser.add_argument("--rate", type=float, default=10.0, help="questions a second")
    parser.add_argument("--count", type=int, default=300)
    options = parser.parse_args()
    rows: list[tuple[Any, ...]] = []
    for engine in servers.engines(options.engines):
        with installed(engine) as installation, crm() as server:
            installation.call("benchmarks.redirect:prepare", url=f"http://127.0.0.1:{server.server_port}")
            installation.start_web()
            for name, answers in measure(installation, server, options.rate, options.count).items():
                times = [one for one, _body in answers]
                told = sum(body == "150" for _one, body in answers)
                figures = (number(median(times)), number(percentile(times, 99)), number(max(times)))
                rows.append((name, engine, *figures, f"{told} of {len(answers)}"))
    print(f"\nA dialplan's wait for its answer, {options.rate:g} questions a second\n")
    print(
        table(("when", "database", "p50, ms", "p99, ms", "worst, ms", "got an extension"), rows), flush=True
    )


if __name__ == "__main__":
    main()
