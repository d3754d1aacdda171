"""Catching up from real databases and files: nothing is missed, nothing is stored twice, and what was found is said."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from telephony.actions.catch_up import catch_up, queue_all, queue_catch_up, queue_outages
from telephony.catchup.tests import stores
from telephony.catchup.tests.captured import calls, channels, content
from telephony.models import CallEvent, CatchUpReport, CdrSource, Pbx, PbxOutage, RecordsState
from telephony.tests.factories import make_pbx, play
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain

pytestmark = [pytest.mark.django_db, pytest.mark.services]

# The captured calls are of that day.
BEFORE = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]


@pytest.fixture
def pbx() -> Pbx:
    return make_pbx(make_tenant(timezone="UTC"))


@contextmanager
def opened(kind: str, postgres_url: str, mysql_url: str) -> Iterator[stores.Database]:
    if kind == "postgresql":
        with stores.postgres(postgres_url) as database:
            yield database
    else:
        with stores.mysql(
            mysql_url, stores.FREEPBX_CDR if kind == "freepbx" else stores.MYSQL_CDR
        ) as database:
            yield database


@pytest.fixture(params=["postgresql", "freepbx", "mysql"])
def database(request: Any, postgres_url: str, mysql_url: str) -> Iterator[stores.Database]:
    """A column that counts up on the first and the last, only times on the second."""
    with opened(request.param, postgres_url, mysql_url) as found:
        yield found


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[stores.Database]:
    with stores.postgres(postgres_url) as found:
        yield found


def source_of(pbx: Pbx, at: stores.Database, postgres_url: str = "", **values: Any) -> CdrSource:
    is_postgres = at.kind == "postgresql"
    named = {
        "kind": at.kind,
        "host": at.host,
        "port": at.port,
        "database": at.name,
        "table": "cdr",
        "username": (urlsplit(postgres_url).username or "switchboard") if is_postgres else stores.READER,
        "secret": (urlsplit(postgres_url).password or "") if is_postgres else stores.SECRET,
        **values,
    }
    return make_source(pbx, **named)


def make_source(pbx: Pbx, **values: Any) -> CdrSource:
    with all_tenants():
        source = CdrSource(tenant=pbx.tenant, pbx=pbx, **values)
        source.full_clean()
        source.save()
        CdrSource.objects.filter(pk=source.pk).update(created_at=BEFORE)
        return CdrSource.objects.get(pk=source.pk)


def read(source: CdrSource, **options: Any) -> CatchUpReport:
    report = catch_up(source.pk, **options)
    assert report is not None
    assert (report.reason, report.detail) == ("", "")
    return report


def stored(pbx: Pbx, kind: str = "cdr") -> list[CallEvent]:
    with all_tenants():
        return list(CallEvent.objects.filter(pbx=pbx, source="cdr", kind=kind).order_by("id"))


def fresh(source: CdrSource) -> CdrSource:
    with all_tenants():
        return CdrSource.objects.get(pk=source.pk)


def reports() -> list[CatchUpReport]:
    with all_tenants():
        return list(CatchUpReport.objects.order_by("id"))


def test_every_row_is_stored_once_however_often_it_is_read(
    pbx: Pbx, database: stores.Database, postgres_url: str
) -> None:
    rows = [row for name in ("transfer_blind_dtmf", "queue_second_agent") for row in calls(name)]
    for row in rows:
        database.write("cdr", row)
    source = source_of(pbx, database, postgres_url)

    first, second = read(source), read(source)

    assert (first.rows_read, first.rows_new, first.missing, first.differing) == (6, 6, 2, 0)
    assert second.rows_new == 0
    events = stored(pbx)
    assert sorted(event.unique_id for event in events) == sorted(row["uniqueid"] for row in rows)
    assert {event.payload["disposition"] for event in events} == {row["disposition"] for row in rows}
    assert [report.rows_new for report in reports()] == [6]
    assert fresh(source).state == RecordsState.OK


def test_later_rows_are_found_and_the_older_ones_are_not_read_again(
    pbx: Pbx, database: stores.Database, postgres_url: str
) -> None:
    database.write("cdr", calls("inbound_answered")[0])
    source = source_of(pbx, database, postgres_url)
    read(source)
    [other] = calls("inbound_answered")
    for number in range(1200):
        database.write("cdr", other | {"uniqueid": f"later-{number}", "linkedid": f"later-{number}"})

    report = read(source)

    assert report.rows_new == 1200
    assert len(stored(pbx)) == 1201


def test_a_long_call_that_began_before_the_last_reading_is_found(
    pbx: Pbx, database: stores.Database, postgres_url: str
) -> None:
    """Its row comes when it ends, and says when it began."""
    now = timezone.now().replace(microsecond=0)
    [row] = calls("inbound_answered")
    short = row | times(now - timedelta(minutes=2), 60)
    long = row | times(now - timedelta(hours=3), 3 * 3600 - 30) | {"uniqueid": "long", "linkedid": "long"}
    database.write("cdr", short)
    source = source_of(pbx, database, postgres_url)
    read(source)
    database.write("cdr", long)

    assert read(source).rows_new == 1
    assert stored(pbx)[-1].unique_id == "long"


def times(start: datetime, seconds: int) -> dict[str, Any]:
    end = start + timedelta(seconds=seconds)
    texts = {"start": start, "answer": start, "end": end}
    return {name: f"{moment:%Y-%m-%d %H:%M:%S}" for name, moment in texts.items()} | {
        "duration": str(seconds),
        "billsec": str(seconds),
    }


def test_what_is_older_than_the_connection_is_left_until_somebody_asks(
    pbx: Pbx, database: stores.Database, postgres_url: str
) -> None:
    """History of years must not be told to the CRM because somebody connected a database."""
    database.write("cdr", calls("inbound_answered")[0])
    source = source_of(pbx, database, postgres_url)
    with all_tenants():
        CdrSource.objects.filter(pk=source.pk).update(created_at=timezone.now() + timedelta(days=400))

    assert read(source).rows_new == 0

    with all_tenants():
        queue_catch_up([source], since=BEFORE)
    drain("calls.catch_up")
    assert len(stored(pbx)) == 1
    assert fresh(source).read_from is None
    assert [report.since for report in reports()] == [BEFORE]


def test_a_known_call_is_unchanged_or_differs(pbx: Pbx, postgres: stores.Database, postgres_url: str) -> None:
    known, other = (play(pbx, "inbound_answered", suffix=suffix) for suffix in ("-a", "-b"))
    [row] = calls("inbound_answered")
    source = source_of(pbx, postgres, postgres_url)
    for call, changes in ((known, {}), (other, {"billsec": "3600", "duration": "3601"})):
        ids = {"uniqueid": call.external_id, "linkedid": call.external_id}
        postgres.write("cdr", row | ids | changes)

    report = read(source)

    assert (report.missing, report.differing, report.unchanged) == (0, 1, 1)


def test_channel_records_are_read_beside_the_calls(
    pbx: Pbx, postgres: stores.Database, postgres_url: str
) -> None:
    for row in channels("inbound_answered"):
        postgres.write("cel", row)
    source = source_of(pbx, postgres, postgres_url, cel_table="cel")

    read(source)
    again = read(source)

    kinds = [event.payload["eventtype"] for event in stored(pbx, "cel")]
    assert kinds[0] == "CHAN_START"
    assert kinds[-1] == "LINKEDID_END"
    assert again.rows_new == 0


def test_a_row_that_is_no_call_is_counted_and_harms_no_other(
    pbx: Pbx, postgres: stores.Database, postgres_url: str
) -> None:
    [row] = calls("inbound_answered")
    postgres.write("cdr", row | {"uniqueid": "", "linkedid": ""})
    postgres.write("cdr", row | {"src": 'ООО "Ромашка"\'; DROP TABLE cdr; --'})

    report = read(source_of(pbx, postgres, postgres_url))

    assert (report.rows_read, report.rows_new, report.rows_refused) == (2, 1, 1)
    assert stored(pbx)[0].payload["src"] == 'ООО "Ромашка"\'; DROP TABLE cdr; --'


def test_times_are_in_the_exchange_s_zone(pbx: Pbx, database: stores.Database, postgres_url: str) -> None:
    [row] = calls("inbound_answered")
    database.write("cdr", row)
    source = source_of(pbx, database, postgres_url, timezone="Asia/Tokyo")

    read(source)

    payload = stored(pbx)[0].payload
    expected = datetime.fromisoformat(row["start"]).replace(tzinfo=UTC) - timedelta(hours=9)
    assert payload["start"] == expected.isoformat()


class TestWhatGoesWrong:
    """In words, without the password, and the next regular reading tries again."""

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"secret": "wrong-password"}, "refused"),
            ({"port": 1}, "unreachable"),
            ({"host": "no-such-host.invalid"}, "unreachable"),
            ({"table": "cdrs"}, "no_table"),
            ({"database": "no_such_database"}, "no_table|refused"),
            ({"table": "strange"}, "no_columns"),
            ({"security": "tls"}, "tls"),
            ({"host": "10.1.2.3"}, "denied"),
        ],
    )
    def test_reasons(self, pbx: Pbx, mysql_url: str, changes: dict[str, Any], reason: str) -> None:
        with stores.mysql(mysql_url) as database:
            database.execute("CREATE TABLE strange (a int)")
            source = source_of(pbx, database, **changes)

            report = catch_up(source.pk)

        assert report is not None
        assert report.reason in reason.split("|")
        assert report.reason_text != report.reason
        assert (fresh(source).state, fresh(source).reason) == (RecordsState.FAILED, report.reason)
        assert stores.SECRET not in f"{report.detail}{report.reason_text}"

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"port": 1}, "unreachable"),
            ({"table": "cdrs"}, "no_table"),
            ({"database": "no_such_database"}, "no_table"),
            ({"username": "nobody-here"}, "refused"),
            ({"security": "tls"}, "tls"),
            ({"host": "10.1.2.3"}, "denied"),
        ],
    )
    def test_reasons_on_postgresql(
        self, pbx: Pbx, postgres: stores.Database, postgres_url: str, changes: dict[str, Any], reason: str
    ) -> None:
        report = catch_up(source_of(pbx, postgres, postgres_url, **changes).pk)

        assert report is not None
        assert report.reason == reason

    def test_a_failure_is_reported_once_and_its_end_too(
        self, pbx: Pbx, postgres: stores.Database, postgres_url: str
    ) -> None:
        source = source_of(pbx, postgres, postgres_url)
        postgres.execute("ALTER TABLE cdr RENAME TO away")
        catch_up(source.pk)
        catch_up(source.pk)
        postgres.execute("ALTER TABLE away RENAME TO cdr")
        catch_up(source.pk)
        catch_up(source.pk)

        assert [report.reason for report in reports()] == ["no_table", ""]

    def test_the_account_cannot_be_made_to_write(
        self, pbx: Pbx, postgres: stores.Database, postgres_url: str
    ) -> None:
        """Even one that may: what reads is read-only."""
        postgres.execute(
            "CREATE FUNCTION meddle() RETURNS text LANGUAGE sql AS $$ INSERT INTO cel (eventtype) VALUES ('x') RETURNING 'x' $$"
        )
        postgres.execute(
            'CREATE VIEW tempting AS SELECT meddle() AS uniqueid, now() AS start, now() AS "end"'
        )
        source = source_of(pbx, postgres, postgres_url, table="tempting")

        report = catch_up(source.pk)

        assert report is not None
        assert report.reason == "broken"
        assert "read-only" in report.detail


class TestOutages:
    def outage(self, pbx: Pbx) -> PbxOutage:
        now = timezone.now()
        with all_tenants():
            return PbxOutage.objects.create(
                tenant=pbx.tenant,
                pbx=pbx,
                started_at=now - timedelta(minutes=10),
                ended_at=now,
                reason="connection",
            )

    def test_a_gap_is_filled_from_the_records(
        self, pbx: Pbx, postgres: stores.Database, postgres_url: str
    ) -> None:
        source_of(pbx, postgres, postgres_url)
        postgres.write("cdr", calls("inbound_answered")[0])
        gap = self.outage(pbx)
        with all_tenants():
            assert queue_outages() == 1

        drain("calls.catch_up")

        with all_tenants():
            gap.refresh_from_db()
            assert gap.caught_up_at is not None
            assert queue_outages() == 0
        assert len(stored(pbx)) == 1

    def test_it_stays_open_while_the_records_cannot_be_read(
        self, pbx: Pbx, postgres: stores.Database, postgres_url: str
    ) -> None:
        source = source_of(pbx, postgres, postgres_url, table="cdrs")
        gap = self.outage(pbx)

        catch_up(source.pk)

        with all_tenants():
            gap.refresh_from_db()
        assert gap.caught_up_at is None


def test_only_what_is_switched_on_is_read(pbx: Pbx, postgres: stores.Database, postgres_url: str) -> None:
    source = source_of(pbx, postgres, postgres_url)
    with all_tenants():
        assert queue_all() == 1
        CdrSource.objects.filter(pk=source.pk).update(is_enabled=False)
        assert queue_all() == 0
    assert catch_up(source.pk) is None


def test_the_command_reads_and_says_what_was_there(
    pbx: Pbx, postgres: stores.Database, postgres_url: str, capsys: Any
) -> None:
    source = source_of(pbx, postgres, postgres_url)
    for row in calls("inbound_missed"):
        postgres.write("cdr", row)

    call_command("pbx_catch_up", "--tenant", pbx.tenant.number, "--since", "2026-11-21")

    told = capsys.readouterr().out
    assert "2 rows, 2 new; calls: 1 found only there, 0 differing, 0 unchanged" in told
    postgres.execute("DROP TABLE cdr")
    with pytest.raises(CommandError):
        call_command("pbx_catch_up", "--exchange", pbx.name)
    with pytest.raises(CommandError):
        call_command("pbx_catch_up", "--exchange", "no such exchange")
    with pytest.raises(CommandError):
        call_command("pbx_catch_up", "--since", "yesterday")
    assert fresh(source).reason == "no_table"


class TestFiles:
    @pytest.fixture
    def folder(self, settings: Any, tmp_path: Path, pbx: Pbx) -> Path:
        settings.CALL_RECORDS_DIR = str(tmp_path)
        own = tmp_path / pbx.tenant.number
        own.mkdir()
        return own

    def test_a_growing_file_is_read_from_where_it_was_left(self, pbx: Pbx, folder: Path) -> None:
        file = folder / "Master.csv"
        whole = content("queue_second_agent.cdr.csv")
        first, rest = whole.splitlines(True)[0], "".join(whole.splitlines(True)[1:])
        file.write_text(first + rest[:30])  # the second line is still being written
        source = make_source(pbx, kind="file", path="Master.csv")

        assert read(source).rows_new == 1
        file.write_text(whole)
        report = read(source)

        assert (report.rows_read, report.rows_new) == (2, 2)
        assert read(source).rows_read == 0

    def test_a_rotated_file_loses_nothing(self, pbx: Pbx, folder: Path) -> None:
        file = folder / "Master.csv"
        file.write_text(content("inbound_answered.cdr.csv"))
        source = make_source(pbx, kind="file", path="Master.csv")
        read(source)
        with file.open("a") as writer:
            writer.write(content("inbound_missed.cdr.csv"))
        file.rename(folder / "Master.csv.1")
        file.write_text(content("call_forward_302.cdr.csv"))

        assert read(source).rows_new == 2 + 6
        assert read(source).rows_read == 0

    @pytest.mark.parametrize("path", ["../Master.csv", "/etc/passwd", "link/passwd", "../0001x/Master.csv"])
    def test_nothing_outside_of_the_company_s_folder_is_read(self, pbx: Pbx, folder: Path, path: str) -> None:
        (folder.parent / "Master.csv").write_text(content("inbound_answered.cdr.csv"))
        (folder / "link").symlink_to("/etc")

        report = catch_up(make_source(pbx, kind="file", path=path).pk)

        assert report is not None
        assert report.reason in ("outside", "no_file")
        assert stored(pbx) == []

    def test_without_a_folder_of_the_operator_s_no_file_is_read(self, pbx: Pbx) -> None:
        report = catch_up(make_source(pbx, kind="file", path="/etc/passwd").pk)

        assert report is not None
        assert report.reason == "outside"

    def test_another_file_is_said_to_be_one(self, pbx: Pbx, folder: Path) -> None:
        (folder / "notes.txt").write_text("milk, bread\n")

        report = catch_up(make_source(pbx, kind="file", path="notes.txt").pk)

        assert report is not None
        assert report.reason == "layout"
