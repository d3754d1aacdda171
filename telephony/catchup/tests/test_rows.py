"""Rows of call records become events: the same call, whatever wrote it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.catchup.csv_rows import CEL_LAYOUT, Layout
from telephony.catchup.errors import RecordsUnavailable
from telephony.catchup.rows import CDR_FIELDS, canonical, moment, of_call, of_channel
from telephony.catchup.tests.captured import calls, channels

MINSK = ZoneInfo("Europe/Minsk")
UTC_ZONE = ZoneInfo("UTC")


def test_a_captured_row_has_every_field_in_lower_case_and_its_times_with_a_zone() -> None:
    [row] = calls("inbound_answered")

    record = of_call(row, UTC_ZONE)

    assert record is not None
    event = record.event
    assert (event.kind, event.source) == ("cdr", "cdr")
    assert set(event.payload) == set(CDR_FIELDS)
    assert event.unique_id == event.linked_id == event.payload["uniqueid"] == row["uniqueid"]
    assert event.payload["src"] == "+375291234570"
    assert event.payload["disposition"] == "ANSWERED"
    assert event.payload["dstchannel"].startswith("PJSIP/150-")
    assert event.payload["start"].endswith("+00:00")
    assert (event.payload["did"], event.payload["peeraccount"]) == ("", "")


def test_the_same_row_from_a_database_is_the_same_event() -> None:
    """Other types, another zone, fractions of seconds, columns that the file has not."""
    [row] = calls("inbound_answered")
    start = datetime.fromisoformat(row["start"]).replace(tzinfo=UTC)
    other = row | {
        "start": start.astimezone(MINSK).replace(tzinfo=None, microsecond=345_000),
        "answer": None,
        "end": None,
        "duration": Decimal(row["duration"]),
        "billsec": int(row["billsec"]),
        "did": "+375173001001",
        "sequence": 12,
    }

    from_file, from_database = of_call(row, UTC_ZONE), of_call(other, MINSK)

    assert from_file is not None
    assert from_database is not None
    assert from_file.event.digest == from_database.event.digest
    assert from_database.event.payload["did"] == "+375173001001"


def test_freepbx_keeps_only_the_beginning_and_the_rest_follows() -> None:
    row = {"calldate": datetime(2026, 11, 21, 12, 0), "duration": 30, "billsec": 20, "uniqueid": "1.2"}

    record = of_call({canonical(name): value for name, value in row.items()}, MINSK)

    assert record is not None
    assert record.event.payload["start"] == "2026-11-21T09:00:00+00:00"
    assert record.event.payload["answer"] == "2026-11-21T09:00:10+00:00"
    assert record.event.payload["end"] == "2026-11-21T09:00:30+00:00"
    assert record.call == "1.2"


def test_a_recording_s_place_is_sealed() -> None:
    record = of_call({"uniqueid": "1.2", "recordingfile": "2026/11/21/secret.wav"}, UTC_ZONE)

    assert record is not None
    assert record.event.payload["recordingfile"] == ""
    assert dict(record.event.sealed) == {"recordingfile": "2026/11/21/secret.wav"}


@pytest.mark.parametrize("unique_id", ["", None, "x" * 151])
def test_a_row_without_a_usable_id_is_none(unique_id: Any) -> None:
    assert of_call({"uniqueid": unique_id, "src": "1"}, UTC_ZONE) is None


def test_every_captured_row_is_an_event_of_its_own() -> None:
    names = ["call_forward_302", "transfer_blind_dtmf", "queue_second_agent", "inbound_missed"]
    rows = [row for name in names for row in calls(name)]

    records = [of_call(row, UTC_ZONE) for row in rows]

    assert len(rows) == 14
    assert len({record.event.digest for record in records if record}) == len(rows)


def test_channel_records_keep_what_tells_something() -> None:
    records = [of_channel(row, UTC_ZONE) for row in channels("inbound_answered")]

    kept = [record.event.payload["eventtype"] for record in records if record]
    assert kept[0] == "CHAN_START"
    assert kept[-1] == "LINKEDID_END"
    assert not {"APP_START", "APP_END"} & set(kept)
    assert {record.event.kind for record in records if record} == {"cel"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-21 12:00:00", "2026-11-21T09:00:00+00:00"),
        ("2026-11-21 12:00:00.5", "2026-11-21T09:00:00.500000+00:00"),
        ("2026-11-21T12:00:00+00:00", "2026-11-21T12:00:00+00:00"),
        ("1795252506.25", "2026-11-21T09:15:06.250000+00:00"),
        (datetime(2026, 11, 21, 12, 0), "2026-11-21T09:00:00+00:00"),
        (b"2026-11-21 12:00:00", "2026-11-21T09:00:00+00:00"),
    ],
)
def test_times_as_drivers_and_files_write_them(value: Any, expected: str) -> None:
    found = moment(value, MINSK)

    assert found is not None
    assert found.isoformat() == expected


@pytest.mark.parametrize(
    "value",
    ["", None, "0000-00-00 00:00:00", "1970-01-01 00:00:00", "soon", "0", "9" * 400, "9999-12-31 23:59:59"],
)
def test_no_time_is_none(value: Any) -> None:
    assert moment(value, MINSK) is None


@given(
    st.dictionaries(
        st.sampled_from((*CDR_FIELDS, "eventtype", "eventtime")),
        st.none() | st.text() | st.binary() | st.floats() | st.datetimes(),
    )
)
def test_nothing_that_a_column_may_hold_breaks_it(row: dict[str, Any]) -> None:
    for record in (of_call(row, MINSK), of_channel(row, MINSK)):
        if record is not None:
            assert "\x00" not in str(record.event.payload)
            str(record.event.payload).encode()


class TestLayouts:
    BASE = ",".join(["a"] * 16)

    @pytest.mark.parametrize(
        ("line", "linked"),
        [
            (f"{BASE},1.2", None),
            (f"{BASE},1.2,userfield", None),
            (f"{BASE},1.2,peer,1.1,7", "1.1"),
            (f"{BASE},1.2,userfield,peer,1.1,7", "1.1"),
        ],
    )
    def test_the_options_of_master_csv_are_told_by_its_columns(self, line: str, linked: str | None) -> None:
        [row] = Layout().rows([line + "\n"])

        assert row is not None
        assert row["uniqueid"] == "1.2"
        assert row.get("linkedid") == linked

    @pytest.mark.parametrize("line", [BASE, "a,b,c", f"{BASE},,", '{"json": true}'])
    def test_other_lines_are_refused(self, line: str) -> None:
        with pytest.raises(RecordsUnavailable) as told:
            list(Layout().rows([line + "\n"]))

        assert told.value.reason == "layout"

    def test_headings_name_the_columns_in_any_order_and_spelling(self) -> None:
        lines = ['calldate,"UniqueID",LinkedID,src\n', "2026-11-21 12:00:00,1.2,1.1,150\n"]

        [row] = Layout().rows(lines)

        assert row == {"start": "2026-11-21 12:00:00", "uniqueid": "1.2", "linkedid": "1.1", "src": "150"}

    def test_named_columns_are_taken_as_they_are(self) -> None:
        [row] = Layout(("start", "uniqueid")).rows(["2026-11-21 12:00:00,1.2\n"])

        assert row == {"start": "2026-11-21 12:00:00", "uniqueid": "1.2"}

    def test_a_line_of_another_length_is_none_and_spoils_nothing(self) -> None:
        found = list(Layout(("start", "uniqueid")).rows(["a,1.2\n", "a,b,c\n", "b,1.3\n"]))

        assert found == [{"start": "a", "uniqueid": "1.2"}, None, {"start": "b", "uniqueid": "1.3"}]

    def test_channel_records_are_recognised(self) -> None:
        layout = Layout()
        line = ",".join(["CHAN_START", *["x"] * (len(CEL_LAYOUT) - 1)])

        [row] = layout.rows([line + "\n"])

        assert row is not None
        assert layout.form == "cel"
