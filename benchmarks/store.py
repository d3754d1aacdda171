"""Fills and measures a store of deliveries; runs inside an installation (`Installation.call`)."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from statistics import median
from typing import Any

COMPANIES = 20
DAYS = 90
BLOCK = 5_000
NUMBER = 8000
TRIES = 7
SELDOM = "user.deleted"


def prepare(endpoints: int) -> None:
    """Companies with an endpoint each, of which the first has as many as are asked for, all of them switched off."""
    from tenants.models import Tenant
    from webhooks.models import Endpoint, EndpointState

    for n in range(COMPANIES):
        tenant = Tenant.objects.create(number=str(NUMBER + n), name=f"Company {n}", timezone="Europe/Minsk")
        # Disabled: nothing leaves, whatever is measured; deliveries are parked where a request would have been made.
        wanted = endpoints if n == 0 else 1
        Endpoint.objects.bulk_create(
            Endpoint(
                tenant=tenant,
                name=f"Endpoint {number}",
                url="https://hooks.example.com/in",
                events=["custom.event"] if number == 0 else ["contact.created"],
                state=EndpointState.DISABLED,
            )
            for number in range(wanted)
        )


def fill(count: int) -> dict[str, float]:
    """So many deliveries with event, body and attempt, evenly over the days before now."""
    from django.db import connection
    from django.utils import timezone

    from webhooks.models import Endpoint

    began, now = time.monotonic(), timezone.now()
    endpoints = [
        Endpoint.objects.filter(tenant__number=str(NUMBER + n))
        .order_by("id")
        .values_list("tenant_id", "id")[0]
        for n in range(COMPANIES)
    ]
    for start in range(0, count, BLOCK):
        block = range(start, min(start + BLOCK, count))
        moments = [now - timedelta(days=DAYS) * (1 - n / count) for n in block]
        _write(list(zip(block, moments, strict=True)), endpoints)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        size = cursor.fetchone()[0]
    return {"seconds": time.monotonic() - began, "megabytes": size / 1e6}


def _write(block: list[tuple[int, datetime]], endpoints: list[tuple[int, uuid.UUID]]) -> None:
    from config.ids import uuid7_at

    tables: dict[str, list[dict[str, Any]]] = {
        "tenants_event": [], "webhooks_payload": [], "webhooks_delivery": [], "webhooks_attempt": [],
    }  # fmt: skip
    for n, moment in block:
        tenant_id, endpoint_id = endpoints[n % COMPANIES]
        id_ = uuid.UUID(int=uuid7_at(moment).int + n)
        type_ = SELDOM if n % 5000 == 0 else "custom.event"
        own: dict[str, Any] = {"id": id_, "tenant_id": tenant_id}
        state = "failed" if n % 100 == 99 else "done"
        tables["tenants_event"].append(
            own
            | {"created_at": moment, "type": type_, "data": "{}", "key": f"fill:{n}", "occurred_at": moment}
        )
        tables["webhooks_payload"].append(
            own | {"created_at": moment, "event_id": id_, "variant": "standard", "content_type": "application/json",
                   "body": b'{"type": "custom.event"}', "headers": "", "hops": 0}
        )  # fmt: skip
        tables["webhooks_delivery"].append(
            own | {"created_at": moment, "event_id": id_, "endpoint_id": endpoint_id, "event_type": type_,
                   "variant": "standard", "state": state, "trigger": "auto", "attempts": 1, "tries": 1,
                   "reason": "", "detail": "", "finished_at": moment}
        )  # fmt: skip
        tables["webhooks_attempt"].append(
            own | {"delivery_id": id_, "n": 1, "trigger": "auto", "started_at": moment, "error": "", "detail": "",
                   "total_ms": 12.0, "is_reused": True, "request_headers": "", "response_headers": "",
                   "response_body": "", "is_cut": False}
        )  # fmt: skip
    for name, rows in tables.items():
        _copy(name, rows)


def _copy(name: str, rows: list[dict[str, Any]]) -> None:
    from django.db import connection, transaction

    names = list(rows[0])
    columns = ", ".join(f'"{one}"' for one in names)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row([row[one] for one in names])
            return
        marks = ", ".join(["%s"] * len(names))
        plain = [[_plain(row[one]) for one in names] for row in rows]
        cursor.executemany(f"INSERT INTO {name} ({columns}) VALUES ({marks})", plain)


def _plain(value: Any) -> Any:
    """As SQLite keeps it."""
    return value.hex if isinstance(value, uuid.UUID) else value


def measure(sent: int) -> dict[str, float]:
    """The median of several tries each, in milliseconds; `emit` and `delivery` by the event."""
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from tenants.models import Tenant, User
    from tenants.scoping import all_tenants, tenant_scope
    from webhooks.selectors import DeliveryFilter, deliveries

    tenant = Tenant.objects.get(number=str(NUMBER + 1))
    operator, _new = User.objects.get_or_create(username="measurer", is_superuser=True, is_staff=True)
    client = Client(REMOTE_ADDR="127.0.0.1")
    client.force_login(operator)
    address = reverse("admin:webhooks_delivery_changelist")

    def asks(**wanted: Any) -> Callable[[], Any]:
        with tenant_scope(tenant):
            return lambda: list(deliveries(DeliveryFilter(**wanted))[:26])

    with all_tenants():
        emitted, drained = _deliveries(tenant, sent)
        found = {"emit": emitted, "delivery": drained, "fan_out": _fan_out()}
        found["admin_page"] = _took(lambda: client.get(address))
    with tenant_scope(tenant):
        found["api_page"] = _took(asks())
        found["api_seldom_type"] = _took(asks(event_type=SELDOM))
        found["api_far_back"] = _took(asks(until=timezone.now() - timedelta(days=DAYS - 5)))
    return found


def _took(act: Callable[[], Any]) -> float:
    act()
    spans = []
    for _try in range(TRIES):
        with _clock() as span:
            act()
        spans.append(span[0])
    return median(spans)


@contextmanager
def _clock() -> Iterator[list[float]]:
    span: list[float] = []
    began = time.perf_counter()
    yield span
    span.append((time.perf_counter() - began) * 1000)


def _deliveries(tenant: Any, sent: int) -> tuple[float, float]:
    """What one `emit()` costs within its transaction, and what making a delivery of it costs."""
    from django.db import transaction

    from tenants.events import emit
    from tenants.work import drain

    spans = []
    for n in range(sent):
        with transaction.atomic():
            with _clock() as span:
                emit(tenant, "custom.event", {"name": "measured", "details": {"n": n}}, key=str(uuid.uuid4()))
            spans.append(span[0])
    with _clock() as span:
        drain("webhooks.fanout")
    return median(spans), span[0] / sent


def _fan_out() -> float:
    """One event for all endpoints of the company that has many."""
    from tenants.events import emit
    from tenants.models import Tenant
    from tenants.work import drain

    tenant = Tenant.objects.get(number=str(NUMBER))
    spans = []
    for _try in range(TRIES):
        emit(tenant, "contact.created", {"id": "c-1"}, key=str(uuid.uuid4()))
        with _clock() as span:
            drain("webhooks.fanout")
        spans.append(span[0])
    return median(spans)


def retention() -> dict[str, float]:
    """What is older than a month goes; then once more, when there is nothing left to go."""
    from tenants.scoping import all_tenants
    from webhooks.actions.forget_old import forget_old

    with all_tenants():
        with _clock() as span:
            removed = forget_old()["deliveries"]
        with _clock() as idle:
            forget_old()
    seconds = span[0] / 1000
    return {
        "removed": removed, "seconds": seconds, "per_second": removed / max(seconds, 1e-6), "idle_ms": idle[0],
    }  # fmt: skip
