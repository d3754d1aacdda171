"""Writing while the database is away, full memory, and rows that it refuses."""

import threading
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone

from telephony.ami.kept import as_event
from telephony.ingest import writer
from telephony.ingest.tokens import Source
from telephony.ingest.writer import NewCallEvent, arrived
from telephony.listening import scribe as scribes
from telephony.listening.identity import holder
from telephony.listening.scribe import Heard, Ledger, Scribe
from telephony.listening.tests.conftest import listening, status_of, stored, wait_until
from telephony.models import Pbx, PbxOutage
from telephony.tests.factories import make_pbx
from tenants.models import Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant


class Away:
    """A database that takes nothing until it is back."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.back = threading.Event()
        self.tried = threading.Event()
        monkeypatch.setattr(scribes, "insert", self.insert)

    def insert(self, rows: Sequence[NewCallEvent]) -> int:
        self.tried.set()
        if not self.back.is_set():
            raise OperationalError("the server closed the connection unexpectedly")
        return writer.insert(rows)


def test_what_came_while_the_database_was_away_is_stored_when_it_is_back(pbx, exchange, monkeypatch, caplog):
    away = Away(monkeypatch)
    with listening() as keeper:
        exchange.wait_for(lambda one: one.listeners() == 1)
        for number in range(300):
            exchange.say("Newchannel", {"Uniqueid": f"sim-1.{number}", "Channel": "PJSIP/150-1"})
        assert away.tried.wait(60)
        wait_until(lambda: len(keeper.scribe._waiting) == 300)
        [line] = keeper.lines.values()
        assert line.covered_until is not None
        first_waiting = line.ledger.pending[0]
        assert line.covered_until.timestamp() == pytest.approx(first_waiting, abs=1e-5)
        away.back.set()
        wait_until(lambda: len(stored(pbx)) == 300)
        wait_until(lambda: not line.ledger.pending)

    assert [event.unique_id for event in stored(pbx)] == [f"sim-1.{number}" for number in range(300)]
    with all_tenants():
        assert Work.objects.filter(lane="calls.fold").count() == 300
    said = [record.message for record in caplog.records if record.name.endswith("scribe")]
    assert len([one for one in said if "does not take" in one]) == 1
    assert len([one for one in said if "answers again" in one]) == 1


@pytest.mark.engine("postgresql")
def test_a_server_that_drops_every_connection_is_survived(pbx, exchange):
    with listening() as keeper:
        exchange.wait_for(lambda one: one.listeners() == 1)
        exchange.say("Newchannel", {"Uniqueid": "sim-1.1", "Channel": "PJSIP/150-1"})
        wait_until(lambda: len(stored(pbx)) == 1)
        for number in range(2, 40):
            exchange.say("Newchannel", {"Uniqueid": f"sim-1.{number}", "Channel": "PJSIP/150-1"})
            if number % 10 == 0:
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
        wait_until(lambda: len(stored(pbx)) == 39)
        turned_at = status_of(pbx).seen_at
        wait_until(lambda: status_of(pbx).seen_at != turned_at)
        assert len(keeper.lines) == 1

    assert len(exchange.asked("Login")) == 1
    assert status_of(pbx).holder is None


def test_a_full_memory_stops_the_reading_and_what_the_exchange_then_drops_is_a_known_gap(
    pbx, exchange, monkeypatch
):
    monkeypatch.setattr(scribes, "MOST_WAITING", 20)
    away = Away(monkeypatch)
    with listening() as keeper:
        exchange.wait_for(lambda one: one.listeners() == 1)
        for number in range(200):
            exchange.say("Newchannel", {"Uniqueid": f"sim-1.{number}", "Channel": "PJSIP/150-1"})
            time.sleep(0.001)
        [line] = keeper.lines.values()
        wait_until(lambda: len(keeper.scribe._waiting) >= 20)
        exchange.hang_up()
        assert len(keeper.scribe._waiting) < 220
        away.back.set()
        wait_until(lambda: len(exchange.asked("Login")) == 2)
        wait_until(lambda: status_of(pbx).state == "connected" and not line.ledger.pending)

    with all_tenants():
        assert PbxOutage.objects.get().reason == "database"


def test_one_row_that_the_database_refuses_takes_no_other_with_it(transactional_db, monkeypatch):
    pbx = make_pbx(make_tenant())
    real = writer.insert

    def insert(rows):
        if any(row.event.payload.get("Channel") == "bad" for row in rows):
            raise IntegrityError("refused")
        return real(rows)

    monkeypatch.setattr(scribes, "insert", insert)
    rows = [heard(pbx, "good-1"), heard(pbx, "bad"), heard(pbx, "good-2")]

    write(rows)

    found = {event.unique_id: event for event in stored(pbx)}
    assert set(found) == {"good-1", "bad", "good-2"}
    assert "unstorable" in found["bad"].degraded
    assert found["bad"].payload == {}


def test_the_events_of_an_exchange_that_was_deleted_are_dropped(transactional_db):
    pbx, other = make_pbx(make_tenant()), make_pbx(make_tenant())
    rows = [heard(pbx, "a"), heard(other, "b")]
    with all_tenants():
        Pbx.objects.get(pk=pbx.pk).delete()

    write(rows)

    assert [event.unique_id for event in stored(other)] == ["b"]


def test_a_repeated_packet_is_no_second_row(transactional_db):
    pbx = make_pbx(make_tenant())

    write([heard(pbx, "a"), heard(pbx, "a")])
    write([heard(pbx, "a")])

    assert len(stored(pbx)) == 1


def test_how_late_events_are_is_measured_when_they_are_committed(transactional_db):
    pbx = make_pbx(make_tenant())
    ledger = Ledger()
    rows = [
        Heard(row.row._replace(at=timezone.now() - timedelta(seconds=number)), ledger)
        for number, row in enumerate([heard(pbx, f"a{number}") for number in range(3)])
    ]

    write(rows)

    pace = ledger.figures.pace()
    assert pace.per_minute == 3
    assert pace.lag_p50 is not None
    assert pace.lag_p99 is not None
    assert 1000 <= pace.lag_p50 < 1900
    assert 2000 <= pace.lag_p99 < 2900


def test_the_holder_is_the_same_after_a_crash_and_another_beside_it(tmp_path):
    with holder(tmp_path) as first, holder(tmp_path) as beside:
        assert beside != first
    with holder(tmp_path) as again:
        assert again == first


def heard(pbx: Pbx, unique_id: str) -> Heard:
    event = as_event({"Event": "Newchannel", "Uniqueid": unique_id, "Channel": unique_id}, "")
    return Heard(arrived(Source(pbx.pk, pbx.tenant_id), event, "127.0.0.1"), Ledger())


def write(rows: list[Heard]) -> None:
    scribe = Scribe()
    scribe.start()
    for one in rows:
        scribe.put([one], time.time())
    assert scribe.flush(20)
    wait_until(lambda: all(not one.ledger.pending for one in rows))
    scribe.stop(5)
