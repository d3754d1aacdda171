"""Says how the calls that we know compare with what the exchange recorded of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from telephony.catchup.rows import Record
from telephony.models import Call, CallAlias, CallPhase, CallStatus, EventKind

# Seconds by which two clocks may round the same talk.
TOLERANCE: Final = 2
# What an application leaves behind that only ended the call: a row without a talk.
_NOTHING: Final = ("Return", "Hangup")
_DEVICES: Final = ("PJSIP/", "SIP/", "IAX2/", "DAHDI/", "SCCP/", "Khomp/", "Dongle/")


@dataclass(slots=True)
class Comparison:
    """Calls by their channel ids, so that one that comes in several portions counts once."""

    missing: set[str] = field(default_factory=set)
    differing: set[str] = field(default_factory=set)
    unchanged: set[str] = field(default_factory=set)

    def add(self, pbx_id: UUID, records: Sequence[Record]) -> None:
        """Before these rows are stored: afterwards the calls are folded from them."""
        rows: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            rows[record.call].append(record)
        known = _known(pbx_id, records)
        for name, mine in rows.items():
            call = next((known[one] for one in _names(mine) if one in known), None)
            if call is None:
                self._count(name, self.missing)
            elif _differs(call, mine):
                self._count(name, self.differing)
            else:
                self._count(name, self.unchanged)

    def _count(self, name: str, where: set[str]) -> None:
        if name in self.missing | self.differing:
            return
        self.unchanged.discard(name)
        where.add(name)


def _names(records: Iterable[Record]) -> list[str]:
    return list(dict.fromkeys(name for one in records for name in (one.call, one.event.unique_id)))


def _known(pbx_id: UUID, records: Sequence[Record]) -> dict[str, Call]:
    aliases = CallAlias.objects.filter(pbx_id=pbx_id, channel__in=_names(records)).select_related("call")
    return {one.channel: one.call for one in aliases}


def _differs(call: Call, records: Sequence[Record]) -> bool:
    """An open call, another outcome, another talk time. Channel records (CEL) alone only close what is open."""
    rows = [one.fields for one in records if one.event.kind == EventKind.CDR]
    if not rows:
        return call.phase != CallPhase.ENDED and any(
            one.fields["eventtype"] == "LINKEDID_END" for one in records
        )
    if call.phase != CallPhase.ENDED:
        return True
    talked = [int(row["billsec"]) for row in rows if _is_talk(row)]
    if bool(talked) != (call.status == CallStatus.ANSWERED):
        return True
    # A transfer's rows overlap: their sum says nothing.
    return (
        len(talked) == 1 and call.talk_seconds is not None and abs(call.talk_seconds - talked[0]) > TOLERANCE
    )


def _is_talk(row: dict[str, str] | object) -> bool:
    assert isinstance(row, dict)
    if row["lastapp"] in _NOTHING and row["duration"] in ("", "0"):
        return False
    has_talked = row["billsec"].isdigit() and int(row["billsec"]) > 0 and row["disposition"] == "ANSWERED"
    return has_talked and row["dstchannel"].startswith(_DEVICES)
