"""Reports: when they are due, what stands in them, and that each is told once."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import orjson
import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tenants.figures import Period, counted, sections
from tenants.models import Event
from tenants.scoping import tenant_scope
from tenants.work import drain
from webhooks.actions.forget_old import forget_old
from webhooks.actions.send_report import preview_report, send_due_report, send_report_now
from webhooks.lanes.reports import queue_due_reports
from webhooks.models import Delivery, Letter, Payload, Report, ReportRun
from webhooks.reports.schedule import Schedule, due_after, former, last_due, period_before
from webhooks.schemas import data_problems
from webhooks.tests.factories import deliver, make_endpoint, make_event

MINSK, BERLIN, BEIRUT = ZoneInfo("Europe/Minsk"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Beirut")
NINE = Schedule(time(9))
MONDAYS = Schedule(time(9), 1)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "due"),
    [
        (NINE, MINSK, utc(2026, 11, 21, 5, 59), utc(2026, 11, 21, 6)),
        (NINE, MINSK, utc(2026, 11, 21, 6), utc(2026, 11, 22, 6)),
        (MONDAYS, MINSK, utc(2026, 11, 23, 6), utc(2026, 11, 30, 6)),
        # The clocks of Berlin skip 02:30 in spring, and have it twice in autumn.
        (Schedule(time(2, 30)), BERLIN, utc(2026, 3, 28, 12), utc(2026, 3, 29, 1, 30)),
        (Schedule(time(2, 30)), BERLIN, utc(2026, 10, 24, 12), utc(2026, 10, 25, 0, 30)),
        (Schedule(time(2, 30)), BERLIN, utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)),
        (NINE, BERLIN, utc(2026, 3, 28, 8), utc(2026, 3, 29, 7)),
        # Those of Beirut skip midnight.
        (Schedule(time(0)), BEIRUT, utc(2026, 3, 28, 12), utc(2026, 3, 28, 22)),
    ],
)
def test_a_report_is_due_by_the_companys_clock(schedule, zone, after, due):
    assert due_after(schedule, after, zone) == due


@pytest.mark.parametrize(("day", "hours"), [(29, 24), (30, 23)])
def test_a_day_in_spring_has_23_hours(day, hours):
    due = due_after(NINE, utc(2026, 3, day), BERLIN)

    period = period_before(NINE, due, BERLIN)

    assert (period.until - period.since) == timedelta(hours=hours)
    assert (
        period.until == former(NINE, period_before(NINE, due_after(NINE, due, BERLIN), BERLIN), BERLIN).until
    )


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.times(),
    st.sampled_from([None, 1, 4, 7]),
    st.sampled_from([MINSK, BERLIN, BEIRUT, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Australia/Lord_Howe")]),
)
def test_periods_follow_each_other_without_a_gap(moment, at, weekday, zone):
    schedule = Schedule(at.replace(second=0, microsecond=0), weekday)
    due = due_after(schedule, moment, zone)
    following = due_after(schedule, due, zone)

    assert last_due(schedule, moment, zone) <= moment < due < following
    assert last_due(schedule, following - timedelta(microseconds=1), zone) == due
    assert period_before(schedule, due, zone).until == period_before(schedule, following, zone).since


@pytest.fixture
def report(tenant) -> Report:
    tenant.timezone = "Europe/Minsk"
    tenant.language = "en"
    tenant.save()
    made = Report(tenant=tenant, name="Sales", addresses=["anna@example.com"])
    made.full_clean()
    made.save()
    return made


def overdue(report: Report, by: timedelta = timedelta(minutes=5)) -> datetime:
    """As if it had been due that long ago; the moment at which it is looked at."""
    report.refresh_from_db()
    assert report.next_due_at is not None
    return report.next_due_at + by


def test_a_report_is_told_once_for_its_day(report, tenant, receiver, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    named, _secret = make_endpoint(tenant, receiver.url("/slack"), ["call.*"], format="slack")
    asking, _secret = make_endpoint(tenant, receiver.url("/all"), ["report.*"])
    make_endpoint(tenant, receiver.url("/calls"), ["call.*"])
    report.endpoints = [str(named.pk)]
    report.save()
    now = overdue(report)

    assert queue_due_reports(now) == 1
    run = send_due_report(report.pk, now)
    again = send_due_report(report.pk, now), send_due_report(report.pk, now + timedelta(hours=1))
    drain("webhooks.reports")
    deliver()
    drain("webhooks.letters")

    assert run is not None
    assert again == (None, None)
    assert ReportRun.objects.count() == 1
    [event] = Event.objects.filter(type="report.daily")
    assert event.pk == run.event
    assert event.key == f"report:{report.pk}:{run.since.isoformat()}:{run.until.isoformat()}"
    assert {one.endpoint_id for one in Delivery.objects.filter(event=event)} == {named.pk, asking.pk}
    assert sorted(one.path for one in receiver.requests) == ["/all", "/slack"]
    day = run.since.astimezone(MINSK)
    assert (day.hour, run.until - run.since) == (0, timedelta(days=1))
    [letter] = mail.outbox
    assert letter.to == ["anna@example.com"]
    assert letter.subject.startswith(f"Sales: {day:%m/%d/%Y}")
    assert "CALLS" in letter.body
    assert Letter.objects.get().sent_at is not None
    report.refresh_from_db()
    assert report.next_due_at == overdue(report, timedelta())
    assert report.next_due_at > now


def test_a_hub_that_was_off_for_days_tells_the_last_one_only(report):
    now = overdue(report, timedelta(days=3, hours=2))

    made = send_due_report(report.pk, now)

    assert made is not None
    assert made.until <= now < made.until + timedelta(days=1)
    assert ReportRun.objects.count() == 1
    report.refresh_from_db()
    assert now < report.next_due_at <= now + timedelta(days=1)


def test_a_company_that_moves_to_another_zone_is_told_no_day_twice(report, tenant):
    now = overdue(report)
    assert send_due_report(report.pk, now) is not None
    report.refresh_from_db()
    tenant.timezone = "Asia/Tokyo"
    tenant.save()

    later = [send_due_report(report.pk, now + timedelta(hours=hour)) for hour in range(1, 49)]

    runs = list(ReportRun.objects.order_by("since"))
    assert 1 <= sum(one is not None for one in later) <= 2
    assert len({(one.since, one.until) for one in runs}) == len(runs)
    assert all(one.until.astimezone(ZoneInfo("Asia/Tokyo")).hour == 0 for one in runs[1:])


def test_a_quiet_day_is_passed_over_when_that_is_wished(report):
    Report.objects.update(skips_quiet=True)

    run = send_due_report(report.pk, overdue(report))

    assert (run.event, run.mails, run.summary) == (None, 0, "Nothing happened.")
    assert not Event.objects.filter(type="report.daily").exists()
    assert send_report_now(report).event is not None


def test_what_happened_stands_in_it(report, tenant):
    now = overdue(report)
    yesterday = now - timedelta(days=1)
    for number in range(3):
        row = make_event(tenant, "order.created", key=f"o{number}")
        move(Event, row.pk, yesterday)

    composed = preview_report(report, now)

    [business] = [part for part in composed.parts if part.name == "business"]
    figures = {one.name: one for one in business.figures}
    assert composed.summary == "3 new orders"
    assert (figures["orders"].value, figures["orders"].text, figures["orders"].before) == (3, "3", 0)
    assert not composed.is_quiet


def move(model, pk, moment) -> None:
    """Rows are found by the time in their ids."""
    from config.ids import uuid7_at

    made = uuid7_at(moment)
    fresh = type(made)(int=made.int | (pk.int & ((1 << 62) - 1)))
    model.objects.filter(pk=pk).update(id=fresh)


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "1 новый заказ"), (2, "2 новых заказа"), (5, "5 новых заказов"), (21, "21 новый заказ")],
)
def test_russian_counts_as_russians_do(report, tenant, count, words):
    tenant.language = "ru"
    tenant.save()
    now = overdue(report)
    for number in range(count):
        move(Event, make_event(tenant, "order.created", key=f"o{number}").pk, now - timedelta(days=1))

    assert preview_report(Report.objects.get(), now).summary == words


@pytest.mark.parametrize("form", ["slack", "discord", "telegram", "teams", "text", "standard", "cloudevents"])
def test_every_format_tells_it(report, tenant, form):
    options = {"telegram": {"chat_id": "-1001"}}.get(form, {})
    url = (
        "https://api.telegram.org/bot1:a/sendMessage" if form == "telegram" else "https://hooks.example.com/x"
    )
    make_endpoint(tenant, url, ["report.*"], format=form, options=options)
    send_due_report(report.pk, overdue(report))

    drain("webhooks.fanout")

    body = bytes(Payload.objects.get().body)
    for words in ("Sales: ", "Calls", "Answered share", "Webhooks", "Success rate"):
        assert words.encode() in body
    if form != "text":
        orjson.loads(body)


def test_its_data_fits_the_schema_that_is_published(report):
    from tenants.events import event_type

    send_report_now(report)

    data = Event.objects.get(type="report.daily").data
    assert data_problems(event_type("report.daily").schema, data) == []


def test_figures_cost_a_handful_of_queries(report, tenant):
    period = Period(timezone.now() - timedelta(days=7), timezone.now())

    for section in sections():
        with (
            tenant_scope(tenant),
            CaptureQueriesContext(
                connection,
            ) as asked,
        ):
            section.figures(period)
        assert len(asked) <= 2, section.name


def test_counting_stops(tenant, monkeypatch):
    monkeypatch.setattr("tenants.figures.MOST", 2)
    for number in range(4):
        make_event(tenant, key=f"e{number}")

    with CaptureQueriesContext(connection) as asked:
        assert counted([Event.objects.all(), Event.objects.filter(type="none")]) == [2, 0]
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"sections": ["weather"]}, "sections"),
        ({"sections": "calls"}, "sections"),
        ({"endpoints": ["019aa0a5-1c2e-7b1a-8d7e-2f4f4c1f0a11"]}, "endpoints"),
        ({"addresses": ["anna"]}, "addresses"),
        ({"addresses": [f"a{n}@example.com" for n in range(51)]}, "addresses"),
        ({"rhythm": "hourly"}, "rhythm"),
        ({"weekday": 8}, "weekday"),
    ],
)
def test_a_mistake_is_named(tenant, values, field):
    with pytest.raises(ValidationError) as caught:
        Report(tenant=tenant, name="Bad", **values).full_clean()

    assert field in caught.value.message_dict


def test_strangers_endpoints_cannot_be_named(tenant, other_tenant):
    theirs, _secret = make_endpoint(other_tenant)

    with tenant_scope(tenant), pytest.raises(ValidationError, match="There is no endpoint"):
        Report(tenant=tenant, name="Spy", endpoints=[str(theirs.pk)]).full_clean()


def test_history_ends_some_day(report):
    run = send_report_now(report)
    assert Letter.objects.get().about == run.pk

    removed = forget_old(timezone.now() + timedelta(days=500))

    assert (removed["reports"], removed["letters"]) == (1, 1)
    assert not ReportRun.objects.exists()
