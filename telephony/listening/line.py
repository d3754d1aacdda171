"""One exchange, in a thread: connect, greet, listen; when it ends, wait and begin again."""

import logging
import random
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from config.egress import EgressDenied
from telephony.ami import AmiConnection, AmiRefused, Packet
from telephony.ami.kept import as_event, is_kept
from telephony.ami.packets import text
from telephony.ingest.tokens import Source
from telephony.ingest.writer import arrived
from telephony.listening import phones, recovery
from telephony.listening.clock import ExchangeClock
from telephony.listening.deafness import WARNING, Deafness
from telephony.listening.greeting import EVENTS, Greeting, greet
from telephony.listening.scribe import Heard, Ledger, Scribe
from telephony.listening.troubles import reason_of, state_of
from telephony.models.ami import AmiAccess
from telephony.models.listening import ListenerState
from tenants.scoping import all_tenants

logger = logging.getLogger(__name__)

PING_SECONDS: Final = 10.0
DEADLINE_SECONDS: Final = 5.0
TURN_SECONDS: Final = 0.5
LONGEST_PAUSE: Final = 30.0
REFUSED_PAUSE: Final = 60.0
"""After a refusal: exchanges shut out whoever tries a wrong password again and again. A changed account is tried at once."""
STEADY_SECONDS: Final = 10.0
"""A connection that lasted so long begins anew with short pauses, and counts as up again."""
_recovering = threading.BoundedSemaphore(4)
"""After a start fifty lines would ask the database at once."""


