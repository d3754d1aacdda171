"""Files that exchanges would have left, and calls that point at them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from telephony.models import Call, Pbx, Recording, RecordingStore
from telephony.recordings.expecting import LANE
from telephony.tests.factories import play
from tenants.scoping import all_tenants
from tenants.work import drain

MONITOR = "/var/spool/asterisk/monitor"
SOUND = bytes(range(256)) * 400  # 102,400 bytes, each place of which is told from its neighbours


def make_store(pbx: Pbx, **values: Any) -> RecordingStore:
    named: dict[str, Any] = {"tenant_id": pbx.tenant_id, "pbx": pbx, "cut": MONITOR}
    with all_tenants():
        return RecordingStore.objects.create(**(named | values))  # type: ignore[misc]


def answered_call(pbx: Pbx) -> Call:
    """A whole captured call with a recording, closed."""
    play(pbx, "inbound_answered")
    drain("calls.finish", timezone.now() + timedelta(minutes=1))
    with all_tenants():
        return Call.objects.get(pbx=pbx)


def looked(times: int = 1) -> None:
    """That many looks, each when it is due."""
    for turn in range(times):
        drain(LANE, timezone.now() + timedelta(seconds=10 * (turn + 1)))


def recording_of(call: Call) -> Recording:
    with all_tenants():
        return Recording.objects.get(call=call)


def left_by_exchange(root: Path, call: Call, sound: bytes = SOUND) -> Path:
    """The file at the place that the call's events name."""
    path = root / str(call.recording).removeprefix(MONITOR).lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sound)
    return path
