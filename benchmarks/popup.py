"""Pop-ups: from the moment in which the exchange has its 200 to the first byte of the request at the CRM.

A call is its `start` and, as captured from a real exchange, 8 ms later its `dial`, which makes the phone ring and
the pop-up due; `--whole` lets it be answered and hung up as well, so that hang-up and upload keep the worker busy. Calls come at
a steady rate, whatever happens to them. Ten companies share them, so that the CRM's own rate limit (40 requests a
second each) is not what is measured. One web process, one worker, started as `manage.py serve` starts them. With
`--beside-export` and `--beside-sync` they do other work all the while.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import beside, exchange, load, servers
from benchmarks.figures import percentile, table
from benchmarks.installation import Installation, installed
from benchmarks.recorder import Recorder, recording
from benchmarks.usage import Usage

COMPANIES = 10
SETUPS = (("sqlite", "files"), ("postgresql", "rabbitmq"), ("postgresql", "redis"))
DIAL_AFTER = 0.008
ANSWER_AFTER, HANGUP_AFTER = 0.5, 1.0
SETTLE_SECONDS = 1.5
# RetailCRM's answer to a call event.
CRM_ANSWER = b'{"success":true,"notExistCodes":[]}'


@dataclass(frozen=True, slots=True)
class Row:
    rate: float
    calls: int
    latencies: list[float]
    worker_share: float


class Exchange:
    """Posts events on a few kept connections; knows when each `dial` was answered."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.accepted: dict[str, float] = {}

    async def call(self, number: int, whole: bool) -> None:
        tenant = number % COMPANIES
        began = time.monotonic()
        await self._post("/start", exchange.event(number, tenant))
        await asyncio.sleep(max(began + DIAL_AFTER - time.monotonic(), 0))
        await self._post("/dial", exchange.event(number, tenant, rings=True))
        self.accepted[exchange.phone(number)] = time.monotonic()
        if whole:
            await asyncio.sleep(ANSWER_AFTER)
            await self._post("/bridge", exchange.event(number, tenant, rings=True))
            await asyncio.sleep(HANGUP_AFTER - ANSWER_AFTER)
            await self._post("/hangup", exchange.event(number, tenant, is_over=True))

    async def _post(self, path: str, body: bytes) -> None:
        reader, writer = (
            self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        )
        writer.write(load.request(path, body))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        await reader.readexactly(load.length(head))
        self._idle.append((reader, writer))


async def _calls(port: int, rate: float, numbers: range, whole: bool) -> dict[str, float]:
    pbx = Exchange(port)
    begin = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as group:
        for place, number in enumerate(numbers):
            await asyncio.sleep(begin + place / rate - asyncio.get_running_loop().time())
            group.create_task(pbx.call(number, whole))
    return pbx.accepted


def measure(engine: str, broker: str, options: argparse.Namespace) -> Iterator[Row]:
    with (
        recording(exchange.PHONE_IN_FORM, CRM_ANSWER, listeners=COMPANIES) as crm,
        installed(engine, broker) as installation,
    ):
        installation.call("benchmarks.seed:companies", count=COMPANIES, crm_ports=crm.ports)
        installation.start_web()
        worker = installation.start_worker()
        first = 1
        _warm(installation, crm)
        with beside.at_work(installation, options) as other:
            for rate in options.rates:
                first += 100_000
                numbers = range(first, first + max(round(rate * options.seconds), 5))
                before, since = installation.usage(worker), time.monotonic()
                accepted = asyncio.run(_calls(installation.port, rate, numbers, options.whole))
                share = _share(before, installation.usage(worker), time.monotonic() - since)
                time.sleep(SETTLE_SECONDS)
                yield Row(rate, len(numbers), list(_latencies(accepted, crm.take())), share)
        if options.beside_export or options.beside_sync:
            print(f"{engine} + {broker}: {other}", flush=True)


def _warm(installation: Installation, crm: Recorder) -> None:
    """Every company's connection to its CRM, and every import."""
    asyncio.run(_calls(installation.port, 20, range(50_000, 50_000 + 4 * COMPANIES), whole=False))
    time.sleep(SETTLE_SECONDS)
    crm.take()


def _share(before: Usage, after: Usage, seconds: float) -> float:
    return (after.cpu_seconds - before.cpu_seconds) / seconds


def _latencies(accepted: dict[str, float], arrivals: list[tuple[float, str]]) -> Iterator[float]:
    """Milliseconds; a call's first request at the CRM is its pop-up."""
    first: dict[str, float] = {}
    for at, phone in arrivals:
        first[phone] = min(at, first.get(phone, at))
    for phone, at in accepted.items():
        if phone in first:
            yield (first[phone] - at) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=float, nargs="+", default=[1, 10, 100])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument(
        "--setups", nargs="+", default=["+".join(setup) for setup in SETUPS], metavar="ENGINE+BROKER"
    )
    parser.add_argument("--whole", action="store_true", help="calls are answered and hung up, too")
    beside.add_options(parser)
    options = parser.parse_args()
    rows = []
    for setup in options.setups:
        engine, _plus, broker = setup.partition("+")
        if servers.engines([engine]) and servers.is_there(broker):
            rows += [_shown(setup, row) for row in measure(engine, broker, options)]
    print(
        "\nPop-up latency, event accepted → first byte at the CRM"
        + (", whole calls" if options.whole else "")
        + "\n"
    )
    print(
        table(
            (
                "database + broker",
                "calls/s",
                "calls",
                "pop-ups",
                "p50, ms",
                "p99, ms",
                "worker's core",
            ),
            rows,
        )
    )


def _shown(setup: str, row: Row) -> tuple[object, ...]:
    half, most = percentile(row.latencies, 50), percentile(row.latencies, 99)
    return (
        setup.replace("+", " + "), f"{row.rate:g}", row.calls, len(row.latencies),
        f"{half:.1f}", f"{most:.1f}", f"{row.worker_share:.0%}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
