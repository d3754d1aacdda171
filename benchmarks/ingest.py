"""Events of telephone exchanges over real HTTP: the real front, a bare view of the same server, an ORM view behind it and at gunicorn.

They are measured in turns, round after round, at each number of connections. Every answered event must be a row.
"""

import argparse
from collections import defaultdict
from dataclasses import dataclass

from benchmarks import exchange, load, servers
from benchmarks.figures import median, percentile, spread, table
from benchmarks.installation import Installation, answers, free_port, installed

MOST_PER_SECOND = 30_000  # bodies made in advance for each second


@dataclass(frozen=True, slots=True)
class Peer:
    name: str
    path: str
    port: int
    stores: bool


class Numbers:
    """Hands out ranges of call numbers that were never used before."""

    def __init__(self) -> None:
        self._next = 1

    def take(self, count: int) -> range:
        self._next += count
        return range(self._next - count, self._next)


def measure(engine: str, connections: list[int], rounds: int, seconds: float) -> None:
    with installed(engine) as installation:
        installation.call("benchmarks.seed:companies", count=1)
        installation.start_web()
        same = _start(installation, "benchmarks.ingest_peers")
        gunicorn = _start(installation, "benchmarks.ingest_gunicorn")
        peers = [
            Peer("Switchboard", "/start", installation.port, stores=True),
            Peer("bare view", "/bare", same, stores=False),
            Peer("ORM view, same server", "/orm", same, stores=True),
            Peer("ORM view, gunicorn", "/orm", gunicorn, stores=True),
        ]
        results = _play(installation, peers, connections, rounds, seconds)
    _print(engine, peers, connections, results)


def _start(installation: Installation, module: str) -> int:
    """The port where it answers."""
    port = free_port()
    process = installation.start("-m", module, port=port)
    installation.wait(lambda: answers(port), process)
    return port


Results = dict[tuple[int, str], list[load.Result]]


def _play(
    installation: Installation, peers: list[Peer], connections: list[int], rounds: int, seconds: float
) -> Results:
    results: Results = defaultdict(list)
    numbers = Numbers()
    for peer in peers:
        _post(installation, peer, numbers, 4, 1.0)  # warm
    for _ in range(rounds):
        for count in connections:
            for peer in peers:
                results[count, peer.name].append(_post(installation, peer, numbers, count, seconds))
    return results


def _post(
    installation: Installation, peer: Peer, numbers: Numbers, connections: int, seconds: float
) -> load.Result:
    before = installation.count("telephony_callevent")
    bodies = numbers.take(int(MOST_PER_SECOND * seconds))
    result = load.post(peer.port, peer.path, exchange.event, bodies, connections, seconds)
    stored = installation.count("telephony_callevent") - before
    answered = result.statuses.get(200, 0)
    if stored != (answered if peer.stores else 0):
        raise RuntimeError(f"{peer.name}: {answered} were answered 200, {stored} rows are there")
    return result


def _print(engine: str, peers: list[Peer], connections: list[int], results: Results) -> None:
    rows = []
    for count in connections:
        own = median([one.per_second for one in results[count, peers[0].name]])
        for peer in peers:
            found = results[count, peer.name]
            rate = median([one.per_second for one in found])
            latencies = [latency for one in found for latency in one.latencies]
            refused = sum(sum(one.statuses.values()) - one.statuses.get(200, 0) for one in found)
            rows.append(
                (
                    count, peer.name, spread([one.per_second for one in found]),
                    f"{percentile(latencies, 50):.1f} / {percentile(latencies, 99):.1f}",
                    f"{own / rate:.2f}×", refused, f"{median([one.cpu_share for one in found]):.0%}",
                )
            )  # fmt: skip
    print(f"\nIngest, {engine}; every answer 200 had its row\n")
    heads = (
        "connections",
        "view",
        "requests/s",
        "p50 / p99, ms",
        "Switchboard ÷ it",
        "not 200",
        "generator's core",
    )
    print(table(heads, rows), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    servers.add_engine_option(parser)
    parser.add_argument("--connections", type=int, nargs="+", default=[16, 32, 64])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    for engine in servers.engines(options.engines):
        measure(engine, options.connections, options.rounds, options.seconds)


if __name__ == "__main__":
    main()
