"""Makes exchanges and plays captured calls into the database."""

import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from config.ids import uuid7_at
from telephony import scenarios
from telephony.ingest.parse import parse
from telephony.ingest.tokens import Source
from telephony.ingest.writer import arrived, insert
from telephony.models import AmiAccess, Call, CallNotification, Pbx
from telephony.models.call import tail_of
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tenants.work import drain

_numbers = count(1)


def make_pbx(tenant: Tenant, token: str = "", **values: Any) -> Pbx:
    number = next(_numbers)
    with all_tenants():
        named: dict[str, Any] = {
            "tenant": tenant,
            "name": f"pbx {number}",
            "token": token or f"test-token-{number:06d}",
        }
        return Pbx.objects.create(**(named | values))  # type: ignore[misc]


def make_access(pbx: Pbx, port: int, **values: Any) -> AmiAccess:
    """The account that a simulated exchange knows."""
    named: dict[str, Any] = {
        "tenant_id": pbx.tenant_id,
        "pbx": pbx,
        "host": "127.0.0.1",
        "port": port,
        "username": "hub",
        "secret": "hub-secret",
    }
    with all_tenants():
        return AmiAccess.objects.create(**(named | values))  # type: ignore[misc]


def posts(name: str, suffix: str = "") -> list[scenarios.Post]:
    """A captured call; with a suffix its ids are another call's."""
    return scenarios.renamed(scenarios.load(name), suffix) if suffix else scenarios.load(name)


def store(pbx: Pbx, played: Sequence[scenarios.Post], *, at: datetime | None = None) -> None:
    """Store requests as if they had been received, the first one at `at` (now)."""
    begin = at or timezone.now()
    source = Source(pbx.pk, pbx.tenant_id)
    for post in played:
        event = parse(post.body.encode(), post.path.strip("/"))
        insert([arrived(source, event, "127.0.0.1", begin + timedelta(seconds=post.offset))])


def play(pbx: Pbx, name: str, *, at: datetime | None = None, suffix: str = "") -> Call:
    """Store and fold a whole captured call, long enough ago to be over."""
    played = posts(name, suffix)
    store(pbx, played, at=at or timezone.now() - timedelta(seconds=played[-1].offset + 10))
    drain("calls.fold")
    with all_tenants():
        return Call.objects.filter(pbx=pbx, merged_into__isnull=True).latest("id")


def notifications(call: Call) -> list[tuple[str, str, str, str]]:
    """Kind, variant, state and reason of all, in order."""
    with all_tenants():
        rows = CallNotification.objects.filter(call=call).order_by("kind", "variant")
        return [(row.kind, row.variant, row.state, row.reason_code) for row in rows]


def make_call(pbx: Pbx, *, at: datetime | None = None, **values: Any) -> Call:
    """A finished call without the events behind it: incoming and missed, unless the values say otherwise."""
    begin = at or timezone.now()
    wait, talk = timedelta(seconds=values.get("wait_seconds", 10)), values.get("talk_seconds")
    is_answered = values.get("status") == "answered"
    ended = begin + wait + timedelta(seconds=talk or 0)
    filled: dict[str, Any] = {
        "id": uuid.UUID(int=uuid7_at(begin).int | secrets.randbits(62)),
        "tenant_id": pbx.tenant_id,
        "pbx": pbx,
        "external_id": f"made-{next(_numbers)}",
        "direction": "in",
        "phase": "ended",
        "status": "missed",
        "wait_seconds": 10,
        "started_at": begin,
        "answered_at": begin + wait if is_answered else None,
        "ended_at": ended,
        "finished_at": ended,
    }
    filled |= values
    filled["client_tail"] = tail_of(filled.get("client_number") or filled.get("client_raw") or "")
    with all_tenants():
        return Call.objects.create(**filled)  # type: ignore[misc]
