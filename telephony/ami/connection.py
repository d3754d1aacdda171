"""One connection to an exchange's manager interface, for one thread: log in, act and wait for the answer, read events."""

import socket
import ssl
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count
from typing import Final, Self

from config.egress.tcp import dial, secured
from telephony.ami.packets import Packet, PacketReader, encode, text
from telephony.models.ami import AmiAccess, AmiSecurity

CONNECT_SECONDS: Final = 5.0
ACTION_SECONDS: Final = 5.0
LIST_SECONDS: Final = 15.0
CHUNK: Final = 256 * 1024
MAX_BANNER: Final = 256


class AmiGone(ConnectionError):
    """The connection ended, or what is at the other side does not speak AMI."""


class NoAmi(AmiGone):
    """Something else answers there."""

    def __init__(self) -> None:
        super().__init__("this is no manager interface of Asterisk")


class AmiRefused(Exception):
    """The exchange answered `Response: Error`: wrong password, no permission, no such channel."""

    def __init__(self, action: str, message: str) -> None:
        super().__init__(message)
        self.action = action
        self.message = message


class AmiConnection:
    """Opened by `open()`. Events that come while an answer is waited for are kept for `events()`.

    Everything that the network can do raises OSError (AmiGone and TimeoutError are kinds of it).
    """

    def __init__(self, sock: socket.socket, banner: str) -> None:
        self._socket = sock
        self._reader = PacketReader()
        self._waiting: deque[Packet] = deque()
        self._numbers = count(1)
        self.banner = banner
        """`Asterisk Call Manager/5.0.4`: the interface's version, not Asterisk's."""

    @classmethod
    def open(cls, access: AmiAccess, *, events: str = "off", egress_allow: str = "") -> Self:
        """Connect and log in. Raises EgressDenied, OSError, AmiRefused (wrong name or password)."""
        sock = dial(access.host, access.port, CONNECT_SECONDS, egress_allow)
        try:
            if access.security != AmiSecurity.NONE:
                is_verified = access.security == AmiSecurity.TLS
                sock = secured(sock, access.host, ca=access.ca, is_verified=is_verified)
            made = cls(sock, _banner(sock))
            made.act("Login", [("Username", access.username), ("Secret", access.secret), ("Events", events)])
        except BaseException:
            sock.close()
            raise
        return made

    def act(
        self, action: str, fields: Iterable[tuple[str, str]] = (), seconds: float = ACTION_SECONDS
    ) -> Packet:
        """Send an action and return its answer; other packets wait for `events()`. AmiRefused when that is an error, BadValue before anything is sent."""
        action_id = f"hub-{next(self._numbers)}"
        self.send(action, [("ActionID", action_id), *fields])
        answer = self._answer(action_id, time.monotonic() + seconds)
        if text(answer, "Response") == "Error":
            raise AmiRefused(action, text(answer, "Message"))
        return answer

    def _answer(self, action_id: str, deadline: float) -> Packet:
        answer: Packet | None = None
        while answer is None:
            for packet in self._receive(deadline - time.monotonic()):
                if answer is None and "Response" in packet and text(packet, "ActionID") == action_id:
                    answer = packet
                else:
                    self._waiting.append(packet)
        return answer

    def send(self, action: str, fields: Iterable[tuple[str, str]]) -> None:
        """Send an action without waiting. Its answer is among `events()`."""
        self._socket.settimeout(ACTION_SECONDS)
        self._socket.sendall(encode(action, fields))

    def events(self, seconds: float) -> Iterator[Packet]:
        """What has come, waiting at most `seconds` for the first packet; nothing after that. AmiGone at the end."""
        if not self._waiting:
            try:
                self._waiting.extend(self._receive(seconds))
            except TimeoutError:
                return
        while self._waiting:
            yield self._waiting.popleft()

    def listed(
        self, action: str, fields: Iterable[tuple[str, str]] = (), seconds: float = LIST_SECONDS
    ) -> list[Packet]:
        """Send an action that answers with a list of events, and return these; the last one only says that it is complete."""
        action_id = f"hub-{next(self._numbers)}"
        self.send(action, [("ActionID", action_id), *fields])
        deadline = time.monotonic() + seconds
        answer = self._answer(action_id, deadline)
        if text(answer, "Response") == "Error":
            raise AmiRefused(action, text(answer, "Message"))
        found: list[Packet] = []
        while True:
            mine = [packet for packet in self._waiting if text(packet, "ActionID") == action_id]
            self._waiting = deque(packet for packet in self._waiting if text(packet, "ActionID") != action_id)
            found += mine
            if any(text(packet, "EventList").lower() in ("complete", "cancelled") for packet in mine):
                return [packet for packet in found if not text(packet, "EventList")]
            self._waiting.extend(self._receive(deadline - time.monotonic()))

    def batch(self, seconds: float) -> list[Packet]:
        """All that has come, waiting at most `seconds` for the first packet; none after that. AmiGone at the end."""
        if not self._waiting:
            try:
                return self._receive(seconds)
            except TimeoutError:
                return []
        found = list(self._waiting)
        self._waiting.clear()
        return found

    @property
    def waiting(self) -> tuple[Packet, ...]:
        """What has come and waits for `events()`."""
        return tuple(self._waiting)

    def forget_events(self) -> None:
        """Drop what came while nobody acted. AmiGone when the exchange has hung up meanwhile."""
        self._socket.setblocking(False)
        with suppress(BlockingIOError, ssl.SSLWantReadError):
            while data := self._socket.recv(CHUNK):
                self._reader.feed(data)
            raise AmiGone("the exchange closed the connection")
        self._waiting.clear()

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _receive(self, seconds: float) -> list[Packet]:
        self._socket.settimeout(max(seconds, 0.001))
        data = self._socket.recv(CHUNK)
        if not data:
            raise AmiGone("the exchange closed the connection")
        return self._reader.feed(data)


def _banner(sock: socket.socket) -> str:
    """The first line, which has no empty line after it. Whoever drips it gets no more time than for a connection."""
    line, deadline = b"", time.monotonic() + CONNECT_SECONDS
    while not line.endswith(b"\r\n"):
        sock.settimeout(max(deadline - time.monotonic(), 0.001))
        byte = sock.recv(1)
        if not byte or len(line) > MAX_BANNER:
            raise NoAmi
        line += byte
    banner = line.decode("ascii", "replace").strip()
    if "Call Manager" not in banner:
        raise NoAmi
    return banner
