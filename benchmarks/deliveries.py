"""Webhooks: deliveries per second, CPU and memory of a worker, and how long after `emit()` the request arrives.

Switchboard's own worker beside Celery workers (threads) that do one task for each delivery, by hand and by django-webhook,
in turns, round after round, on PostgreSQL and the same broker. Everybody signs 450 bytes, reads rows and writes the attempt
back; a receiver of raw sockets notes when each request came. Then receivers that take 50 ms, and a steady trickle. The peers'
environment is made below var/ at the first run; `--no-peers` leaves them out.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import servers
from benchmarks.figures import median, percentile, spread, table
from benchmarks.installation import Installation, installed
from benchmarks.peers import Peers
from benchmarks.recorder import Recorder, recording
from benchmarks.usage import Usage

KEY = "webhook-id: *([^\r\n]+)"
ENDPOINTS = 8
"""Receivers; each is a host of its own to the limit of connections a host."""
ANSWER = b'{"ok":true}'
PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Run:
    per_second: float
    cpu_per_thousand: float
    peak_mb: float


def _drain(receiver: Recorder, count: int, usage: Callable[[], Usage]) -> Run:
    """Wait until `count` requests have come; the rate is counted from the first of them to the last."""
    arrivals: list[float] = []
    before, deadline = usage(), time.monotonic() + PATIENCE
    while len(arrivals) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {len(arrivals)} of {count} requests came")
        time.sleep(0.05)
        arrivals += [at for at, _key in receiver.take()]
    time.sleep(0.5)  # what came is written down: it belongs to the cost
    after, seconds = usage(), max(arrivals) - min(arrivals)
    return Run((count - 1) / seconds, (after.cpu_seconds - before.cpu_seconds) / count * 1000, after.peak_mb)


class Switchboard:
    def __init__(self, installation: Installation, receiver: Recorder) -> None:
        self._installation, self._receiver = installation, receiver
        urls = [f"http://127.0.0.1:{port}/hook" for port in receiver.ports]
        installation.call("benchmarks.seed:subscribers", urls=urls)

    def run(self, count: int) -> Run:
        """All rows are there before the worker starts; making deliveries of the events is part of the work."""
        self._installation.call("benchmarks.seed:events", count=count // ENDPOINTS)
        worker = self._installation.start_role("worker")
        try:
            # What it costs to start is not what a delivery costs.
            self._installation.wait(lambda: self._receiver.has_any(), worker)
            return _drain(
                self._receiver, count // ENDPOINTS * ENDPOINTS, lambda: self._installation.usage(worker)
            )
        finally:
            self._installation.stop(worker)


@contextmanager
def _peers(broker: str, receiver: Recorder) -> Iterator[Peers]:
    with TemporaryDirectory() as folder, servers.database("postgresql", Path(folder)) as url:
        yield Peers(url, broker, [f"http://127.0.0.1:{port}/hook" for port in receiver.ports])


def _run_peer(peers: Peers, kind: str, receiver: Recorder, count: int) -> Run:
    peers.enqueue(kind, count)
    with peers.worker() as worker:
        deadline = time.monotonic() + PATIENCE
        while not receiver.has_any():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{kind}: nothing came")
            time.sleep(0.02)
        return _drain(receiver, count, worker.usage)


def throughput(engine: str, options: argparse.Namespace, delay: float) -> list[tuple[Any, ...]]:
    found: dict[str, list[Run]] = defaultdict(list)
    with (
        recording(KEY, ANSWER, listeners=ENDPOINTS, delay=delay) as receiver,
        installed(engine, options.broker if engine == "postgresql" else "files") as installation,
    ):
        own = Switchboard(installation, receiver)
        own.run(ENDPOINTS * 20)  # warm: compiled files, statistics
        with_peers = options.peers and engine == "postgresql" and servers.is_there(options.broker)
        if with_peers:
            with _peers(options.broker, receiver) as peers:
                for _ in range(options.rounds):
                    found["Switchboard"].append(own.run(options.count))
                    found["Celery, a task each"].append(
                        _run_peer(peers, "celery", receiver, options.peer_count)
                    )
                    found["django-webhook"].append(
                        _run_peer(peers, "django-webhook", receiver, options.peer_count)
                    )
        else:
            found["Switchboard"] = [own.run(options.count) for _ in range(options.rounds)]
    mine = median([run.per_second for run in found["Switchboard"]])
    return [
        (
            engine, f"{delay * 1000:.0f} ms", name, spread([run.per_second for run in runs]),
            f"{mine / median([run.per_second for run in runs]):.1f}×",
            f"{median([run.cpu_per_thousand for run in runs]):.2f}",
            f"{max(run.peak_mb for run in runs):.0f}",
        )
        for name, runs in found.items()
    ]  # fmt: skip


def latency(engine: str, options: argparse.Namespace) -> tuple[Any, ...]:
    """`emit()` at a steady rate in one process, a worker in another."""
    broker = options.broker if engine == "postgresql" and servers.is_there(options.broker) else "files"
    with recording(KEY, ANSWER) as receiver, installed(engine, broker) as installation:
        url = f"http://127.0.0.1:{receiver.ports[0]}/hook"
        installation.call("benchmarks.seed:subscribers", urls=[url])
        worker = installation.start_worker()
        installation.call("benchmarks.seed:emit_steadily", rate=20, seconds=2)
        receiver.take()
        before, began = installation.usage(worker), time.monotonic()
        told = installation.call("benchmarks.seed:emit_steadily", rate=options.rate, seconds=options.seconds)
        took = time.monotonic() - began
        share = (installation.usage(worker).cpu_seconds - before.cpu_seconds) / took
        time.sleep(1.0)
        came = {key: at for at, key in reversed(receiver.take())}
    waits = [(came[key] - at) * 1000 for key, at in told["emitted"].items() if key in came]
    return (
        engine, f"{options.rate:g}", len(told["emitted"]), len(waits),
        f"{percentile(waits, 50):.1f} / {percentile(waits, 99):.1f}",
        f"{percentile(told['emit_ms'], 50):.2f}", f"{share:.0%}",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    servers.add_engine_option(parser)
    parser.add_argument("--broker", choices=("rabbitmq", "redis"), default="redis")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=16_000, help="deliveries of ours in a round")
    parser.add_argument("--peer-count", type=int, default=400, help="deliveries of each peer in a round")
    parser.add_argument(
        "--delays", type=float, nargs="+", default=[0.0, 0.05], help="seconds until a receiver answers"
    )
    parser.add_argument("--rate", type=float, default=50.0, help="events per second of the trickle")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    options = parser.parse_args()
    engines = servers.engines(options.engines)
    rows = [
        row for engine in engines for delay in options.delays for row in throughput(engine, options, delay)
    ]
    heads = (
        "database",
        "receiver",
        "design",
        "deliveries/s",
        "Switchboard ÷ it",
        "CPU s per 1,000",
        "peak, MB",
    )
    print("\nWebhook deliveries\n")
    print(table(heads, rows), flush=True)
    trickle = [latency(engine, options) for engine in engines]
    heads = (
        "database",
        "events/s",
        "emitted",
        "arrived",
        "emit → arrival p50 / p99, ms",
        "emit p50, ms",
        "worker's core",
    )
    print("\nA steady trickle\n")
    print(table(heads, trickle), flush=True)


if __name__ == "__main__":
    main()
