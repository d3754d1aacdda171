"""A simulated exchange's manager interface on a real socket: for tests, benchmarks and trying out.

It behaves as Asterisk 16 was seen to: a banner, one packet after the other, the same answers word for word, no events
for a class that the account must not read, a closed connection after a wrong password, nothing repeated after a reconnect.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from telephony.ami.packets import Packet, PacketReader, text

BANNER: Final = b"Asterisk Call Manager/5.0.4\r\n"
ALL_CLASSES: Final = "system,call,agent,cdr,user,reporting"
NARROW: Final = "originate,call,reporting"

# Which class of right an action needs; a user with any of them may.
NEEDS: Final[Mapping[str, frozenset[str]]] = {
    "corestatus": frozenset({"system", "reporting"}),
    "coresettings": frozenset({"system", "reporting"}),
    "coreshowchannels": frozenset({"system", "reporting"}),
    "status": frozenset({"system", "call", "reporting"}),
    "extensionstatelist": frozenset({"call", "reporting"}),
    "devicestatelist": frozenset({"call", "reporting"}),
    "extensionstate": frozenset({"call", "reporting"}),
    "originate": frozenset({"originate"}),
    "redirect": frozenset({"call"}),
    "hangup": frozenset({"system", "call"}),
    "getvar": frozenset({"call", "reporting"}),
    "command": frozenset({"command"}),
    "filter": frozenset({"system"}),
}
CLASSES: Final[Mapping[str, str]] = {
    "FullyBooted": "system",
    "Shutdown": "system",
    "Reload": "system",
    "UserEvent": "user",
    "Cdr": "cdr",
    "QueueCallerJoin": "agent",
    "QueueCallerLeave": "agent",
    "QueueCallerAbandon": "agent",
    "AgentCalled": "agent",
    "AgentConnect": "agent",
    "AgentComplete": "agent",
    "AgentRingNoAnswer": "agent",
}
Answer = Iterable[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Account:
    secret: str
    read: frozenset[str]
    write: frozenset[str]


def account(secret: str, read: str = ALL_CLASSES, write: str = NARROW) -> Account:
    return Account(secret, frozenset(read.split(",")), frozenset(write.split(",")))


@dataclass(slots=True)
class _Client:
    """One connection."""

    sock: socket.socket
    account: Account | None = None
    hears: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, data: bytes) -> None:
        with self.lock:
            self.sock.sendall(data)


class AmiSimulator:
    """`with AmiSimulator() as exchange:` listens on 127.0.0.1; `exchange.port` says where.

    `channels` and `hints` are what its lists answer with, `actions` what it was asked, `answers` replaces what it says to an
    action: a function from the packet to the packets that follow.
    """

    def __init__(
        self, accounts: Mapping[str, Account] | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.accounts = dict(accounts or {"hub": account("hub-secret")})
        self.channels: list[dict[str, str]] = []
        self.hints: dict[str, int] = {}
        self.answers: dict[str, Callable[[Packet], Answer]] = {}
        self.actions: list[Packet] = []
        self.banner = BANNER
        self.version = "16.28.0"
        self.booted_at = time.time() - 3600
        self.clock_ahead = 0.0
        """Seconds that its clock is ahead of ours."""
        self.is_deaf = False
        """It takes what is sent and answers nothing, as a hanging exchange does."""
        self._tls = tls
        self._clients: list[_Client] = []
        self._changed = threading.Condition()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])

    def __enter__(self) -> "AmiSimulator":
        threading.Thread(target=self._accept, args=(self._server,), daemon=True, name="ami simulator").start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    # What tests do to it.

    def stop(self) -> None:
        """The machine is gone: nobody listens, every connection ends."""
        _end(self._server)  # a closed socket that a thread still accepts on would go on listening
        self.hang_up()

    def start_again(self) -> None:
        """On the same port, without calls, as after a restart."""
        self._server = socket.create_server(("127.0.0.1", self.port))
        self.booted_at = time.time()
        threading.Thread(target=self._accept, args=(self._server,), daemon=True, name="ami simulator").start()

    def hang_up(self) -> None:
        """End every connection, the way a cut network or a kill does."""
        with self._changed:
            clients, self._clients = self._clients, []
        for client in clients:
            _end(client.sock)

    def say(self, event: str, fields: Mapping[str, str]) -> None:
        """An event, with the exchange's time, to everybody who hears its class."""
        stamp = {"Event": event, "Timestamp": f"{self.now:.6f}"}
        self.say_raw(packet({**stamp, **fields}), CLASSES.get(event, "call"))

    def say_raw(self, data: bytes, class_name: str = "call") -> None:
        for client in self._hearing(class_name):
            try:
                client.send(data)
            except OSError:
                _end(client.sock)

    def listeners(self) -> int:
        """Connections that are logged in and hear events."""
        return len(self._hearing(""))

    def wait_for(self, condition: Callable[["AmiSimulator"], bool], seconds: float = 10.0) -> None:
        """Until that is so; AssertionError when it does not come about."""
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self), seconds):
                raise AssertionError("the exchange waited in vain")

    def asked(self, action: str) -> list[Packet]:
        return [one for one in self.actions if text(one, "Action").lower() == action.lower()]

    @property
    def now(self) -> float:
        """Its own clock."""
        return time.time() + self.clock_ahead

    # What it does by itself.

    def _hearing(self, class_name: str) -> list[_Client]:
        clients = [client for client in list(self._clients) if client.account is not None and client.hears]
        return [one for one in clients if not class_name or (one.account and class_name in one.account.read)]

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                sock, _address = server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True, name="ami client").start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            with suppress(OSError):
                if self._tls is not None:
                    sock = self._tls.wrap_socket(sock, server_side=True)
                client = _Client(sock)
                with self._changed:
                    self._clients.append(client)
                    self._changed.notify_all()
                client.send(self.banner)
                self._converse(client)
        finally:
            with self._changed:
                self._clients = [one for one in self._clients if one.sock is not sock]
                self._changed.notify_all()
            _end(sock)

    def _converse(self, client: _Client) -> None:
        reader = PacketReader()
        while data := client.sock.recv(65536):
            for action in reader.feed(data):
                if not self._answer(client, action):
                    return

    def _answer(self, client: _Client, action: Packet) -> bool:
        name = text(action, "Action").lower()
        with self._changed:
            self.actions.append(action)
            self._changed.notify_all()
        if self.is_deaf:
            return True
        if name == "login":
            return self._login(client, action)
        if client.account is None:
            client.send(_error(action, "Permission denied"))
            return True
        client.send(self._reply(client.account, name, action))
        return name != "logoff"

    def _login(self, client: _Client, action: Packet) -> bool:
        known = self.accounts.get(text(action, "Username"))
        if known is None or not compare_digest(known.secret.encode(), text(action, "Secret").encode()):
            client.send(_error(action, "Authentication failed"))
            return False
        data = _success(action, {"Message": "Authentication accepted"})
        if "system" in known.read:
            uptime = str(int(time.time() - self.booted_at))
            data += packet({"Event": "FullyBooted", "Privilege": "system,all", "Uptime": uptime})
        client.send(data)
        with self._changed:
            client.account, client.hears = known, text(action, "Events").lower() not in ("off", "no")
            self._changed.notify_all()
        return True

    def _reply(self, user: Account, name: str, action: Packet) -> bytes:
        if name in self.answers:
            return b"".join(packet(_stamped(action, one)) for one in self.answers[name](action))
        needs = NEEDS.get(name)
        if needs is not None and not needs & user.write:
            return _error(action, "Permission denied")
        make = getattr(self, f"_do_{name}", None)
        return make(action) if make is not None else _error(action, "Invalid/unknown command")

    def _do_ping(self, action: Packet) -> bytes:
        return _success(action, {"Ping": "Pong", "Timestamp": f"{self.now:.6f}"})

    def _do_logoff(self, action: Packet) -> bytes:
        return packet(_stamped(action, {"Response": "Goodbye", "Message": "Thanks for all the fish."}))

    def _do_corestatus(self, action: Packet) -> bytes:
        booted = time.gmtime(self.booted_at)
        return _success(
            action,
            {
                "CoreStartupDate": time.strftime("%Y-%m-%d", booted),
                "CoreStartupTime": time.strftime("%H:%M:%S", booted),
                "CoreCurrentCalls": str(len(self.channels)),
            },
        )

    def _do_coresettings(self, action: Packet) -> bytes:
        return _success(action, {"AMIversion": "5.0.4", "AsteriskVersion": self.version, "SystemName": "sim"})

    def _do_command(self, action: Packet) -> bytes:
        return _success(action, {"Message": "Command output follows", "Output": "sim"})

    def _do_originate(self, action: Packet) -> bytes:
        return _success(action, {"Message": "Originate successfully queued"})

    def _do_redirect(self, action: Packet) -> bytes:
        if all(one.get("Channel") != text(action, "Channel") for one in self.channels):
            return _error(action, f"Channel does not exist: {text(action, 'Channel')}")
        return _success(action, {"Message": "Redirect successful"})

    def _do_coreshowchannels(self, action: Packet) -> bytes:
        return _list(action, "CoreShowChannel", "CoreShowChannelsComplete", self.channels)

    def _do_status(self, action: Packet) -> bytes:
        wanted = text(action, "Channel")
        found = [one for one in self.channels if not wanted or one.get("Channel") == wanted]
        if wanted and not found:
            return _error(action, "No such channel")
        return _list(action, "Status", "StatusComplete", found)

    def _do_extensionstatelist(self, action: Packet) -> bytes:
        rows = [
            {"Exten": exten, "Context": "inoffice", "Hint": f"PJSIP/{exten}", "Status": str(status)}
            for exten, status in self.hints.items()
        ]
        return _list(action, "ExtensionStatus", "ExtensionStateListComplete", rows)

    def _do_devicestatelist(self, action: Packet) -> bytes:
        return _list(action, "DeviceStateChange", "DeviceStateListComplete", [])


