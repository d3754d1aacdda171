"""What it costs to make calls of events: the pure fold of one call, and the whole step with its database.

Every captured scenario (telephony/scenarios/) is folded. The whole step is what a worker does for an arriving event: read
the call's events, fold them, write call, participants, notifications, events and their leased work; alone and in a batch.
"""

import argparse
import time
from functools import partial
from typing import Any

from benchmarks import servers
from benchmarks.figures import median, percentile, table
from benchmarks.installation import installed

BATCH = 64


def pure(rounds: int) -> dict[str, list[float]]:
    """Runs inside: scenario -> microseconds of folding all of its events."""
    from datetime import UTC, datetime, timedelta
    from zoneinfo import ZoneInfo

    from telephony.fold import fold, read
    from telephony.ingest.parse import parse
    from telephony.scenarios import load, names

    found: dict[str, list[float]] = {}
    begin = datetime.now(UTC)
    for name in names():
        seen = []
        for post in load(name):
            event = parse(post.body.encode(), post.path.strip("/").rpartition("/")[2], "")
            seen.append(
                read(
                    key=event.digest.hex(), kind=event.kind, at=begin + timedelta(seconds=post.offset), payload=event.payload | event.sealed,
                    channel=event.unique_id, linked=event.linked_id, zone=ZoneInfo("Europe/Minsk"), is_degraded=bool(event.degraded),
                )
            )  # fmt: skip
        found[name] = [_microseconds(partial(fold, seen, "BY")) for _ in range(rounds)]
    return found


def whole(batches: int) -> dict[str, list[float]]:
    """Runs inside: microseconds for each event, folded alone and 64 in one batch."""
    from benchmarks.exchange import event
    from telephony.actions.fold_calls import fold_calls
    from telephony.ingest.parse import parse
    from telephony.ingest.tokens import load
    from telephony.ingest.writer import arrived, insert

    [source] = load().values()

    def stored(numbers: range, **values: bool) -> list[Any]:
        kind = "dial" if values.get("rings") else "start"
        new = [arrived(source, parse(event(number, **values), kind, ""), "127.0.0.1") for number in numbers]
        insert(new)
        return [one.id for one in new]

    alone: list[float] = []
    together: list[float] = []
    for place in range(batches):
        first = 1 + place * BATCH
        fold_calls(stored(range(first, first + BATCH)))
        dials = stored(range(first, first + BATCH), rings=True)
        alone += [_microseconds(partial(fold_calls, [one])) for one in dials[:8]]
        together.append(_microseconds(partial(fold_calls, dials[8:])) / (BATCH - 8))
    return {"alone": alone, "together": together}


def _microseconds(act: Any) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    servers.add_engine_option(parser)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--batches", type=int, default=20)
    options = parser.parse_args()
    rows: list[tuple[Any, ...]] = []
    for engine in servers.engines(options.engines):
        with installed(engine) as installation:
            installation.call("benchmarks.seed:companies", count=1, crm_ports=[8089])
            if not rows:
                folds = installation.call("benchmarks.fold:pure", rounds=options.rounds)
                medians = {name: median(values) for name, values in folds.items()}
                slowest = max(medians, key=medians.__getitem__)
                rows.append(
                    (
                        "the fold alone, median of all scenarios",
                        "–",
                        f"{median(list(medians.values())):,.0f}",
                        "",
                    )
                )
                rows.append((f"the fold alone, slowest ({slowest})", "–", f"{medians[slowest]:,.0f}", ""))
            found = installation.call("benchmarks.fold:whole", batches=options.batches)
        for name, text in (
            ("alone", "the whole step, one event"),
            ("together", f"the whole step, an event of {BATCH - 8}"),
        ):
            values = found[name]
            rows.append((text, engine, f"{median(values):,.0f}", f"{percentile(values, 99):,.0f}"))
    print("\nFolding a call\n")
    print(table(("what", "database", "median, µs", "p99, µs"), rows), flush=True)


if __name__ == "__main__":
    main()
