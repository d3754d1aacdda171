"""Alerts of the installation: told once when they begin and once when they end, to operators and chosen companies only."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core import mail as outbox
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tenants.events import event_type
from tenants.installation import probes, service, troubles, watch
from tenants.installation.service import Watcher
from tenants.installation.telling import mail_owed
from tenants.installation.troubles import Trouble, title_of
from tenants.models import Event, Heartbeat, Role, Severity, SystemAlert, Tenant, Work
from tenants.scoping import all_tenants
from tenants.tests.factories import PASSWORD, make_member, make_operator, make_tenant, make_user
from tenants.tests.lanes import Pooled, registered

pytestmark = pytest.mark.django_db

DISK = Trouble("disk.data", Severity.WARNING, "1.0 of 50.0 GB are free in DATA_DIR")
BEGIN = datetime.fromisoformat("2026-11-21T09:00:00+00:00")


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def events(tenant: Tenant) -> list[dict]:
    with all_tenants():
        return list(Event.objects.filter(tenant=tenant).order_by("id").values_list("data", flat=True))


@pytest.fixture
def told() -> Tenant:
    return make_tenant(hears_system_alerts=True)


def test_a_trouble_is_told_once_after_a_minute_and_once_when_it_is_over(told: Tenant) -> None:
    other = make_tenant()
    for second in (0, 30):
        watch.note([DISK], at(second))
    assert events(told) == []

    for second in (60, 90, 120, 150):
        watch.note([DISK], at(second))
    [begun] = events(told)
    watch.note([], at(180))
    assert len(events(told)) == 1
    for second in (271, 301):
        watch.note([], at(second))

    [_begun, ended] = events(told)
    assert begun == {
        "severity": "warning",
        "code": "disk.data",
        "state": "begun",
        "message": "The disk of DATA_DIR is nearly full",
        "component": "installation",
        "since": "2026-11-21T09:00:00+00:00",
        "details": {"text": DISK.detail},
    }
    assert (ended["state"], ended["severity"]) == ("ended", "info")
    assert ended["message"] == "Over: The disk of DATA_DIR is nearly full"
    assert ended["until"] == at(271).isoformat()
    assert events(other) == []


def test_its_data_are_what_the_catalogue_says(told: Tenant) -> None:
    import jsonschema

    for second in (0, 60):
        watch.note([DISK], at(second))
    watch.note([], at(200))

    for data in events(told):
        jsonschema.validate(data, event_type("system.alert").schema)


def test_what_was_short_is_never_told_and_leaves_nothing(told: Tenant) -> None:
    watch.note([DISK], at(0))
    watch.note([DISK], at(30))
    watch.note([], at(151))

    assert events(told) == []
    assert SystemAlert.objects.count() == 0


def test_what_comes_and_goes_between_two_looks_goes_on(told: Tenant) -> None:
    for second in range(0, 600, 60):
        watch.note([DISK] if second % 120 == 0 else [], at(second))

    assert SystemAlert.objects.count() == 1
    assert [one["state"] for one in events(told)] == ["begun"]


def test_a_second_trouble_of_the_kind_is_a_new_alert(told: Tenant) -> None:
    for begin in (0, 1000):
        watch.note([DISK], at(begin))
        watch.note([DISK], at(begin + 60))
        watch.note([], at(begin + 181))

    assert [one["state"] for one in events(told)] == ["begun", "ended", "begun", "ended"]
    assert SystemAlert.objects.count() == 2


def test_two_watchers_are_one_alert() -> None:
    values = {"severity": "warning", "since": BEGIN, "seen_at": BEGIN}
    SystemAlert.objects.create(code="disk.data", **values)

    with pytest.raises(IntegrityError):
        SystemAlert.objects.create(code="disk.data", **values)


def test_operators_are_mailed_in_their_language_and_nobody_else(told: Tenant, mailoutbox: list) -> None:
    make_operator(email="one@example.com", language="en")
    make_operator(email="two@example.com", language="ru")
    make_operator(email="gone@example.com", is_active=False)
    make_member(told, Role.OWNER, user=make_user(email="owner@example.com"))
    for second in (0, 60, 90):
        watch.note([DISK], at(second))
        mail_owed()

    assert [one.to for one in mailoutbox] == [["one@example.com"], ["two@example.com"]]
    assert mailoutbox[0].subject == "[Switchboard] The disk of DATA_DIR is nearly full"
    assert DISK.detail in mailoutbox[0].body
    assert mailoutbox[1].subject == "[Switchboard] Диск DATA_DIR почти заполнен"
    watch.note([], at(300))
    mail_owed()
    mail_owed()
    assert [one.subject for one in mailoutbox[2:]] == [
        "[Switchboard] Over: The disk of DATA_DIR is nearly full",
        "[Switchboard] Прошло: Диск DATA_DIR почти заполнен",
    ]


class Refusing(BaseEmailBackend):
    """A mail server that is away."""

    def send_messages(self, messages: object) -> int:
        raise OSError("away")


def test_a_mail_that_no_server_took_is_sent_later(settings, mailoutbox: list) -> None:
    make_operator(email="one@example.com")
    watch.note([DISK], at(0))
    watch.note([DISK], at(60))
    usual = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    assert mail_owed() == 0

    settings.EMAIL_BACKEND = usual
    assert mail_owed() == 1
    assert len(outbox.outbox) == 1


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """A database that answers or not."""
    state = {"is_away": False}

    def found(known: object = ()) -> list[Trouble]:
        return [Trouble("database", Severity.CRITICAL, "away")] if state["is_away"] else []

    def known_codes() -> frozenset[str]:
        if state["is_away"]:
            raise OperationalError("away")
        return frozenset()

    monkeypatch.setattr(service, "troubles", found)
    monkeypatch.setattr(service, "known", known_codes)
    return state


def test_a_silent_database_is_mailed_at_once_and_written_when_it_is_back(
    told: Tenant, mailoutbox: list, silent: dict[str, bool]
) -> None:
    make_operator(email="one@example.com", language="en")
    watcher = Watcher()
    watcher.look(at(0))
    silent["is_away"] = True
    for second in (30, 60, 90, 120):
        watcher.look(at(second))

    assert [one.subject for one in mailoutbox] == ["[Switchboard] The database does not answer"]
    assert events(told) == []
    silent["is_away"] = False
    for second in (150, 180, 300):
        watcher.look(at(second))
    assert [one.subject for one in mailoutbox[1:]] == ["[Switchboard] Over: The database does not answer"]
    begun, ended = events(told)
    assert (begun["code"], begun["since"], ended["state"]) == ("database", at(30).isoformat(), "ended")


def test_a_hiccup_of_the_database_is_not_told(
    told: Tenant, mailoutbox: list, silent: dict[str, bool]
) -> None:
    make_operator(email="one@example.com")
    watcher = Watcher()
    watcher.look(at(0))
    silent["is_away"] = True
    watcher.look(at(30))
    silent["is_away"] = False
    for second in (60, 90, 300):
        watcher.look(at(second))

    assert (mailoutbox, events(told), SystemAlert.objects.count()) == ([], [], 0)


@pytest.mark.parametrize(
    ("free", "is_known", "is_told"),
    [(4.9, False, True), (5.1, False, False), (5.1, True, True), (6.2, True, True), (6.3, True, False)],
)
def test_a_disk_rings_below_a_tenth_and_stops_a_quarter_above(
    monkeypatch: pytest.MonkeyPatch, free: float, is_known: bool, is_told: bool
) -> None:
    usage = SimpleNamespace(total=probes.GIGABYTE * 0.05 * 10, free=probes.GIGABYTE * 0.05 * free / 5)
    monkeypatch.setattr(probes, "disk_usage", lambda folder: usage)

    assert (probes.data_disk(is_known) is not None) is is_told


def queue(lane_name: str, group: str, minutes: float, *, is_leased: bool = False) -> None:
    tenant = make_tenant()
    due = timezone.now() + timedelta(minutes=-minutes)
    from tenants.ids import uuid7

    Work.objects.create(
        lane=lane_name,
        subject=uuid7(),
        tenant=tenant,
        group=group,
        due=timezone.now() + timedelta(seconds=10) if is_leased else due,
        lease=uuid7() if is_leased else None,
    )


def test_work_that_nobody_takes_is_told_with_its_lane_and_age() -> None:
    with registered(Pooled(name="test.late")):
        queue("test.late", "a", 9)
        assert probes.late(False) is None
        assert probes.late(True) is not None  # ends at half the age at which it begins
        queue("test.late", "b", 11)

        found = probes.late(False)

    assert found is not None
    assert found.detail == "the oldest of test.late has been due for 11 minutes"


def test_what_waits_on_purpose_or_behind_its_own_share_is_not_late() -> None:
    class Waiting(Pooled):
        def waiting_on_purpose(self) -> set[str]:
            return {"down"}

    with registered(Waiting(name="test.late", per_group=1)):
        queue("test.late", "down", 60)
        queue("test.late", "busy", 60)
        queue("test.late", "busy", 0, is_leased=True)

        assert probes.late(False) is None


def test_a_worker_that_went_is_named_until_it_is_forgotten() -> None:
    def seen(name: str, seconds: float) -> None:
        moment = timezone.now() - timedelta(seconds=seconds)
        Heartbeat.objects.create(name=name, kind="worker:calls", seen_at=moment)

    seen("worker:calls:calls.fold@one:8081", 5)
    assert probes.gone(False) is None
    seen("worker:calls:calls.fold@two:8081", 120)
    seen("worker:calls:calls.fold@three:8081", 4000)

    found = probes.gone(False)

    assert found is not None
    assert found.detail == "no sign of life of worker:calls:calls.fold@two:8081"


def test_a_broker_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert probes.broker(False) is None

    class Away:
        def __enter__(self) -> "Away":
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def ensure_connection(self, **_: object) -> None:
            raise ConnectionRefusedError

    monkeypatch.setattr(probes, "current_app", SimpleNamespace(connection_for_write=lambda **_: Away()))
    found = probes.broker(False)
    assert found is not None
    assert (found.code, found.detail) == ("broker", "ConnectionRefusedError")


def test_parts_of_health_that_fail_are_troubles() -> None:
    found = {one.code: one for one in troubles.troubles()}

    # Tests have neither workers nor beat.
    assert {"workers", "beat"} <= set(found)
    assert found["workers"].severity == Severity.CRITICAL
    assert found["workers"].detail.startswith("no worker takes the queues: ")


def test_a_probe_that_stumbles_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(is_known: bool) -> None:
        raise ValueError("a defect")

    monkeypatch.setitem(troubles._probes, "broker", stumbles)

    assert "beat" in {one.code for one in troubles.troubles()}


def test_every_part_of_health_has_a_title() -> None:
    from config.health import _checks

    assert [name for name in _checks if "is not well" in title_of(name) and name != "web"] == []


def signed_in(user: object) -> Client:
    client = Client()
    assert client.login(username=user.username, password=PASSWORD)
    return client


def test_operators_see_it_and_companies_do_not(told: Tenant) -> None:
    for second in (0, 60):
        watch.note([DISK], at(second))
    owner = make_member(told, Role.OWNER).user
    page = reverse("admin:tenants_systemalert_changelist")

    operator, member = signed_in(make_operator()), signed_in(owner)

    assert "The disk of DATA_DIR is nearly full" in operator.get(page).content.decode()
    assert (
        "The disk of DATA_DIR is nearly full, since" in operator.get(reverse("admin:index")).content.decode()
    )
    assert member.get(page).status_code in (403, 404)
    assert "nearly full" not in member.get(reverse("admin:index")).content.decode()


def test_health_tells_the_codes_of_what_lasts(client: Client) -> None:
    watch.note([DISK], at(0))
    assert client.get("/health").json()["alerts"] == []
    watch.note([DISK], at(60))

    found = client.get("/health").json()

    assert found["alerts"] == [{"code": "disk.data", "severity": "warning", "since": BEGIN.isoformat()}]
    assert "disk.data" not in found["failing"]


def test_old_alerts_are_forgotten_and_those_that_last_are_not() -> None:
    values = {"severity": "warning", "since": BEGIN, "seen_at": BEGIN, "told_at": BEGIN}
    SystemAlert.objects.create(code="broker", **values)
    SystemAlert.objects.create(code="beat", ended_at=timezone.now() - timedelta(days=91), **values)
    SystemAlert.objects.create(code="disk", ended_at=timezone.now() - timedelta(days=89), **values)

    watch.forget()

    assert set(SystemAlert.objects.values_list("code", flat=True)) == {"broker", "disk"}


def test_metrics_tell_what_waits_and_what_lasts(client: Client) -> None:
    with registered(Pooled(name="test.late")):
        queue("test.late", "a", 2)
        queue("test.late", "b", 1)
        queue("test.late", "c", -5)
        for second in (0, 60):
            watch.note([DISK], at(second))

        lines = client.get("/metrics").content.decode().splitlines()

    assert 'switchboard_work_due{lane="test.late"} 2.0' in lines
    assert 'switchboard_system_alert{code="disk.data",severity="warning"} 1.0' in lines
    [age] = [one for one in lines if one.startswith('switchboard_work_oldest_seconds{lane="test.late"}')]
    assert 120 <= float(age.split()[-1]) < 180