def packet(fields: Mapping[str, str]) -> bytes:
    """As an exchange writes it: what is in the values goes out as it is, line breaks of callers' names included."""
    lines = "".join(f"{key}: {value}\r\n" for key, value in fields.items())
    return f"{lines}\r\n".encode("utf-8", "surrogateescape")


def _stamped(action: Packet, fields: Mapping[str, str]) -> dict[str, str]:
    """With the id of the action, after the first line, where Asterisk puts it."""
    items = list(fields.items())
    number = text(action, "ActionID")
    return dict([*items[:1], *([("ActionID", number)] if number else []), *items[1:]])


def _success(action: Packet, fields: Mapping[str, str]) -> bytes:
    return packet(_stamped(action, {"Response": "Success", **fields}))


def _error(action: Packet, message: str) -> bytes:
    return packet(_stamped(action, {"Response": "Error", "Message": message}))


def _list(action: Packet, event: str, last: str, rows: Iterable[Mapping[str, str]]) -> bytes:
    entries = [packet(_stamped(action, {"Event": event, **row})) for row in rows]
    end = {"Event": last, "EventList": "Complete", "ListItems": str(len(entries))}
    head = _success(action, {"EventList": "start", "Message": "List will follow"})
    return b"".join([head, *entries, packet(_stamped(action, end))])


def _end(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
