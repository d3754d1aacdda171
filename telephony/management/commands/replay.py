"""Posts captured exchange traffic at a running hub over real HTTP, as the exchange itself did."""

import secrets
import time
from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.env import PORT
from telephony import scenarios
from telephony.ingest.tokens import Source
from telephony.models import Pbx
from telephony.scenarios import packets
from telephony.scenarios.playing import play_packets
from tenants.scoping import all_tenants

TIMEOUT = 10.0
SENT_ANYWAY = frozenset(("content-length", "host", "connection"))


class Command(BaseCommand):
    """`replay inbound_answered`, `replay my-trace.jsonl --speed 0 --repeat 100`, `replay --source ami pickup`, `replay --list`."""

    help = "Post a captured call at a running hub: a scenario's name or a file in the same form."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "scenario", nargs="*", help="scenario names or files; several are played one after another"
        )
        parser.add_argument("--list", action="store_true", help="list the scenarios")
        parser.add_argument(
            "--source",
            choices=("http", "ami"),
            default="http",
            help="post as the dialplan did (default), or store in this installation what its manager interface told",
        )
        parser.add_argument(
            "--url", default=f"http://localhost:{PORT}", help="the hub (default: %(default)s)"
        )
        parser.add_argument("--token", help="the exchange's token (default: the first enabled exchange's)")
        parser.add_argument(
            "--tenant", help="take the token of this company's exchange; its number, such as 0367"
        )
        parser.add_argument(
            "--speed", type=float, default=1.0, help="2 is twice as fast, 0 as fast as possible"
        )
        parser.add_argument("--repeat", type=int, default=1, help="how many times")
        parser.add_argument(
            "--fresh-ids",
            action=BooleanOptionalAction,
            default=True,
            help="give every playing new channel ids, so that it is a new call (default)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        is_ami = options["source"] == "ami"
        if options["list"]:
            self.stdout.write("\n".join(packets.packet_names() if is_ami else scenarios.names()))
            return
        if not options["scenario"]:
            raise CommandError("Name a scenario or a file; --list shows the scenarios.")
        if is_ami:
            self._store(options)
            return
        played = [_load(name) for name in options["scenario"]]
        token, zone = _source(options["token"], options["tenant"])
        refused = 0
        for _turn in range(options["repeat"]):
            for name, posts in zip(options["scenario"], played, strict=True):
                fresh = (
                    _as_new(posts, token, zone)
                    if options["fresh_ids"]
                    else scenarios.with_token(posts, token)
                )
                self.stdout.write(f"{name}: {len(fresh)} requests to {options['url']}")
                refused += self._play(fresh, options["url"], options["speed"])
        if refused:
            raise CommandError(f"{refused} requests were refused.")

    def _store(self, options: dict[str, Any]) -> None:
        """The packets of each, as if the listener of the exchange had heard them."""
        pbx = _pbx(options["token"], options["tenant"])
        if pbx is None:
            raise CommandError("There is no such enabled exchange here.")
        for _turn in range(options["repeat"]):
            for name in options["scenario"]:
                told = _load_packets(name)
                if options["fresh_ids"]:
                    told = packets.renamed_packets(told, f"-r{secrets.token_hex(4)}")
                self.stdout.write(f"{name}: {len(told)} packets for {pbx.name}")
                play_packets(Source(pbx.pk, pbx.tenant_id), told, options["speed"], self._show)

    def _show(self, packet: packets.Packet, is_new: bool) -> None:
        self.stdout.write(f"  {packet.offset:8.2f} s  {packet.kind:<20} {'stored' if is_new else 'known'}")

    def _play(self, posts: Sequence[scenarios.Post], url: str, speed: float) -> int:
        """Send them at their times; how many were not answered with 2xx."""
        begin, refused = time.monotonic(), 0
        with _Line(url) as line:
            for post in posts:
                if speed > 0:
                    time.sleep(max(0.0, begin + post.offset / speed - time.monotonic()))
                at = time.monotonic()
                status = line.send(post)
                self.stdout.write(
                    f"  {post.offset:8.2f} s  {post.method} {post.path:<10} {status}  {(time.monotonic() - at) * 1000:.1f} ms"
                )
                refused += not 200 <= status < 300
        return refused


class _Line:
    """A kept-open connection that sends headers exactly as given, repeated ones too."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CommandError(f"{url} is not an http address.")
        connection = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = connection(parts.hostname, parts.port, timeout=TIMEOUT)
        self._prefix = parts.path.rstrip("/")
        self._url = url

    def __enter__(self) -> "_Line":
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def send(self, post: scenarios.Post) -> int:
        body = post.body.encode("utf-8", "surrogateescape")
        try:
            self._connection.putrequest(post.method, self._prefix + post.path, skip_accept_encoding=True)
            for name, value in post.headers:
                if name.lower() not in SENT_ANYWAY:
                    self._connection.putheader(name, value)
            self._connection.putheader("Content-Length", str(len(body)))
            self._connection.endheaders(body)
            response = self._connection.getresponse()
            response.read()
        except (OSError, HTTPException) as error:
            raise CommandError(f"{self._url} does not answer: {error}") from error
        return response.status


def _load(name: str) -> list[scenarios.Post]:
    try:
        return scenarios.load(name)
    except FileNotFoundError as error:
        raise CommandError(f"{name} is neither a scenario nor a file; --list shows the scenarios.") from error
    except (OSError, ValueError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from error


def _load_packets(name: str) -> list[packets.Packet]:
    if name not in packets.packet_names():
        raise CommandError(f"{name} is no scenario of the manager interface; --list --source ami shows them.")
    return packets.load_packets(name)


def _pbx(token: str | None, number: str | None) -> Pbx | None:
    """The exchange that has the token, else the first enabled one, of that company."""
    with all_tenants():
        found = (
            Pbx.objects.filter(is_enabled=True, tenant__is_active=True)
            .select_related("tenant")
            .order_by("id")
        )
        if number:
            found = found.filter(tenant__number=number)
        return next((pbx for pbx in found if pbx.token == token), None) if token else found.first()


def _source(token: str | None, number: str | None) -> tuple[str, Any]:
    """The token to send, and the zone of the exchange's clock."""
    pbx = _pbx(token, number)
    if token:
        return token, pbx.zone if pbx is not None else timezone.get_default_timezone()
    if pbx is None:
        raise CommandError("There is no enabled exchange here; give --token.")
    return pbx.token, pbx.zone


def _as_new(posts: Sequence[scenarios.Post], token: str, zone: Any) -> list[scenarios.Post]:
    fresh = scenarios.renamed(posts, f"-r{secrets.token_hex(4)}")
    return scenarios.with_token(scenarios.at_time(fresh, timezone.now().astimezone(zone)), token)
