"""Makes exchanges and plays captured calls into the database."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from telephony import scenarios
from telephony.ingest.parse import parse
from telephony.ingest.tokens import Source
from telephony.ingest.writer import arrived, insert
from telephony.models import Call, CallNotification, Pbx
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
