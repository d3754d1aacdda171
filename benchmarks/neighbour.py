"""`python -m benchmarks.neighbour`: what a dead endpoint with a hundred thousand due deliveries costs another one.

A steady trickle and a burst go to an endpoint that answers: alone, beside one with as many deliveries of which none is due yet, and
when all of them are due and nobody listens there. The rows alone make tables larger: what is compared is due and not due. Times are from `emit()` to the arrival of the request; the worker is the one that `serve` starts.
"""

import argparse
import time
from dataclasses import dataclass
from typing import Any

from benchmarks import servers
from benchmarks.deliveries import ANSWER, KEY
from benchmarks.figures import percentile, table
from benchmarks.installation import Installation, free_port, installed
from benchmarks.recorder import Recorder, recording

PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Run:
    """Milliseconds from emit to arrival in the trickle, and arrivals a second of the burst."""

    waits: list[float]
    per_second: float


def _measured(installation: Installation, receiver: Recorder, options: argparse.Namespace) -> Run:
    installation.call("benchmarks.seed:emit_steadily", rate=20, seconds=2)
    time.sleep(1.0)
    receiver.take()
    told = installation.call("benchmarks.seed:emit_steadily", rate=options.rate, seconds=options.seconds)[
        "emitted"
    ]
    arrived = {key: at for at, key in reversed(_take(receiver, len(told)))}
    waits = [(arrived[key] - at) * 1000 for key, at in told.items()]
    installation.call("benchmarks.seed:events", count=options.burst)
    at = sorted(at for at, _key in _take(receiver, options.burst))
    return Run(waits, (options.burst - 1) / (at[-1] - at[0]))


def _take(receiver: Recorder, count: int) -> list[tuple[float, str]]:
    found: list[tuple[float, str]] = []
    deadline = time.monotonic() + PATIENCE
    while len(found) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {len(found)} of {count} requests came")
        time.sleep(0.05)
        found += receiver.take()
    return found


def compared(engine: str, options: argparse.Namespace) -> list[tuple[Any, ...]]:
    broker = options.broker if engine == "postgresql" and servers.is_there(options.broker) else "files"
    with recording(KEY, ANSWER) as receiver, installed(engine, broker) as installation:
        installation.call("benchmarks.seed:subscribers", urls=[f"http://127.0.0.1:{receiver.ports[0]}/hook"])
        worker = installation.start_worker()
        alone = _measured(installation, receiver, options)
        installation.call(
            "benchmarks.seed:backlog", url=f"http://127.0.0.1:{free_port()}/dead", count=options.dead
        )
        waiting = _measured(installation, receiver, options)
        installation.call("benchmarks.seed:become_due")
        _settle_down(installation, worker)
        beside = _measured(installation, receiver, options)
        due = installation.call("benchmarks.seed:due")
    return [
        _row(engine, "alone", alone, waiting, 0),
        _row(engine, "beside it, nothing due", waiting, waiting, 0),
        _row(engine, "beside it", beside, waiting, due),
    ]


def _settle_down(installation: Installation, worker: Any) -> None:
    """Until the worker has found out that nobody is there."""
    installation.wait(lambda: installation.call("benchmarks.seed:open_circuits") > 0, worker)


def _row(engine: str, name: str, run: Run, base: Run, due: int) -> tuple[Any, ...]:
    p50, p95 = percentile(run.waits, 50), percentile(run.waits, 95)
    return (
        engine, name, due, f"{p50:.1f} / {p95:.1f}", f"{p95 / percentile(base.waits, 95) - 1:+.0%}",
        f"{run.per_second:,.0f}", f"{run.per_second / base.per_second - 1:+.0%}",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    servers.add_engine_option(parser)
    parser.add_argument("--broker", choices=("rabbitmq", "redis"), default="redis")
    parser.add_argument("--dead", type=int, default=100_000, help="due deliveries of the dead endpoint")
    parser.add_argument("--rate", type=float, default=50.0, help="events per second of the trickle")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--burst", type=int, default=5_000, help="events at once")
    options = parser.parse_args()
    rows = [row for engine in servers.engines(options.engines) for row in compared(engine, options)]
    heads = (
        *("database", "the endpoint", "due of the dead one", "emit → arrival p50 / p95, ms"),
        *("p95", "burst, a second", "burst"),
    )
    print("\nA dead neighbour\n")
    print(table(heads, rows), flush=True)


if __name__ == "__main__":
    main()
