"""The same captured calls as the exchange's manager interface and its call records told them."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from telephony.ami.kept import as_event
from telephony.ingest.parse import ParsedEvent

HERE = Path(__file__).parent
_UIDS = re.compile(r"(?:Uniqueid|Linkedid|UniqueId|uniqueid|linkedid)$")
_ROW_TIMES = ("start", "answer", "end")


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. `offset` in seconds since the call's first HTTP request, by the exchange's own stamp."""

    offset: float
    fields: dict[str, str]

    @property
    def kind(self) -> str:
        return self.fields["Event"]


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the call records; `offset` is when a reader could have had it."""

    offset: float
    fields: dict[str, str]


def packet_names() -> list[str]:
    """The scenarios that are shipped in the manager interface's form."""
    return sorted(path.stem for path in (HERE / "ami").glob("*.jsonl"))


def record_names() -> list[str]:
    """The scenarios whose call records are shipped."""
    return sorted(path.stem for path in (HERE / "cdr").glob("*.jsonl"))


def load_packets(name: str) -> list[Packet]:
    """A scenario's packets in order. Raises OSError, ValueError."""
    return [
        Packet(float(line["offset"]), dict(line["packet"])) for line in _lines(HERE / "ami" / f"{name}.jsonl")
    ]


def load_records(name: str) -> list[Record]:
    """A scenario's call records in the order in which the exchange wrote them. Raises OSError, ValueError."""
    return [
        Record(float(line["offset"]), dict(line["row"])) for line in _lines(HERE / "cdr" / f"{name}.jsonl")
    ]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def packet_event(fields: Mapping[str, str]) -> ParsedEvent:
    """A packet as its listener stores it."""
    return as_event(dict(fields))


def content_digest(source: str, fields: Mapping[str, Any]) -> bytes:
    """What tells a repeat from a new event."""
    return hashlib.sha256(
        source.encode() + b"\0" + orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    ).digest()


def renamed_packets(packets: Sequence[Packet], suffix: str) -> list[Packet]:
    """The same call under other channel ids and bridges: to the hub it is a new one."""
    return [replace(one, fields=_with_suffix(one.fields, suffix)) for one in packets]


def renamed_records(records: Sequence[Record], suffix: str) -> list[Record]:
    """The rows of the same call under other channel ids."""
    return [replace(one, fields=_with_suffix(one.fields, suffix)) for one in records]


def _with_suffix(fields: dict[str, str], suffix: str) -> dict[str, str]:
    return {key: value + suffix if value and _UIDS.search(key) else value for key, value in fields.items()}


def records_at(records: Sequence[Record], shift: timedelta) -> list[Record]:
    """The rows with their times moved."""

    def moved(text: str) -> str:
        return (datetime.fromisoformat(text) + shift).isoformat() if text else ""

    return [
        replace(
            one,
            fields={key: moved(value) if key in _ROW_TIMES else value for key, value in one.fields.items()},
        )
        for one in records
    ]
