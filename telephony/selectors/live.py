"""The calls that ring or talk at this moment, and the phones that they are at.

One snapshot of a company serves everybody who looks, for a second: ten supervisors cost the database what one does.
"""

import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from telephony.models import Call, CallPhase
from telephony.selectors.presence import states_of
from tenants.models import Extension, Member, Role
from tenants.scoping import tenant_scope

FRESH_SECONDS: Final = 1.0
NAMES_SECONDS: Final = 30.0
LONGEST: Final = timedelta(hours=4)  # what has been open for longer has lost its end
MOST: Final = 500


@dataclass(frozen=True, slots=True)
class LiveCall:
    """`extensions` are those that ring, or the one that talks; `since` is when that began; `involved` had any part."""

    id: UUID
    direction: str
    phase: str
    client: str
    client_name: str
    line: str
    extensions: tuple[str, ...]
    since: datetime
    started_at: datetime
    involved: frozenset[str]

    @property
    def is_waiting(self) -> bool:
        """Somebody outside waits for an answer."""
        return self.direction == "in" and self.phase != CallPhase.TALKING


@dataclass(frozen=True, slots=True)
class Phone:
    """`state` is talking, ringing, free, or what else the exchange says of it."""

    extension: str
    name: str
    state: str
    since: datetime | None = None
    client: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    at: datetime
    calls: Sequence[LiveCall]
    phones: Sequence[Phone]

    @property
    def version(self) -> str:
        """The same as long as nothing changes but the clock."""
        told = repr((self.calls, self.phones)).encode()
        return sha256(told).hexdigest()[:16]

    @property
    def names(self) -> Mapping[str, str]:
        return {phone.extension: phone.name for phone in self.phones}

    def of(self, member: Member | None) -> "Snapshot":
        """What this person may see: agents their own calls, and their own phone."""
        if member is None or member.role != Role.AGENT:
            return self
        own = member.extension.number if member.extension else ""
        return replace(
            self,
            calls=[call for call in self.calls if own in call.involved],
            phones=[phone for phone in self.phones if phone.extension == own],
        )


@dataclass(slots=True)
class _Kept:
    lock: threading.Lock
    until: float = 0.0
    snapshot: Snapshot | None = None
    names_until: float = 0.0
    names: Mapping[str, str] | None = None


_kept: dict[int, _Kept] = {}
_kept_lock = threading.Lock()


def live(tenant_id: int) -> Snapshot:
    """Two queries a second at most for a company in this process, whoever asks; those who come meanwhile wait for them."""
    with _kept_lock:
        kept = _kept.setdefault(tenant_id, _Kept(threading.Lock()))
    with kept.lock:
        if kept.snapshot is None or time.monotonic() >= kept.until:
            kept.snapshot = _read(tenant_id, kept)
            kept.until = time.monotonic() + FRESH_SECONDS
        return kept.snapshot


def forget() -> None:
    """Start empty, as a new process does."""
    with _kept_lock:
        _kept.clear()


def _read(tenant_id: int, kept: _Kept) -> Snapshot:
    now = timezone.now()
    with tenant_scope(tenant_id):
        open_calls = Call.objects.filter(started_at__gte=now - LONGEST, merged_into__isnull=True)
        rows = list(
            open_calls.exclude(phase=CallPhase.ENDED)
            .defer("recording", "flags")
            .order_by("started_at", "id")[:MOST]
        )
        if kept.names is None or time.monotonic() >= kept.names_until:
            kept.names = dict(Extension.objects.order_by("number").values_list("number", "name"))
            kept.names_until = time.monotonic() + NAMES_SECONDS
        presence = {one.extension: (one.state.value, one.since) for one in states_of().values()}
    calls = sorted(map(live_call, rows), key=_urgency)
    return Snapshot(now, calls, phones(calls, kept.names, presence))


def live_call(call: Call) -> LiveCall:
    """Who rings is the latest set of extensions; who talks is whoever took the call last."""
    rings = [ring for ring in call.rings if isinstance(ring, dict)]
    talks = [talk for talk in call.talks if isinstance(talk, dict)]
    is_talking = call.phase == CallPhase.TALKING
    talking = next((talk for talk in reversed(talks) if not talk.get("until")), None)
    ringing = {name: ring for ring in rings for name in ring["extensions"]}
    if is_talking:
        now = ((talking or {}).get("extension") or call.responsible,)
        since = _moment(talking and talking.get("since")) or call.answered_at
    else:
        now = (
            tuple(dict.fromkeys(rings[-1]["extensions"]))
            if rings
            else ((call.responsible,) if call.responsible else ())
        )
        since = call.started_at
    everybody = {
        *ringing,
        *(talk.get("extension", "") for talk in talks),
        call.responsible,
        call.answered_by,
        *now,
    }
    return LiveCall(
        id=call.pk,
        direction=call.direction,
        phase=call.phase,
        client=call.client,
        client_name=call.client_name,
        line=call.did or call.trunk,
        extensions=tuple(name for name in now if name),
        since=since or call.started_at,
        started_at=call.started_at,
        involved=frozenset(everybody - {""}),
    )


def _moment(text: Any) -> datetime | None:
    return parse_datetime(text) if isinstance(text, str) else None


def _urgency(call: LiveCall) -> tuple[Any, ...]:
    """Clients who wait come first, the longest first; then what else rings, then talks, the longest first."""
    return (not call.is_waiting, call.phase == CallPhase.TALKING, call.since, call.id)


def phones(
    calls: Iterable[LiveCall],
    names: Mapping[str, str],
    presence: Mapping[str, tuple[str, datetime | None]] | None = None,
) -> list[Phone]:
    """Every extension of the company, and every other one that is in a call. `presence` is what the exchange says."""
    busy: dict[str, LiveCall] = {}
    for call in calls:
        for extension in call.extensions:
            known = busy.get(extension)
            if known is None or (call.phase == CallPhase.TALKING and known.phase != CallPhase.TALKING):
                busy[extension] = call
    found = []
    for extension in sorted({*names, *busy}, key=lambda number: (len(number), number)):
        call_there = busy.get(extension)
        if call_there is not None:
            state = "talking" if call_there.phase == CallPhase.TALKING else "ringing"
            found.append(
                Phone(extension, names.get(extension, ""), state, call_there.since, call_there.client)
            )
        else:
            state, since = (presence or {}).get(extension, ("free", None))
            found.append(Phone(extension, names.get(extension, ""), state, since))
    return found


def waiting(calls: Collection[LiveCall]) -> int:
    return sum(call.is_waiting for call in calls)
