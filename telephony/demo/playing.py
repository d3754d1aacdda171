"""Plays captured calls inside the hub, for the demo's button: each message is a row of leased work, due when it was sent.

They enter where an exchange's messages do, behind the check of the token.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from config.ids import uuid7
from config.supervisor import demo
from telephony import scenarios
from telephony.demo.company import NUMBER
from telephony.ingest.parse import parse
from telephony.ingest.tokens import Source
from telephony.ingest.writer import arrived, insert
from telephony.models import Pbx
from tenants.models import Tenant, Work
from tenants.scoping import all_tenants
from tenants.work import Leased, enqueue

LANE = "calls.demo"
CALLS = ("inbound_answered", "ring_group", "inbound_missed", "outbound_answered")
SECONDS_BETWEEN = 4  # the beginnings of two calls, so that something happens all the time
ADDRESS = "demo"


def is_demo(tenant: Tenant | None) -> bool:
    """The company that `manage.py demo` made, while the demo is on."""
    return tenant is not None and tenant.number == NUMBER and demo.note() is not None


def is_playing(tenant: Tenant) -> bool:
    return Work.objects.filter(lane=LANE, tenant=tenant).exists()


def play(tenant: Tenant, names: Sequence[str] = CALLS) -> None:
    """Queue the messages of these calls at the pace at which they once came."""
    playing, now = secrets.token_hex(4), timezone.now()
    entries = []
    for turn, name in enumerate(names):
        begin = now + timedelta(seconds=turn * SECONDS_BETWEEN)
        for number, post in enumerate(scenarios.load(name)):
            # What is to be sent stands in the row's group: scenario, message, playing, when the call begins.
            group = f"{name} {number} {playing} {int(begin.timestamp())}"
            entries.append((uuid7(), tenant.pk, group, begin + timedelta(seconds=post.offset)))
    enqueue(LANE, entries)


def send(row: Leased) -> bool:
    """Store one message as if the company's exchange had sent it; False when there is no exchange. Harmless twice."""
    name, number, playing, begin = row.group.split()
    with all_tenants():
        pbx = (
            Pbx.objects.filter(tenant=row.tenant_id, is_enabled=True)
            .select_related("tenant")
            .order_by("id")
            .first()
        )
    if pbx is None:
        return False
    fresh = scenarios.renamed(scenarios.load(name), f"-d{playing}")
    post = scenarios.at_time(fresh, datetime.fromtimestamp(int(begin), UTC).astimezone(pbx.zone))[int(number)]
    event = parse(post.body.encode("utf-8", "surrogateescape"), post.path.strip("/"), pbx.token)
    insert([arrived(Source(pbx.pk, pbx.tenant_id), event, ADDRESS)])
    return True
