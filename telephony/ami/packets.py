"""AMI's wire form: lines of `Key: value` ended by CRLF, an empty line after each packet.

A value may contain ": ", raw UTF-8 and, from callers' names, bytes that are no UTF-8. A key that comes again makes a list.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

Value = str | list[str]
Packet = dict[str, Value]
"""As it came: keys in their own spelling. `Event` or `Response` says what it is."""

MAX_PACKET: Final = 256 * 1024
END: Final = b"\r\n\r\n"
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f]")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


class BadValue(ValueError):
    """A field that must not be sent: a line break in it would start a header or an action of its own."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field}: control characters are not allowed")
        self.field = field


class PacketReader:
    """Bytes in, whole packets out, wherever the stream was cut. Garbage without an end is dropped at MAX_PACKET."""

    def __init__(self) -> None:
        self._rest = b""
        self.dropped = 0
        """Bytes that were no packet."""

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that these bytes complete."""
        *whole, self._rest = (self._rest + data).split(END)
        if len(self._rest) > MAX_PACKET:
            self.dropped += len(self._rest)
            self._rest = b""
        return [packet for block in whole if (packet := self._packet(block))]

    def _packet(self, block: bytes) -> Packet:
        packet: Packet = {}
        for line in block.decode("utf-8", "replace").split("\r\n"):
            key, colon, value = line.partition(":")
            if not colon:
                self.dropped += len(line)
                continue
            value = value.removeprefix(" ")
            known = packet.get(key)
            if known is None:
                packet[key] = value
            elif isinstance(known, list):
                known.append(value)
            else:
                packet[key] = [known, value]
        return packet


def text(packet: Mapping[str, Value], key: str) -> str:
    """One value; the first of several, empty when there is none."""
    value = packet.get(key, "")
    return value[0] if isinstance(value, list) else value


def encode(action: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """An action as bytes. BadValue names the field with a control character: it is refused, never cleaned."""
    lines = []
    for key, value in (("Action", action), *fields):
        if not _KEY.match(key) or _FORBIDDEN.search(value):
            raise BadValue(key)
        lines.append(f"{key}: {value}\r\n")
    return ("".join(lines) + "\r\n").encode()
