"""Clicks: from the request of a call link to the Originate that the exchange reads, and how long the click waits for its answer.

The exchange is a few lines that answer as a manager interface does; the clicks come one after the other at a steady
rate, each from another phone to another number. One web process, one worker, started as `manage.py serve` starts them.
"""

import argparse
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from benchmarks import servers
from benchmarks.figures import percentile, table
from benchmarks.installation import Installation, installed

SETUPS = (("sqlite", "files"), ("postgresql", "rabbitmq"), ("postgresql", "redis"))
SECRET = "a-secret-of-the-benchmark"
SETTLE_SECONDS = 2.0


@dataclass(slots=True)
class Exchange:
    """A manager interface that knows one account and notes when which number was to be called."""

    server: socket.socket
    asked: dict[str, float] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return int(self.server.getsockname()[1])

    def serve(self) -> None:
        while True:
            try:
                client, _address = self.server.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        client.sendall(b"Asterisk Call Manager/5.0.4\r\n")
        waiting = b""
        with suppress(OSError):
            while data := client.recv(65536):
                at = time.monotonic()
                *packets, waiting = (waiting + data).split(b"\r\n\r\n")
                for packet in packets:
                    client.sendall(self._answer(packet.decode(), at))

    def _answer(self, packet: str, at: float) -> bytes:
        fields = dict(line.partition(": ")[::2] for line in packet.split("\r\n"))
        name, number = fields.get("Action", ""), fields.get("ActionID", "")
        if name == "Originate":
            self.asked[fields["Exten"]] = at
        if name == "Status":
            return f"Response: Error\r\nActionID: {number}\r\nMessage: No such channel\r\n\r\n".encode()
        return f"Response: Success\r\nActionID: {number}\r\nMessage: {name}\r\n\r\n".encode()


@contextmanager
def exchange() -> Iterator[Exchange]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = Exchange(server)
        threading.Thread(target=found.serve, daemon=True).start()
        yield found


@dataclass(frozen=True, slots=True)
class Row:
    rate: float
    clicks: int
    answers: list[float]
    since_request: list[float]
    since_answer: list[float]


def clicks(installation: Installation, asterisk: Exchange, rate: float, numbers: range) -> Row:
    """At that rate, on one kept connection, as a CRM's server would."""
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=30)
    begun: dict[str, tuple[float, float]] = {}
    start = time.monotonic()
    for place, number in enumerate(numbers):
        time.sleep(max(start + place / rate - time.monotonic(), 0))
        phone, extension = f"+37529{1_000_000 + number}", 1000 + place
        at = time.monotonic()
        connection.request(
            "GET", f"/api/makecallexternal?clientId={SECRET}&code={extension}&phone=%2B{phone[1:]}"
        )
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(body.decode())
        begun[phone] = at, time.monotonic()
    time.sleep(SETTLE_SECONDS)
    found = [(*begun[phone], asterisk.asked[phone]) for phone in begun if phone in asterisk.asked]
    return Row(
        rate,
        len(numbers),
        [(answered - at) * 1000 for at, answered in begun.values()],
        [(asked - at) * 1000 for at, _answered, asked in found],
        [(asked - answered) * 1000 for _at, answered, asked in found],
    )


def measure(engine: str, broker: str, rates: list[float], count: int) -> list[Row]:
    with exchange() as asterisk, installed(engine, broker) as installation:
        installation.call(
            "benchmarks.seed:clickers",
            ami_port=asterisk.port,
            extensions=count * (len(rates) + 1),
            secret=SECRET,
        )
        installation.start_web()
        installation.start_worker()
        clicks(installation, asterisk, 5.0, range(10))  # imports, connections
        rows = []
        for place, rate in enumerate(rates, 1):
            time.sleep(61)  # each phone's former click must not ring any more
            rows.append(clicks(installation, asterisk, rate, range(place * 10_000, place * 10_000 + count)))
        return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=float, nargs="+", default=[2, 10])
    parser.add_argument("--clicks", type=int, default=100)
    parser.add_argument(
        "--setups", nargs="+", default=["+".join(setup) for setup in SETUPS], metavar="ENGINE+BROKER"
    )
    options = parser.parse_args()
    rows = []
    for setup in options.setups:
        engine, _plus, broker = setup.partition("+")
        if servers.engines([engine]) and servers.is_there(broker):
            for row in measure(engine, broker, options.rates, options.clicks):
                rows.append(_shown(setup, row))  # noqa: PERF401
    print(
        "\nClicks: request → answer, request → Originate at the exchange, answer → Originate; p50 / p99 in ms\n"
    )
    headings = (
        "database + broker",
        "clicks/s",
        "clicks",
        "called",
        "answer",
        "from the request",
        "from the answer",
    )
    print(table(headings, rows))


def _shown(setup: str, row: Row) -> tuple[object, ...]:
    def both(values: list[float]) -> str:
        return f"{percentile(values, 50):.1f} / {percentile(values, 99):.1f}"

    return (
        setup.replace("+", " + "), f"{row.rate:g}", row.clicks, len(row.since_request),
        both(row.answers), both(row.since_request), both(row.since_answer),
    )  # fmt: skip


if __name__ == "__main__":
    main()
