"""Events of manager interfaces: a simulated exchange replays a captured call, with other ids each time, at the real listener.

First as much as it takes, on one and on many connections; then a steady trickle, for the delay until an event is committed.
Every kept packet must be a row. The reading alone (packets, what is kept, what is stored of it) is measured in this process.
"""

import argparse
import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import beside, servers
from benchmarks.figures import number, percentile, table
from benchmarks.installation import Installation, installed
from benchmarks.seed import companies

CAPTURED = (
    Path(__file__).resolve().parent.parent / "telephony" / "listening" / "tests" / "inbound_answered.ami.txt"
)
KEPT = 16  # packets of the captured call that are worth a row
TABLE = "telephony_callevent"


class Calls:
    """The captured call's bytes; each time with ids and times of its own."""

    def __init__(self) -> None:
        text = CAPTURED.read_text().replace("\n", "\r\n")
        stamps = sorted(float(found) for found in re.findall(r"Timestamp: ([0-9.]+)", text))
        self.packets = text.count("\r\nPrivilege:")
        pieces = re.split(r"((?:bed-pbx-\d+\.\d+)|(?:Timestamp: [0-9.]+))", text)
        self._pieces = [
            (piece, float(piece[11:]) - stamps[0] if piece.startswith("Timestamp") else None)
            for piece in pieces
        ]

    def call(self, place: int, begin: float) -> bytes:
        return "".join(
            f"Timestamp: {begin:.6f}"
            if offset is not None
            else (f"{piece}.{place}" if piece.startswith("bed-pbx-1") else piece)
            for piece, offset in self._pieces
        ).encode()


def reading(calls: Calls, seconds: float) -> float:
    """Packets a second that one core parses, sorts and makes rows of."""
    from telephony.ami.kept import as_event, is_kept
    from telephony.ami.packets import PacketReader

    data = b"".join(calls.call(place, time.time()) for place in range(200))
    reader, packets, begin = PacketReader(), 0, time.process_time()
    while time.process_time() - begin < seconds:
        for start in range(0, len(data), 65536):
            for packet in reader.feed(data[start : start + 65536]):
                packets += 1
                if is_kept(packet):
                    as_event(packet)
    return packets / (time.process_time() - begin)


def accesses(ports: list[int]) -> None:
    """Inside the installation: one exchange for each port."""
    from telephony.models import AmiAccess, Pbx

    companies(len(ports))
    for pbx, port in zip(Pbx.objects.order_by("id"), ports, strict=True):
        AmiAccess.objects.create(
            tenant_id=pbx.tenant_id, pbx=pbx, host="127.0.0.1", port=port, username="hub", secret="hub-secret"
        )


def lags() -> list[float]:
    """Inside the installation: what the listener reported."""
    from telephony.models import PbxStatus

    return [row.lag_p99 for row in PbxStatus.objects.exclude(lag_p99=None)]


def flood(installation: Installation, exchanges: list[Any], process: Any, count: int) -> tuple[float, float]:
    """Packets a second and CPU microseconds a packet."""
    calls, before = Calls(), installation.count(TABLE)
    stream = [calls.call(place, time.time()) for place in range(count // len(exchanges))]
    used, begin = installation.usage(process), time.monotonic()
    for data in stream:
        for exchange in exchanges:
            exchange.say_raw(data)
    wanted = before + len(stream) * len(exchanges) * KEPT
    installation.wait(lambda: installation.count(TABLE) >= wanted, process)
    elapsed, after = time.monotonic() - begin, installation.usage(process)
    packets = len(stream) * len(exchanges) * calls.packets
    return packets / elapsed, (after.cpu_seconds - used.cpu_seconds) / packets * 1e6


def trickle(installation: Installation, exchanges: list[Any], seconds: float, rate: int) -> list[float]:
    """The listeners' own p99 in ms, at so many calls a second in all."""
    calls, begin, place = Calls(), time.monotonic(), 1_000_000
    while time.monotonic() - begin < seconds:
        exchange = exchanges[place % len(exchanges)]
        exchange.say_raw(calls.call(place, time.time()))
        place += 1
        time.sleep(max(begin + (place - 1_000_000) / rate - time.monotonic(), 0))
    time.sleep(4)  # until the next report
    found: list[float] = installation.call("benchmarks.ami:lags")
    return found


def measure(engine: str, options: argparse.Namespace) -> None:
    from telephony.ami.simulator import AmiSimulator

    rows = []
    for several in options.exchanges:
        with ExitStack() as stack:
            exchanges = [stack.enter_context(AmiSimulator()) for _one in range(several)]
            installation = stack.enter_context(installed(engine))
            installation.call("benchmarks.ami:accesses", ports=[one.port for one in exchanges])
            process = installation.start("manage.py", "pbx_listen")
            installation.wait(lambda found=exchanges: all(one.listeners() for one in found), process)
            time.sleep(1)
            with beside.at_work(installation, options) as load:
                slow = trickle(installation, exchanges, options.seconds, 50)
                per_second, cpu = flood(installation, exchanges, process, options.calls)
            if options.beside_export or options.beside_sync:
                print(f"{engine}, {several} exchanges: {load}", flush=True)
            memory = installation.usage(process).peak_mb
            rows.append(
                (
                    several,
                    number(per_second),
                    f"{cpu:.0f}",
                    number(percentile(slow, 50)),
                    number(max(slow)),
                    f"{memory:.0f}",
                )
            )
    print(f"\n{engine}")
    headings = (
        "exchanges",
        "packets/s",
        "CPU µs/packet",
        "p99 at 50 calls/s, ms: half of them",
        "worst",
        "MB",
    )
    print(table(headings, rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    servers.add_engine_option(parser)
    parser.add_argument("--exchanges", type=int, nargs="+", default=[1, 50])
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=10)
    beside.add_options(parser)
    options = parser.parse_args()
    print(f"reading alone: {number(reading(Calls(), 2))} packets a CPU second")
    for engine in servers.engines(options.engines):
        measure(engine, options)


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    main()
