"""When synchronisations are due, and the sweeper that begins them once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from integrations.actions.save_plan import save_plan
from integrations.models import Integration, SyncPlan, SyncRun
from integrations.records import RecordKind
from integrations.sync.schedule import next_due
from integrations.sync.sweep import start_due
from integrations.sync.tests.conftest import plan_for
from tenants.cron import BadCron, parsed

MINSK = ZoneInfo("Europe/Minsk")
NOON = datetime(2026, 6, 1, 9, 0, 30, tzinfo=UTC)  # a Monday, noon in Minsk

CASES = [
    ("0 * * * *", datetime(2026, 6, 1, 10, 0, tzinfo=UTC)),
    ("*/15 * * * *", datetime(2026, 6, 1, 9, 15, tzinfo=UTC)),
    ("17 3 * * *", datetime(2026, 6, 2, 0, 17, tzinfo=UTC)),
    ("0 12 * * 1", datetime(2026, 6, 8, 9, 0, tzinfo=UTC)),
    ("0 8 * * 0", datetime(2026, 6, 7, 5, 0, tzinfo=UTC)),
    ("0 0 29 2 *", datetime(2028, 2, 28, 21, 0, tzinfo=UTC)),
]


@pytest.mark.parametrize(("cron", "moment"), CASES)
def test_cron_is_read_in_the_companys_zone(cron: str, moment: datetime) -> None:
    assert next_due(None, cron, NOON, MINSK) == moment


def test_whichever_comes_first() -> None:
    assert next_due(5, "0 * * * *", NOON, MINSK) == NOON + timedelta(minutes=5)
    assert next_due(None, "", NOON, MINSK) is None


def test_an_hour_that_is_skipped_in_spring_happens_all_the_same() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    evening = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)

    assert next_due(None, "30 2 * * *", evening, berlin) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "* * * *", "61 * * * *", "a b c d e", "0 0 31 2 *", "* * * * * *", "0-x * * * *"]
)
def test_what_is_no_schedule(text: str) -> None:
    with pytest.raises(BadCron):
        parsed(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("61 * * * *", "«61» — не минута: напишите число от 0 до 59"),
        ("0 24 * * *", "«24» — не час: напишите число от 0 до 23"),
        ("0 0 L * *", "«L» — не день месяца: напишите число от 1 до 31"),
        ("0 0 * 0 *", "«0» — не месяц: напишите число от 1 до 12"),
        ("0 0 * * пн", "«пн» — не день недели: напишите число от 0 (воскресенье) до 6"),
        ("*/0 * * * *", "«*/0» — не минута"),
    ],
)
def test_whoever_wrote_it_is_told_which_part_cannot_be(text: str, told: str) -> None:
    with override("ru"), pytest.raises(BadCron) as caught:
        parsed(text)

    assert str(caught.value).startswith(told)
    assert "Invalid" not in str(caught.value)


@pytest.mark.django_db
def test_the_sweeper_begins_what_is_due_once(integration: Integration) -> None:
    plan = save_plan(
        # Its nightly turn would come between, for whoever runs this at three in the morning in Minsk.
        SyncPlan(tenant=integration.tenant, integration=integration, kind=RecordKind.CONTACT, full_cron="")
    )
    assert start_due() == 0
    later = timezone.now() + timedelta(minutes=16)

    assert start_due(later) == 1
    assert start_due(later) == 0

    run = SyncRun.objects.get()
    assert (run.plan_id, run.is_full, run.asked_by) == (plan.pk, False, "system")


@pytest.mark.django_db
def test_what_is_under_way_comes_a_little_later(integration: Integration) -> None:
    plan = plan_for(integration, next_due_at=timezone.now() - timedelta(minutes=1))
    assert start_due() == 1
    SyncPlan.objects.update(next_due_at=timezone.now() - timedelta(minutes=1))

    assert start_due() == 0

    plan.refresh_from_db()
    assert plan.next_due_at is not None
    assert timezone.now() < plan.next_due_at < timezone.now() + timedelta(minutes=1)


@pytest.mark.django_db
def test_a_nightly_run_that_meets_another_one_comes_a_little_later_and_is_not_left_out(
    integration: Integration,
) -> None:
    past = timezone.now() - timedelta(minutes=1)
    plan = plan_for(integration, next_due_at=past)
    assert start_due() == 1
    SyncPlan.objects.update(next_full_at=past)

    assert start_due() == 0

    plan.refresh_from_db()
    assert plan.next_full_at is not None
    assert timezone.now() < plan.next_full_at < timezone.now() + timedelta(minutes=1)
    SyncRun.objects.update(state="completed")
    assert start_due(timezone.now() + timedelta(minutes=1)) == 1
    assert SyncRun.objects.latest("id").is_full


@pytest.mark.django_db
def test_nobody_begins_what_is_switched_off(integration: Integration) -> None:
    past = timezone.now() - timedelta(minutes=1)
    plan_for(integration, next_due_at=past, is_enabled=False)
    plan_for(integration, RecordKind.PRODUCT, next_full_at=past)

    assert start_due() == 1
    assert SyncRun.objects.get().is_full
    Integration.objects.update(is_enabled=False)
    SyncRun.objects.all().delete()
    SyncPlan.objects.update(next_due_at=past, is_enabled=True)

    assert start_due() == 0


@pytest.mark.django_db
def test_a_look_costs_one_query_when_nothing_is_due(integration: Integration) -> None:
    plan_for(integration, next_due_at=timezone.now() + timedelta(minutes=1))

    with CaptureQueriesContext(connection) as queries:
        start_due()

    assert len(queries) == 1
