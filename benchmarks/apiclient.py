"""What a call to an outside system costs: the ApiClient beside a bare `requests.Session`, to the same local server, in turns.

The ApiClient's call keeps the pace, checks the egress policy and the time limits, masks and notes the exchange. `written`
adds what follows once a piece of work: the exchange's row. A call whose answer is remembered asks nobody.
"""

import argparse
import time
from typing import Any

from benchmarks import servers
from benchmarks.figures import median, percentile, table
from benchmarks.installation import installed
from benchmarks.recorder import recording

ANSWER = b'{"success":true,"credentials":["/api/telephony/*"],"siteAccess":"access_full"}'
NAMES = {
    "bare": "`requests.Session`, kept connection",
    "called": "ApiClient, in one session",
    "written": "ApiClient, a session for each call, its exchange written",
    "remembered": "ApiClient, answer remembered",
}


def measure(port: int, rounds: int) -> dict[str, list[float]]:
    """Runs inside: microseconds of each call, the kinds in turns so that the machine's other work hits all of them."""
    import requests

    from integrations.http.messages import Request
    from integrations.models import Integration
    from integrations.sessions import open_session

    found: dict[str, list[float]] = {name: [] for name in NAMES}
    row = Integration.objects.get()
    url = f"http://127.0.0.1:{port}/api/credentials"
    ask = Request(method="GET", path="/api/credentials", operation="ask", bucket="telephony")
    remember = Request(method="GET", path="/api/known", operation="known", cache_seconds=3600)
    bare = requests.Session()
    headers = {"X-API-KEY": "benchmark-key"}

    def timed(name: str, act: Any) -> None:
        began = time.perf_counter()
        act()
        found[name].append((time.perf_counter() - began) * 1e6)

    def whole() -> None:
        with open_session(row.pk) as session:
            session.http.call(ask)

    with open_session(row.pk) as session:
        session.http.call(remember)
        for number in range(rounds + 20):
            if number == 20:  # connections stand, caches are warm
                for values in found.values():
                    values.clear()
            timed("bare", lambda: bare.get(url, headers=headers, timeout=10).content)
            timed("called", lambda: session.http.call(ask))
            timed("written", whole)
            timed("remembered", lambda: session.http.call(remember))
            time.sleep(0.06)  # RetailCRM's own pace for telephony is not what is measured
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    servers.add_engine_option(parser)
    parser.add_argument("--rounds", type=int, default=300)
    options = parser.parse_args()
    rows: list[tuple[Any, ...]] = []
    for engine in servers.engines(options.engines):
        with installed(engine) as installation, recording("(nothing)", ANSWER) as server:
            [port] = server.ports
            installation.call("benchmarks.seed:companies", count=1, crm_ports=[port])
            found = installation.call("benchmarks.apiclient:measure", port=port, rounds=options.rounds)
        base = median(found["bare"])
        rows += [
            (
                text,
                engine,
                f"{median(found[name]):,.0f}",
                f"{percentile(found[name], 99):,.0f}",
                f"{median(found[name]) / base:.2f}",
            )
            for name, text in NAMES.items()
        ]
    print("\nCalls to an outside system\n")
    print(table(("call", "database", "median, µs", "p99, µs", "ratio"), rows), flush=True)


if __name__ == "__main__":
    main()
