"""`manage.py simulate SYSTEM`: a small real server that behaves like an outside system; `all` starts every one of them."""

import signal
import threading
from argparse import ArgumentTypeError
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from integrations.simulators import discover
from tenants.simulation import BaseSimulator, Fault
from tenants.simulation.together import Index

ALL, FIRST_PORT = "all", 8089


class Command(BaseCommand):
    """Runs one simulator until Ctrl-C or SIGTERM; needs no database."""

    help = "Simulate an outside system; --list names them, `simulate SYSTEM --help` shows its options."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--list", action="store_true", help="name the systems that can be simulated")
        systems = parser.add_subparsers(dest="system", metavar="SYSTEM")
        for name, simulator in discover().items():
            own = systems.add_parser(name, help=f"simulate {simulator.title}")
            own.add_argument(
                "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
            )
            own.add_argument("--port", type=_port, default=0, help="port to listen on (default: a free one)")
            _add_faults(own)
            simulator.add_arguments(own)
        everything = systems.add_parser(ALL, help="every system, each on a port of its own")
        everything.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
        )
        everything.add_argument(
            "--port",
            type=_port,
            default=FIRST_PORT,
            help="the page that links them; they follow (default: %(default)s)",
        )
        _add_faults(everything)

    def handle(self, *args: Any, **options: Any) -> None:
        simulators = discover()
        if options["list"]:
            self.stdout.write("\n".join(f"{name}\t{each.title}" for name, each in simulators.items()))
            return
        if not options["system"]:
            raise CommandError(f"Name a system: {', '.join([*simulators, ALL])}.")
        if options["system"] == ALL:
            self._run_all(simulators, options)
            return
        self._run(simulators[options["system"]], options)

    def _run(self, kind: type[BaseSimulator], options: dict[str, Any]) -> None:
        stop = threading.Event()
        try:
            with _signals(stop), made(kind, options).running() as simulator:
                words = {"system": simulator.title, "address": simulator.url}
                self.stdout.write(_("%(system)s, simulated: %(address)s (Ctrl-C stops it)") % words)
                self.stdout.flush()
                stop.wait()
        except (OSError, ValueError) as error:
            raise CommandError(f"Cannot simulate {kind.title}: {error}") from error
        self.stdout.write(_("Stopped."))

    def _run_all(self, kinds: Mapping[str, type[BaseSimulator]], options: dict[str, Any]) -> None:
        """On consecutive ports, by their names; what cannot start stops them all."""
        stop, host, port = threading.Event(), options["host"], options["port"]
        try:
            with _signals(stop), ExitStack() as running:
                started = [
                    running.enter_context(
                        made(kind, usual_options(kind) | options | {"port": port + place}).running()
                    )
                    for place, kind in enumerate(kinds.values(), start=1)
                ]
                index = running.enter_context(Index(started, host=host, port=port).running())
                self._tell(index, started)
                stop.wait()
        except (OSError, OverflowError, ValueError) as error:
            raise CommandError(f"Cannot simulate everything: {error}") from error
        self.stdout.write(_("Stopped."))

    def _tell(self, index: BaseSimulator, started: Sequence[BaseSimulator]) -> None:
        self.stdout.write(
            _("All of them on one page: %(address)s (Ctrl-C stops them)") % {"address": index.url}
        )
        for one in started:
            values = "".join(f"  {name}={value}" for name, value in one.how_to_connect().items())
            self.stdout.write(f"{one.name}\t{one.url}{values}")
        self.stdout.flush()


def made(kind: type[BaseSimulator], options: dict[str, Any]) -> BaseSimulator:
    """With its orders to fail. ValueError says what is wrong."""
    simulator = kind.from_options(options)
    if options["seed"] is not None:
        simulator.faults.seed(options["seed"])
    for fault in options["fail"]:
        simulator.order(fault)
    return simulator


def usual_options(kind: type[BaseSimulator]) -> dict[str, Any]:
    """The options that it has when none are given."""
    parser = CommandParser()
    kind.add_arguments(parser)
    return vars(parser.parse_args([]))


def _add_faults(parser: CommandParser) -> None:
    parser.add_argument(
        "--fail",
        type=_fault,
        action="append",
        default=[],
        metavar="KIND[,FIELD=VALUE…]",
        help="go wrong until cleared, e.g. 503,share=0.1 or latency,seconds=0.3; may be given several times",
    )
    parser.add_argument("--seed", type=int, help="a number: chance hits the same requests each time")


def _fault(text: str) -> Fault:
    try:
        return Fault.from_text(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r}: {error}") from error


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """Turns Ctrl-C and SIGTERM into a set event; only the main thread may handle signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    former = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"{text!r} is not a port")
    return int(text)
