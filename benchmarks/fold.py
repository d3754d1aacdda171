"""What it costs to make calls of events: the pure fold of one call, and the whole step with its database.

Every captured scenario (telephony/scenarios/) is folded as the dialplan, the manager interface, the call records, and all
of them together told it. The whole step is what a worker does for an arriving event: read
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


def pure(rounds: int) -> dict[str, dict[str, list[float]]]:
    """Runs inside: source -> scenario -> microseconds of reading and folding all of its events."""
    from telephony.fold import fold
    from telephony.fold.tests.captured import OURS, heard, posted, recorded
    from telephony.scenarios.packets import record_names

    found: dict[str, dict[str, list[float]]] = {"http": {}, "ami": {}, "cdr": {}, "all": {}}
    for name in record_names():
        of = {"http": posted(name), "ami": heard(name), "cdr": recorded(name)}
        of["all"] = [event for events in of.values() for event in events]
        for source, events in of.items():
            if events:
                found[source][name] = [_microseconds(partial(fold, events, OURS)) for _ in range(rounds)]
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
                for source, folds in installation.call("benchmarks.fold:pure", rounds=options.rounds).items():
                    medians = {name: median(values) for name, values in folds.items()}
                    slowest = max(medians, key=medians.__getitem__)
                    middle = median(list(medians.values()))
                    rows.append(
                        (f"the fold alone, {source}, median of all scenarios", "–", f"{middle:,.0f}", "")
                    )
                    rows.append(
                        (
                            f"the fold alone, {source}, slowest ({slowest})",
                            "–",
                            f"{medians[slowest]:,.0f}",
                            "",
                        )
                    )
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
