"""Exports at set times: due by the company's clock, begun once, with the owner's rights of that moment."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from exports.actions import cancel_export, expire_exports
from exports.actions.forget import RUNS_KEPT, forget_history
from exports.actions.run_schedule import run_due_schedule, run_schedule_now
from exports.actions.save_destination import delete_destination
from exports.actions.switch_schedule import pause_schedule, resume_schedule
from exports.engine.job import ExportFailed
from exports.lanes import LANE, record_failure
from exports.links import personal_url, reader_of
from exports.mails.owing import LANE as LETTERS
from exports.models import (
    Export,
    ExportDestination,
    ExportLetter,
    ExportSchedule,
    ExportShipment,
    ExportTemplate,
    ScheduleRun,
    State,
)
from exports.schedules.lane import LANE as SCHEDULES
from exports.schedules.lane import queue_due_schedules
from exports.schedules.timetable import by_cron, daily, due_after, last_due, missed_between, monthly, weekly
from exports.tests.datasets import AUDIT
from exports.tests.support import fresh, make_entries, read_csv, run
from exports.tests.test_templates import make_template
from tenants.errors import ConfigError
from tenants.models import AuditEntry, Event, Member, Tenant, Work
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_member, make_tenant, make_user
from tenants.work import drain

MINSK, BERLIN, BEIRUT = ZoneInfo("Europe/Minsk"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Beirut")


def utc(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("table", "zone", "after", "due"),
    [
        (daily(time(9)), MINSK, utc(11, 21, 5, 59), utc(11, 21, 6)),
        (daily(time(9)), MINSK, utc(11, 21, 6), utc(11, 22, 6)),
        (weekly(time(9), 1), MINSK, utc(11, 23, 6), utc(11, 30, 6)),
        (monthly(time(0), 31), MINSK, utc(1, 31, 1), utc(2, 27, 21)),
        (monthly(time(0), 31), MINSK, utc(2, 28, 1), utc(3, 30, 21)),
        # The clocks of Berlin skip 02:30 in spring, and have it twice in autumn.
        (daily(time(2, 30)), BERLIN, utc(3, 28, 12), utc(3, 29, 1, 30)),
        (daily(time(2, 30)), BERLIN, utc(10, 24, 12), utc(10, 25, 0, 30)),
        (daily(time(2, 30)), BERLIN, utc(10, 25, 0, 30), utc(10, 26, 1, 30)),
        (by_cron("30 2,3 * * *"), BERLIN, utc(3, 28, 12), utc(3, 29, 1, 30)),
        (by_cron("30 2,3 * * *"), BERLIN, utc(3, 29, 1, 30), utc(3, 30, 0, 30)),
        # Those of Beirut skip midnight.
        (daily(time(0)), BEIRUT, utc(3, 28, 12), utc(3, 28, 22)),
        (by_cron("0 0 29 2 *"), MINSK, utc(3, 1), utc(2, 28, 21, year=2028)),
    ],
)
def test_it_is_due_by_the_companys_clock(table: Any, zone: ZoneInfo, after: datetime, due: datetime) -> None:
    assert due_after(table, after, zone) == due


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.sampled_from([MINSK, BERLIN, BEIRUT, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Australia/Lord_Howe")]),
    st.sampled_from(
        [daily(time(2, 30)), weekly(time(0), 7), monthly(time(2, 15), 31), by_cron("*/20 1-3 * * *")]
    ),
)
def test_times_follow_each_other(moment: datetime, zone: ZoneInfo, table: Any) -> None:
    before, due = last_due(table, moment, zone), due_after(table, moment, zone)
    assert before is not None
    assert due is not None
    following = due_after(table, due, zone)
    assert following is not None

    assert before <= moment < due < following
    assert last_due(table, due, zone) == due
    assert last_due(table, following - timedelta(microseconds=1), zone) == due
    assert missed_between(table, before, following, zone) == 2


@pytest.fixture
def owner(tenant: Tenant) -> Member:
    return make_member(tenant, "admin", user=make_user(email="Anna@example.com"))


@pytest.fixture
def schedule(tenant: Tenant, owner: Member) -> ExportSchedule:
    return make_schedule(tenant, owner, template=make_template(tenant, filters={"kind": "person"}))


def make_schedule(tenant: Tenant, owner: Member, **values: Any) -> ExportSchedule:
    with tenant_scope(tenant):
        made = ExportSchedule(tenant=tenant, **{"name": "Every morning", "owner": owner, **values})
        made.full_clean()
        made.save()
    return made


@pytest.fixture
def _mails(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def again(schedule: ExportSchedule) -> ExportSchedule:
    with all_tenants():
        return ExportSchedule.objects.select_related("tenant", "owner__user", "template").get(pk=schedule.pk)


def by_hand(action: Any, schedule: ExportSchedule) -> Any:
    """As pages and the API do it: in the scope of the company."""
    with tenant_scope(schedule.tenant_id):
        return action(again(schedule))


def overdue(schedule: ExportSchedule, by: timedelta = timedelta(minutes=5)) -> datetime:
    """As if it had been due that long ago; the moment at which it is looked at."""
    due = again(schedule).next_due_at
    assert due is not None
    return due + by


def runs() -> list[ScheduleRun]:
    with all_tenants():
        return list(ScheduleRun.objects.select_related("export__tenant").order_by("id"))


def test_it_is_begun_once_however_many_look(tenant: Tenant, schedule: ExportSchedule, owner: Member) -> None:
    make_entries(tenant, 2)
    now, due = overdue(schedule), overdue(schedule, timedelta())

    assert queue_due_schedules(now) == 1
    begun = [run_due_schedule(schedule.pk, now) for _worker in range(3)]
    drain(SCHEDULES)

    assert [one is not None for one in begun] == [True, False, False]
    [one] = runs()
    export = one.export
    assert export is not None
    assert (one.due_at, one.missed, one.occurrence) == (due, 0, "schedule")
    assert (export.member_id, export.language, export.format) == (owner.pk, "en", "csv")
    assert export.requested_by == "schedule “Every morning”"
    assert len(read_csv(run(export))) == 3
    after = again(schedule)
    assert after.next_due_at == due + timedelta(days=1)
    assert after.last_export_id == export.pk


def test_a_worker_killed_at_any_point_leaves_all_or_nothing(
    tenant: Tenant, schedule: ExportSchedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = overdue(schedule)

    def die(*_arguments: Any, **_options: Any) -> None:
        raise SystemExit

    for place in (
        "exports.actions.run_schedule.request_export",
        "exports.actions.run_schedule.ScheduleRun.save",
        "exports.actions.request.enqueue",
    ):
        with monkeypatch.context() as patched:
            patched.setattr(place, die)
            with pytest.raises(SystemExit):
                run_due_schedule(schedule.pk, now)
        assert runs() == []
        with all_tenants():
            assert not Export.objects.exists()
            assert not Work.objects.filter(lane=LANE).exists()

    assert run_due_schedule(schedule.pk, now) is not None
    assert len(runs()) == 1


def test_a_hub_that_was_off_for_weeks_makes_up_for_one(schedule: ExportSchedule) -> None:
    now = overdue(schedule, timedelta(days=50, hours=2))

    made = run_due_schedule(schedule.pk, now)

    assert made is not None
    assert made.due_at <= now < made.due_at + timedelta(days=1)
    assert made.missed == 50
    assert len(runs()) == 1
    following = again(schedule).next_due_at
    assert following is not None
    assert now < following <= now + timedelta(days=1)


def test_it_waits_for_the_one_before(schedule: ExportSchedule) -> None:
    now = overdue(schedule)
    first = run_due_schedule(schedule.pk, now)
    assert first is not None
    assert first.export is not None
    later = overdue(schedule)

    assert run_due_schedule(schedule.pk, later) is None
    run(first.export)
    second = run_due_schedule(schedule.pk, later)

    assert second is not None
    assert len(runs()) == 2


def test_a_company_that_moves_to_another_zone_has_nothing_twice(
    tenant: Tenant, schedule: ExportSchedule
) -> None:
    now = overdue(schedule)
    first = run_due_schedule(schedule.pk, now)
    assert first is not None
    assert first.export is not None
    run(first.export)
    tenant.timezone = "Asia/Tokyo"
    tenant.save()

    for hour in range(1, 49):
        made = run_due_schedule(schedule.pk, now + timedelta(hours=hour))
        if made is not None and made.export is not None:
            run(made.export)

    found = [one.due_at for one in runs()]
    assert len(set(found)) == len(found)
    assert 2 <= len(found) <= 3
    assert found[-1].astimezone(ZoneInfo("Asia/Tokyo")).hour == 6


@pytest.mark.parametrize(
    ("rows", "due", "filters"),
    [
        ("day", utc(11, 1, 3), {"from": "2026-10-31", "to": "2026-10-31"}),
        ("week", utc(11, 2, 3), {"from": "2026-10-26", "to": "2026-11-01"}),
        ("month", utc(11, 15, 3), {"from": "2026-10-01", "to": "2026-10-31"}),
        # In Minsk it is the first of March already.
        ("month", utc(2, 28, 22), {"from": "2026-02-01", "to": "2026-02-28"}),
    ],
)
def test_the_rows_of_a_period(
    tenant: Tenant, owner: Member, rows: str, due: datetime, filters: dict[str, str]
) -> None:
    made = make_schedule(tenant, owner, template=make_template(tenant), rows=rows)
    ExportSchedule._base_manager.update(next_due_at=due)
    ExportSchedule._base_manager.update(at=due.astimezone(MINSK).time())

    one = run_due_schedule(made.pk, due)

    assert one is not None
    assert one.export is not None
    assert one.export.filters == {"created_at": filters}


def test_only_what_is_new(tenant: Tenant, owner: Member) -> None:
    template = make_template(tenant, filters={"kind": "person"})
    made = make_schedule(tenant, owner, template=template, rows="new")
    make_entries(tenant, 2, created_at=timezone.now() - timedelta(days=2))

    first = by_hand(run_schedule_now, made)
    assert first.export is not None
    done = run(first.export)
    make_entries(tenant, 1)
    second = by_hand(run_schedule_now, made)
    assert second.export is not None

    assert (len(read_csv(done)), len(read_csv(run(second.export)))) == (3, 2)


@pytest.mark.usefixtures("_mails")
def test_whose_owner_left_is_paused_and_told(tenant: Tenant, schedule: ExportSchedule, owner: Member) -> None:
    chief = make_member(tenant, "owner", user=make_user(email="chief@example.com"))
    Member._base_manager.filter(pk=owner.pk).update(is_active=False)

    one = run_due_schedule(schedule.pk, overdue(schedule))
    drain(LETTERS)

    assert one is not None
    assert one.export is None
    assert "no longer here" in one.reason
    paused = again(schedule)
    assert (paused.is_enabled, paused.next_due_at, paused.pause_reason) == (False, None, one.reason)
    with all_tenants():
        [event] = Event.objects.filter(type="system.alert")
        assert one.reason in event.data["message"]
        assert AuditEntry.objects.filter(action="exportschedule.paused").count() == 1
    [letter] = mail.outbox
    assert letter.to == [chief.user.email]
    assert one.reason in letter.body
    assert f"/exportschedule/{schedule.pk}/" in letter.body
    with pytest.raises(Exception, match="no longer here"):
        by_hand(resume_schedule, paused)
    with pytest.raises(Exception, match="no longer here"):
        by_hand(run_schedule_now, paused)


@pytest.mark.usefixtures("_mails")
def test_whose_owner_lost_the_right_is_paused(
    tenant: Tenant, schedule: ExportSchedule, owner: Member
) -> None:
    Member._base_manager.filter(pk=owner.pk).update(role="viewer")

    one = run_due_schedule(schedule.pk, overdue(schedule))
    drain(LETTERS)

    assert one is not None
    assert "may not export “Audit/trail” any more" in one.reason
    assert not again(schedule).is_enabled
    assert [letter.to for letter in mail.outbox] == [["Anna@example.com"]]

    Member._base_manager.filter(pk=owner.pk).update(role="manager")
    assert by_hand(resume_schedule, schedule)
    resumed = again(schedule)
    assert (resumed.is_enabled, resumed.pause_reason) == (True, "")
    assert resumed.next_due_at is not None


def test_an_owner_whose_row_is_gone(schedule: ExportSchedule, owner: Member) -> None:
    with all_tenants():
        owner.delete()

    one = run_due_schedule(schedule.pk, overdue(schedule))

    assert one is not None
    assert one.export is None
    assert not again(schedule).is_enabled


def test_a_right_that_is_lost_while_it_waits_ends_the_export(schedule: ExportSchedule, owner: Member) -> None:
    one = run_due_schedule(schedule.pk, overdue(schedule))
    Member._base_manager.filter(pk=owner.pk).update(role="viewer")

    assert one is not None
    assert one.export is not None
    done = run(one.export)

    assert (done.state, done.error_code) == (State.FAILED, "role")
    assert again(schedule).failures == 1


@pytest.mark.usefixtures("_mails")
def test_the_third_failure_in_a_row_is_told_once(schedule: ExportSchedule, owner: Member) -> None:
    ExportTemplate._base_manager.update(columns=["long_gone"])

    for _day in range(4):
        one = run_due_schedule(schedule.pk, overdue(schedule))
        assert one is not None
        assert "“long_gone” is unknown" in one.reason
        drain(LETTERS)

    after = again(schedule)
    assert (after.failures, after.is_enabled) == (4, True)
    [letter] = mail.outbox
    assert letter.to == ["Anna@example.com"]
    assert "“long_gone” is unknown" in letter.body
    with all_tenants():
        assert Event.objects.filter(type="system.alert").count() == 1
        assert ExportTemplate.objects.get().columns == ["long_gone"]

    ExportTemplate._base_manager.update(columns=["actor"])
    one = run_due_schedule(schedule.pk, overdue(schedule))
    assert one is not None
    assert one.export is not None
    run(one.export)
    assert again(schedule).failures == 0


def test_exports_that_fail_count_and_cancelled_ones_do_not(schedule: ExportSchedule) -> None:
    for ending in ("fail", "cancel"):
        one = by_hand(run_schedule_now, schedule)
        assert one.export is not None
        with tenant_scope(one.export.tenant_id):
            if ending == "fail":
                record_failure(fresh(one.export), ExportFailed("disk", "No room."))
            else:
                cancel_export(one.export)

    assert again(schedule).failures == 1


@pytest.mark.usefixtures("_mails")
def test_members_are_mailed_a_link_that_ends(
    tenant: Tenant, schedule: ExportSchedule, owner: Member, client: Client
) -> None:
    make_entries(tenant, 1)
    ExportSchedule._base_manager.update(recipients=["anna@example.com"])
    one = run_due_schedule(schedule.pk, overdue(schedule))
    assert one is not None
    assert one.export is not None

    done = run(one.export)
    drain(LETTERS)
    drain(LETTERS)

    [letter] = mail.outbox
    link = next(line for line in letter.body.splitlines() if line.startswith("http"))
    path = link.partition("/export/")[2]
    assert letter.to == ["Anna@example.com"]
    assert letter.attachments == []
    assert done.file_name in letter.subject
    with all_tenants():
        [row] = ExportLetter.objects.all()
        assert row.sent_at is not None
        assert "token" not in str(row.__dict__)
    assert client.get(f"/export/{path}").status_code == 200
    assert client.get(f"/export/{path}x").status_code == 403

    Member._base_manager.filter(pk=owner.pk).update(is_active=False)
    assert client.get(f"/export/{path}").status_code == 403
    Member._base_manager.filter(pk=owner.pk).update(is_active=True, role="agent")
    assert client.get(f"/export/{path}").status_code == 403
    Member._base_manager.filter(pk=owner.pk).update(role="admin")
    Export._base_manager.update(expires_at=timezone.now())
    with all_tenants():
        expire_exports()
    assert client.get(f"/export/{path}").status_code == 410


def test_a_mailed_link_is_of_one_file(tenant: Tenant, schedule: ExportSchedule) -> None:
    first, second = (by_hand(run_schedule_now, schedule).export for _time in range(2))
    assert first is not None
    assert second is not None
    token = personal_url(first, 7).partition("token=")[2]

    assert reader_of(token, first.pk) == 7
    assert reader_of(token, second.pk) is None
    assert reader_of("nonsense", first.pk) is None


@pytest.mark.usefixtures("_mails")
def test_who_left_meanwhile_is_not_mailed(tenant: Tenant, schedule: ExportSchedule, owner: Member) -> None:
    other = make_member(tenant, "manager", user=make_user(email="boris@example.com"))
    ExportSchedule._base_manager.update(recipients=["anna@example.com", "boris@example.com"])
    one = by_hand(run_schedule_now, schedule)
    assert one.export is not None
    run(one.export)
    Member._base_manager.filter(pk=other.pk).update(role="viewer")

    drain(LETTERS)

    assert [letter.to for letter in mail.outbox] == [["Anna@example.com"]]
    with all_tenants():
        assert ExportLetter.objects.get(user=other.user).failure == "nothing to tell"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"template": None}, "template"),
        ({"template": None, "request": {"dataset": "nothing"}}, "request.dataset"),
        ({"template": None, "request": {"dataset": "audit", "columns": "actor"}}, "request.columns"),
        ({"template": None, "request": {"format": "csv"}}, "request.dataset"),
        ({"rhythm": "hourly"}, "rhythm"),
        ({"rhythm": "cron", "cron": "soon"}, "cron"),
        ({"rhythm": "cron", "cron": "0 0 31 2 *"}, "cron"),
        ({"rhythm": "cron"}, "cron"),
        ({"weekday": 8}, "weekday"),
        ({"month_day": 32}, "month_day"),
        ({"rows": "some"}, "rows"),
        ({"recipients": ["nobody@example.com"]}, "recipients"),
        ({"recipients": "anna@example.com"}, "recipients"),
    ],
)
def test_a_mistake_is_named(tenant: Tenant, owner: Member, values: dict[str, Any], field: str) -> None:
    template = make_template(tenant)

    with pytest.raises(ValidationError) as caught:
        make_schedule(tenant, owner, **{"template": template, **values})

    assert field in caught.value.message_dict


def test_rows_by_time_need_a_time_that_is_free(tenant: Tenant, owner: Member) -> None:
    fixed = make_template(tenant, name="Fixed", filters={"created_at": {"from": "2026-01-01"}})

    for values in ({"template": fixed}, {"request": {"dataset": "members", "format": "csv"}}):
        with pytest.raises(ValidationError) as caught:
            make_schedule(tenant, owner, rows="day", **values)
        assert set(caught.value.message_dict) == {"rows"}

    limited = {"dataset": "audit", "format": "csv", "options": {"max_records": "10"}}
    with pytest.raises(ValidationError) as caught:
        make_schedule(tenant, owner, rows="new", request=limited)
    assert set(caught.value.message_dict) == {"rows"}


def test_strangers_are_no_recipients(tenant: Tenant, owner: Member) -> None:
    stranger = make_member(make_tenant(), "owner", user=make_user(email="spy@example.com"))

    with pytest.raises(ValidationError, match="belongs to no member"):
        make_schedule(tenant, owner, template=make_template(tenant), recipients=[stranger.user.email])


def test_pausing_and_changing_the_time(schedule: ExportSchedule) -> None:
    now = overdue(schedule)

    assert by_hand(pause_schedule, schedule)
    assert not by_hand(pause_schedule, schedule)
    assert again(schedule).next_due_at is None
    assert queue_due_schedules(now) == 0
    assert run_due_schedule(schedule.pk, now) is None
    assert by_hand(resume_schedule, schedule)
    assert not by_hand(resume_schedule, schedule)

    changed = again(schedule)
    changed.at = time(23, 30)
    with tenant_scope(changed.tenant):
        changed.save()
    due = again(schedule).next_due_at
    assert due is not None
    assert due.astimezone(MINSK).time() == time(23, 30)


def test_a_company_that_is_switched_off_gets_nothing(tenant: Tenant, schedule: ExportSchedule) -> None:
    now = overdue(schedule)
    Tenant.objects.filter(pk=tenant.pk).update(is_active=False)

    assert queue_due_schedules(now) == 0
    assert run_due_schedule(schedule.pk, now) is None


def test_history_ends_some_day(schedule: ExportSchedule, monkeypatch: pytest.MonkeyPatch) -> None:
    by_hand(run_schedule_now, schedule)
    with all_tenants():
        assert forget_history() == 0
        moment = timezone.now() + RUNS_KEPT + timedelta(days=1)
        monkeypatch.setattr("exports.actions.forget.timezone.now", lambda: moment)
        assert forget_history() == 1
    assert runs() == []


def test_the_file_is_carried_to_its_destination(tenant: Tenant, schedule: ExportSchedule) -> None:
    with tenant_scope(tenant):
        place = ExportDestination.objects.create(tenant=tenant, name="Accounting", kind="sftp")
    ExportSchedule._base_manager.update(destination=place)

    one = run_due_schedule(schedule.pk, overdue(schedule))

    assert one is not None
    with tenant_scope(tenant):
        [shipment] = ExportShipment.objects.all()
        assert (shipment.export_id, shipment.destination_id) == (one.export_id, place.pk)
        with pytest.raises(ConfigError, match="Every morning"):
            delete_destination(place)

    with tenant_scope(tenant):
        assert one.export is not None
        cancel_export(one.export)
    ExportDestination._base_manager.update(is_enabled=False)
    again_ = run_due_schedule(schedule.pk, overdue(schedule))
    assert again_ is not None
    assert again_.export is None
    assert "“Accounting” is switched off" in again_.reason


def test_two_companies_never_meet(tenant: Tenant, schedule: ExportSchedule, owner: Member) -> None:
    other = make_tenant()
    theirs = make_schedule(
        other, make_member(other, "admin"), template=make_template(other, filters={"kind": "person"})
    )
    make_entries(tenant, 3)
    make_entries(other, 1)
    now = max(overdue(schedule), overdue(theirs))

    assert queue_due_schedules(now) == 2
    one, another = run_due_schedule(schedule.pk, now), run_due_schedule(theirs.pk, now)
    assert one is not None
    assert another is not None
    assert one.export is not None
    assert another.export is not None

    assert (len(read_csv(run(one.export))), len(read_csv(run(another.export)))) == (4, 2)
    assert another.export.tenant_id == other.pk
    assert AUDIT.name == "audit"
