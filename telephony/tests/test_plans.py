"""Each way of narrowing the list of calls is served by an index: the planner's own choice over a busy month."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from integrations.tests.factories import make_integration
from telephony.models import Call, MissedClient, Pbx
from telephony.selectors.live import LONGEST
from telephony.selectors.narrowing import NARROWINGS, by_words, ends_with
from telephony.tests.factories import make_pbx
from telephony.tests.many import many_calls
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.engine("postgresql")]
COUNT, DAYS = 30_000, 30
UPLOADS = """
INSERT INTO telephony_callnotification (id, tenant_id, created_at, integration_id, call_id, kind, variant, extensions,
    state, reason_code, reason, attempts, outside_id, is_duplicate, issues, details)
SELECT gen_random_uuid(), tenant_id, created_at, %s, id, 'upload', '', '[]',
    CASE WHEN row_number() OVER (ORDER BY id) %% 3000 = 7 THEN 'failed' ELSE 'done' END, '', '', 1, '', false, '[]', '{}'
FROM telephony_call WHERE tenant_id = %s
"""


@pytest.fixture
def pbx() -> Pbx:
    mine, other = make_pbx(make_tenant()), make_pbx(make_tenant())
    now = timezone.now()
    for one in (mine, other):
        many_calls(one, COUNT, days=DAYS, until=now)
    with tenant_scope(mine.tenant_id):
        integration = make_integration(mine.tenant)
    with connection.cursor() as cursor:
        cursor.execute(UPLOADS, [integration.pk, mine.tenant_id])
    with tenant_scope(mine.tenant_id):
        MissedClient.objects.bulk_create(
            MissedClient(
                tenant=mine.tenant,
                client_number=call.client_number,
                first_missed_at=call.started_at,
                last_missed_at=now,
            )
            for call in Call.objects.filter(status="missed", direction="in").order_by("-id")[:20]
        )
    with connection.cursor() as cursor:
        for table in ("callnotification", "missedclient"):
            cursor.execute(f"ANALYZE telephony_{table}")
    return mine


def page(found: QuerySet[Call]) -> QuerySet[Call]:
    """As the list asks for it."""
    return found.filter(merged_into__isnull=True).order_by("-id")[:26]


def plan(found: QuerySet[Any]) -> str:
    return found.explain()


def test_every_narrowing_has_its_index(pbx: Pbx) -> None:
    now = timezone.now()
    with tenant_scope(pbx.tenant_id):
        calls = Call.objects.all()
        cases: dict[str, tuple[QuerySet[Call], set[str]]] = {
            "end of a number": (page(calls.filter(ends_with("7194"))), {"call_tail"}),
            "whole number": (
                page(calls.filter(by_words("+375290007919", "BY"))),
                {"call_tail", "call_client"},
            ),
            "id at the exchange": (
                page(calls.filter(by_words("pbx-1795254021.57", "BY"))),
                {"call_alias_once"},
            ),
            "rare line": (page(calls.filter(NARROWINGS["line"].q("+375170000009"))), {"call_line"}),
            "long talk": (
                page(calls.filter(finished_at__isnull=False, talk_seconds__gte=3600)),
                {"call_talk"},
            ),
            "long wait": (
                page(calls.filter(finished_at__isnull=False, wait_seconds__gte=600)),
                {"call_wait"},
            ),
            "recorded": (page(calls.filter(NARROWINGS["recorded"].q("1"))), {"call_recorded"}),
            "CRM": (page(calls.filter(NARROWINGS["crm"].q("problem"))), {"notification_unsent"}),
            "not called back": (page(calls.filter(NARROWINGS["missed"].q("open"))), {"missed_client"}),
            "extension": (page(calls.filter(NARROWINGS["extension"].q("150"))), {"call_participant"}),
            "now": (
                calls.filter(started_at__gte=now - LONGEST)
                .exclude(phase="ended")
                .order_by("started_at", "id"),
                {"call_live"},
            ),
            # What the finishing of every call asks.
            "a client's calls": (
                calls.filter(client_number__in=["+375290007919"], merged_into__isnull=True).order_by("-id")[
                    :5000
                ],
                {"call_client"},
            ),
            "missed": (page(calls.filter(NARROWINGS["missed"].q("1"))), {"call_"}),
        }
        plans = {name: (plan(found), indexes) for name, (found, indexes) in cases.items()}

    for name, (told, indexes) in plans.items():
        assert "Seq Scan on telephony_call " not in told, f"{name}:\n{told}"
        assert any(index in told for index in indexes), f"{name}:\n{told}"
