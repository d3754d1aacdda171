"""How long the pages for those who look after calls take at a million calls, and what keeping their figures costs.

python -m benchmarks.people [COUNT]     in an empty, migrated PostgreSQL database of its own (DATABASE_URL)
"""

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from telephony.actions.missed_clients import follow_up  # noqa: E402
from telephony.actions.tally_calls import tally_day  # noqa: E402
from telephony.models import Call, CallTally, Pbx  # noqa: E402
from telephony.selectors.live import forget, live  # noqa: E402
from telephony.selectors.narrowing import NARROWINGS, by_words  # noqa: E402
from telephony.selectors.statistics import statistics  # noqa: E402
from telephony.tests.many import many_calls  # noqa: E402
from tenants.models import Tenant  # noqa: E402
from tenants.scoping import all_tenants, tenant_scope  # noqa: E402

DAYS = 365


def best(work: Callable[[], Any], times: int = 5) -> float:
    """Milliseconds of the quickest of some runs: other work on the machine only ever adds."""
    taken = []
    for _run in range(times):
        begin = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begin) * 1000)
    return min(taken)


def look_now(tenant_id: int) -> None:
    """As if nobody else looked."""
    forget()
    live(tenant_id)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with all_tenants():
        tenant = Tenant.objects.create(
            number="9901", name="Benchmark", timezone="Europe/Minsk", phone_region="BY"
        )
        pbx = Pbx.objects.create(tenant=tenant, name="main")
        begin = time.perf_counter()
        many_calls(pbx, count, days=DAYS, until=timezone.now())
        print(f"{count} calls made in {time.perf_counter() - begin:.0f} s")
    today = timezone.localdate(timezone=tenant.zone)
    begin = time.perf_counter()
    counted = sum(tally_day(tenant.pk, today - timedelta(days=number)) for number in range(DAYS + 1))
    print(f"{counted} calls of {DAYS + 1} days counted in {time.perf_counter() - begin:.1f} s")
    # As the server does by itself within minutes; the calls' own tables are done by many_calls.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE telephony_calltally")
    with tenant_scope(tenant):
        print(f"{CallTally.objects.count()} rows of tallies")
        calls = Call.objects.filter(merged_into__isnull=True).order_by("-id")
        latest = list(calls[:50])
        cases: dict[str, Callable[[], Any]] = {
            "one day counted anew": lambda: tally_day(tenant.pk, today - timedelta(days=1)),
            "statistics of a week": lambda: statistics(today - timedelta(days=6), today),
            "statistics of 30 days": lambda: statistics(today - timedelta(days=29), today),
            "statistics of a year": lambda: statistics(today - timedelta(days=364), today),
            "list": lambda: list(calls[:26]),
            "list, end of a number": lambda: list(calls.filter(by_words("7919", "BY"))[:26]),
            "list, whole number": lambda: list(calls.filter(by_words("+375290007919", "BY"))[:26]),
            "list, rare line": lambda: list(calls.filter(NARROWINGS["line"].q("+375170000009"))[:26]),
            "list, extension": lambda: list(calls.filter(NARROWINGS["extension"].q("150"))[:26]),
            "list, talks of an hour": lambda: list(
                calls.filter(finished_at__isnull=False, talk_seconds__gte=3600)[:26]
            ),
            "list, waits of ten minutes": lambda: list(
                calls.filter(finished_at__isnull=False, wait_seconds__gte=600)[:26]
            ),
            "list, with a recording": lambda: list(calls.filter(NARROWINGS["recorded"].q("1"))[:26]),
            "list, not called back": lambda: list(calls.filter(NARROWINGS["missed"].q("open"))[:26]),
            "calls at this moment": lambda: look_now(tenant.pk),
            "50 ends followed up": lambda: follow_up(latest),
        }
        for name, work in cases.items():
            print(f"{name:28} {best(work):8.1f} ms")


if __name__ == "__main__":
    main()