@dataclass(slots=True)
class Report:
    """How a line stands, for the status row; replaced field by field by the line's thread, read by the keeper's."""

    state: ListenerState = ListenerState.CONNECTING
    since: datetime = field(default_factory=timezone.now)
    reason: str = ""
    detail: str = ""
    version: str = ""
    booted: str = ""
    rights: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Line(threading.Thread):
    """`covered_until` is what is known to be stored of this exchange; None where nobody ever listened."""

    def __init__(
        self, access: AmiAccess, scribe: Scribe, covered_until: datetime | None = None, booted: str = ""
    ) -> None:
        super().__init__(name=f"line {access.pbx_id}", daemon=True)
        self.access = access
        self.pbx_id: UUID = access.pbx_id
        self.source = Source(access.pbx_id, access.tenant_id)
        self.report = Report(booted=booted)
        self.ledger = Ledger()
        self.clock = ExchangeClock()
        self.heard_at = covered_until.timestamp() if covered_until else None
        """When the exchange was last heard, everything before it included. Moves only while we are connected."""
        self.down_since: float | None = time.time()
        self._scribe = scribe
        self._gap_reason = "listener"
        self._was_held_up = False
        self._stopping = threading.Event()
        self._last_stamp = 0.0
        self._pinged_at = 0.0
        self._ping: str | None = None
        self._ping_sent = 0.0
        self._pings = 0
        self._deafness = Deafness((), False)

    @property
    def covered_until(self) -> datetime | None:
        if self.heard_at is None:
            return None
        return recovery.as_moment(self.ledger.covered_until(self.heard_at))

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._session()
            except (OSError, EgressDenied, AmiRefused, DatabaseError, InterfaceError, ValueError) as error:
                reason, detail = _reason(error, self.report.state)
            except Exception:
                # This thread is all that hears the exchange: whatever goes wrong in one session, there is a next one.
                logger.exception("exchange %s: unexpected error", self.pbx_id)
                reason, detail = "network", "unexpected error"
            else:
                break
            was_steady = (
                self.report.state == ListenerState.CONNECTED and time.monotonic() - began > STEADY_SECONDS
            )
            failures = 1 if was_steady else failures + 1
            self._lost(reason, detail)
            self._stopping.wait(pause(reason, failures))
        connection.close()

    def _session(self) -> None:
        egress = self.access.tenant.egress_allow
        with AmiConnection.open(self.access, events=EVENTS, egress_allow=egress) as ami:
            greeting = greet(ami, self.clock)
            with _recovering, all_tenants():
                try:
                    self._recover(greeting, ami)
                finally:
                    connection.close()
            self._connected(greeting)
            self._deafness = Deafness(greeting.channels or (), greeting.channels is not None)
            # What came while we asked is queued before anybody is told that everything until now is stored.
            self._take(ami, 0.0)
            self.heard_at = time.time()
            self._listen(ami)

    def _recover(self, greeting: Greeting, ami: AmiConnection) -> None:
        """What happened between the last that was heard and the list of channels; an outage is written for the catch-up."""
        began = frozenset(
            text(packet, "Uniqueid") for packet in ami.waiting if text(packet, "Event") == "Newchannel"
        )
        gap = recovery.Gap(
            self.source,
            self.covered_until,
            recovery.as_moment(greeting.asked_at),
            self._reason_of_gap(greeting),
        )
        recovery.note_outage(gap)
        if greeting.channels is not None:
            made = recovery.missed(gap, greeting.channels, began)
            self._queue([arrived(self.source, event, self.access.host[:45], at) for event, at in made])
        self._see(greeting.phones)
        recovery.forget_phones(self.pbx_id, greeting.phones)

    def _reason_of_gap(self, greeting: Greeting) -> str:
        if self.report.booted and greeting.booted and greeting.booted != self.report.booted:
            return "restart"
        return self._gap_reason

    def _connected(self, greeting: Greeting) -> None:
        report = self.report
        if report.reason or report.state != ListenerState.CONNECTED:
            logger.warning("exchange %s: connected, Asterisk %s", self.pbx_id, greeting.version or "?")
        report.version, report.booted = greeting.version or greeting.banner[:80], greeting.booted
        report.rights, report.warnings = greeting.rights, greeting.warnings
        report.reason, report.detail = "", ""
        report.state, report.since = ListenerState.CONNECTED, timezone.now()

    def _listen(self, ami: AmiConnection) -> None:
        self._ping, self._pinged_at = None, time.monotonic()
        while not self._stopping.is_set():
            self._take(ami, TURN_SECONDS)
            self._keep_alive(ami)

    def _take(self, ami: AmiConnection, seconds: float) -> None:
        heard = ami.batch(seconds)
        if not heard:
            return
        received = time.time()
        self._hear(heard, received)
        self.heard_at = received
        if time.time() - received > 1.0:
            self._pinged_at = time.monotonic()  # we were held up, not the exchange: its answer lies unread

    def _hear(self, packets: list[Packet], received: float) -> None:
        """Everything that came at once. Waits while too much waits for the database."""
        rows = []
        for packet in packets:
            if is_kept(packet):
                stamp = text(packet, "Timestamp")
                # Without a time of its own an event happened when it came, one after the other.
                at = self.clock.moment(stamp, received) if stamp else self._next_moment(received)
                rows.append(
                    arrived(
                        self.source,
                        as_event(packet, "" if stamp else at.isoformat()),
                        self.access.host[:45],
                        at,
                    )
                )
                self._warn("no_timestamps", is_so=not stamp)
            else:
                self._hear_other(packet, received)
        if rows:
            self._deafness.heard()
            self._warn(WARNING, is_so=False)
        self._queue(rows)
        if self.down_since is not None and time.time() - self.report.since.timestamp() > STEADY_SECONDS:
            self.down_since = None

    def _hear_other(self, packet: Packet, received: float) -> None:
        event = text(packet, "Event")
        if "Response" in packet:
            self._answered(packet, received)
        elif event == "ExtensionStatus":
            self._see([packet])
        elif event == "CoreShowChannel" and self._deafness.proves(packet):
            self._warn(WARNING, is_so=True)

    def _warn(self, code: str, *, is_so: bool) -> None:
        if is_so != (code in self.report.warnings):
            others = [one for one in self.report.warnings if one != code]
            self.report.warnings = [*others, code] if is_so else others

    def _queue(self, rows: list[Any]) -> None:
        if rows and not self._scribe.put([Heard(row, self.ledger) for row in rows], time.time()):
            self._was_held_up = True

    def _next_moment(self, received: float) -> datetime:
        self._last_stamp = max(received, self._last_stamp + 2e-6)
        return recovery.as_moment(self._last_stamp)

    def _see(self, packets: list[Packet]) -> None:
        for packet in packets:
            found = phones.read(packet)
            if found is not None:
                self._scribe.note(self.pbx_id, self.source.tenant_id, *found)

    def _keep_alive(self, ami: AmiConnection) -> None:
        now = time.monotonic()
        if self._ping is not None:
            if now - self._pinged_at > DEADLINE_SECONDS:
                raise TimeoutError("no answer to a ping")
        elif now - self._pinged_at > PING_SECONDS:
            self._pings += 1
            self._ping, self._pinged_at, self._ping_sent = f"ping-{self._pings}", now, time.time()
            ami.send("Ping", [("ActionID", self._ping)])
        if self._deafness.is_time_to_ask():
            ami.send("CoreShowChannels", [("ActionID", "channels")])

    def _answered(self, packet: Packet, received: float) -> None:
        if text(packet, "ActionID") == self._ping:
            self._ping = None
            self.clock.pinged(self._ping_sent, received, text(packet, "Timestamp"))
            if self.down_since is not None and time.time() - self.report.since.timestamp() > STEADY_SECONDS:
                self.down_since = None

    def _lost(self, reason: str, detail: str) -> None:
        report = self.report
        if report.reason != reason:
            logger.warning("exchange %s: %s %s", self.pbx_id, reason, detail)
        if report.state == ListenerState.CONNECTED or report.reason != reason:
            report.since = timezone.now()
        if report.state == ListenerState.CONNECTED:
            self._gap_reason = "database" if self._was_held_up else "connection"
            self._was_held_up = False
        if reason in ("login", "permission"):
            self._gap_reason = "account"
        report.state, report.reason, report.detail = state_of(reason), reason, detail
        if self.down_since is None:
            self.down_since = time.time()


def _reason(error: Exception, state: ListenerState) -> tuple[str, str]:
    if isinstance(error, (DatabaseError, InterfaceError)):
        return "database", ""
    reason, detail = reason_of(error)
    if reason in ("timeout", "ended") and state == ListenerState.CONNECTED:
        return "lost" if reason == "timeout" else reason, ""
    return reason, detail


def pause(reason: str, failures: int) -> float:
    """Full jitter: an exchange that comes back is not met by all its listeners at once."""
    if state_of(reason) == ListenerState.REFUSED:
        return random.uniform(REFUSED_PAUSE / 2, REFUSED_PAUSE)  # noqa: S311 no secret
    return random.uniform(0.5, min(LONGEST_PAUSE, 2.0 ** min(failures, 6)))  # noqa: S311 no secret
