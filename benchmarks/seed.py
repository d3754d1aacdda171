"""Fills an installation with what a measurement needs; runs inside it (`Installation.call`)."""

import time
import uuid
from functools import cache
from typing import Any

from benchmarks.exchange import TOKEN

PUBLISHER = "9000"


def companies(count: int, crm_ports: list[int] | None = None) -> None:
    """Companies with one exchange each and, where ports are given, a CRM behind one of them."""
    from integrations.actions.save_integration import create_integration
    from telephony.models import Pbx
    from tenants.models import Extension, Tenant

    for number in range(count):
        tenant = Tenant.objects.create(
            number=f"{number:04d}",
            name=f"Company {number}",
            timezone="Europe/Minsk",
            phone_region="BY",
            language="en",
        )
        Extension.objects.create(tenant=tenant, number="150", name="Anna")
        Pbx.objects.create(tenant=tenant, name="Exchange", token=TOKEN % number)
        if crm_ports:
            address = f"http://127.0.0.1:{crm_ports[number % len(crm_ports)]}"
            create_integration(
                tenant, "retailcrm", "CRM", settings={"url": address, "timezone": "Europe/Minsk"},
                credentials={"api_key": "benchmark-key"},
            )  # fmt: skip


def subscribers(urls: list[str]) -> None:
    """One company whose every event goes to each of these URLs."""
    from tenants.models import Tenant
    from webhooks.actions.create_endpoint import create_endpoint
    from webhooks.models import Endpoint

    tenant = Tenant.objects.create(
        number=PUBLISHER, name="Publisher", timezone="Europe/Minsk", phone_region="BY"
    )
    for number, url in enumerate(urls):
        create_endpoint(Endpoint(tenant=tenant, name=f"Receiver {number}", url=url, events=["*"]))


def events(count: int) -> None:
    """So many events at once, a few hundred a transaction."""
    from django.db import transaction

    from tenants.events import emit_many

    for start in range(0, count, 500):
        with transaction.atomic():
            emit_many([_event() for _ in range(min(500, count - start))])


def emit_steadily(rate: float, seconds: float) -> dict[str, Any]:
    """One event after the other; when each was emitted (before its commit), by the id that its receiver sees."""
    from django.db import transaction

    from tenants.events import emit_many
    from webhooks.wire import message_id

    emitted: dict[str, float] = {}
    took: list[float] = []
    begin = time.monotonic()
    for number in range(int(rate * seconds)):
        time.sleep(max(begin + number / rate - time.monotonic(), 0))
        with transaction.atomic():
            at = time.monotonic()
            [written] = emit_many([_event()])
            took.append((time.monotonic() - at) * 1000)
        emitted[message_id(written.id)] = at
    return {"emitted": emitted, "emit_ms": took}


def _event() -> Any:
    from tenants.events import NewEvent, event_type

    return NewEvent(_publisher(), "call.ended", event_type("call.ended").example, uuid.uuid4().hex)


@cache
def _publisher() -> int:
    from tenants.models import Tenant

    found: int = Tenant.objects.get(number=PUBLISHER).pk
    return found


def backlog(url: str, count: int) -> None:
    """Another endpoint with so many deliveries, as if they had been fanned out before; they are due in a day."""
    from datetime import timedelta

    from django.utils import timezone

    from tenants.bulk import insert
    from tenants.events import event_type
    from tenants.ids import uuid7
    from tenants.work import enqueue
    from webhooks.actions.create_endpoint import create_endpoint
    from webhooks.models import Endpoint, delivery_id

    kind, now, tenant = "endpoint.disabled", timezone.now(), _publisher()
    endpoint = Endpoint(tenant_id=tenant, name="Dead", url=url, events=[kind])
    create_endpoint(endpoint)
    data = event_type(kind).example
    for start in range(0, count, 1000):
        ids = [uuid7() for _ in range(min(1000, count - start))]
        insert(
            "tenants_event",
            (
                *(
                    ("id", "uuid"),
                    ("tenant_id", "bigint"),
                    ("type", "text"),
                    ("data", "jsonb"),
                    ("key", "text"),
                ),
                *(("occurred_at", "timestamptz"), ("created_at", "timestamptz")),
            ),
            [(id_, tenant, kind, data, id_.hex, now, now) for id_ in ids],
        )
        insert(
            "webhooks_payload",
            (
                *(("id", "uuid"), ("tenant_id", "bigint"), ("event_id", "uuid"), ("variant", "text")),
                *(("content_type", "text"), ("headers", "text"), ("body", "bytea"), ("hops", "smallint")),
                ("created_at", "timestamptz"),
            ),
            [(uuid7(), tenant, id_, "standard", "application/json", "", b"{}", 0, now) for id_ in ids],
        )
        insert(
            "webhooks_delivery",
            (
                *(("id", "uuid"), ("tenant_id", "bigint"), ("event_id", "uuid"), ("endpoint_id", "uuid")),
                *(("event_type", "text"), ("variant", "text"), ("state", "text"), ("trigger", "text")),
                *(("attempts", "int"), ("tries", "int"), ("reason", "text"), ("detail", "text")),
                ("created_at", "timestamptz"),
            ),
            [
                (
                    *(delivery_id(id_, endpoint.id), tenant, id_, endpoint.id, kind, "standard"),
                    *("pending", "auto", 0, 0, "", "", now),
                )
                for id_ in ids
            ],
        )
        enqueue(
            "webhooks.deliver",
            [
                (delivery_id(id_, endpoint.id), tenant, endpoint.id.hex, now + timedelta(days=1))
                for id_ in ids
            ],
        )


def become_due() -> None:
    """What `backlog` made."""
    from django.utils import timezone

    from tenants.models import Work

    Work.objects.filter(lane="webhooks.deliver", due__gt=timezone.now()).update(due=timezone.now())


def due() -> int:
    """Deliveries that are due."""
    from django.utils import timezone

    from tenants.models import Work

    return Work.objects.filter(lane="webhooks.deliver", due__lte=timezone.now()).count()


def open_circuits() -> int:
    from webhooks.models import EndpointFlow

    return EndpointFlow.objects.exclude(breaker="closed").count()


def clickers(ami_port: int, extensions: int, secret: str) -> None:
    """One company with so many phones, whose exchange's manager interface is at that port; no limit stands in the way."""
    from telephony.models import AmiAccess, DialPolicy, Pbx, TelephonySettings
    from tenants.models import Extension, Tenant

    tenant = Tenant.objects.create(
        number="8000", name="Clickers", timezone="Europe/Minsk", phone_region="BY", language="en"
    )
    Extension.objects.bulk_create(Extension(tenant=tenant, number=str(1000 + n)) for n in range(extensions))
    pbx = Pbx.objects.create(tenant=tenant, name="Exchange")
    AmiAccess.objects.create(
        tenant=tenant, pbx=pbx, host="127.0.0.1", port=ami_port, username="hub", secret="hub-secret"
    )
    TelephonySettings.objects.create(tenant=tenant, call_secret=secret)
    many = 1_000_000
    DialPolicy.objects.create(
        tenant=tenant, extension_per_minute=many, extension_per_day=many, per_minute=many, per_day=many
    )
