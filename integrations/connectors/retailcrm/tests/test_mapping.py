"""RetailCRM's JSON, by fixtures named `<event>__<case>.json`, and what must hold for any input."""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.capabilities import (
    AgentState,
    AssignedExtension,
    Availability,
    CallOutcome,
    Direction,
    MappingIssue,
    MappingKind,
    OutsideUser,
)
from integrations.connectors.retailcrm import mapping
from integrations.connectors.retailcrm.manifest import manifest
from integrations.tests.factories import finished, hangup, ringing

FIXTURES = Path(__file__).parent.parent / "fixtures"
MOSCOW = ZoneInfo("Europe/Moscow")


def fixture(name):
    return json.loads((FIXTURES / f"{name}.json").read_text())


SENT = {
    "ringing__inbound": lambda: mapping.ringing_event(ringing()),
    "ringing__outbound_two_extensions_with_site": lambda: mapping.ringing_event(
        ringing(direction=Direction.OUT, phone="+375 29 123-45-67", extensions=("150", "151")), "main"
    ),
    "ringing__user_without_extension": lambda: mapping.ringing_event(ringing(extensions=(), did="")),
    "hangup__missed": lambda: mapping.hangup_event(hangup(outcome=CallOutcome.MISSED)),
    "upload__answered_with_recording": lambda: mapping.history_entry(
        finished(recording_url="https://hub.example/rec/AbC.mp3"), MOSCOW
    ),
    "upload__missed": lambda: mapping.history_entry(
        finished(outcome=CallOutcome.MISSED, talk_seconds=0, wait_seconds=20), MOSCOW
    ),
}


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent(name):
    assert SENT[name]() == fixture(name)


def test_every_outcome_has_both_translations():
    assert set(mapping.HANGUP_STATUS) == set(mapping.UPLOAD_RESULT) == set(CallOutcome)


def test_users_are_read_with_whatever_is_there():
    users = [mapping.outside_user(row) for row in fixture("users__page")["users"]]

    assert users == [
        OutsideUser("28", "Smith Ann", "m@example.com", status=AgentState(Availability.AVAILABLE, "free")),
        OutsideUser("29", "old@example.com", "old@example.com", active=False),
        OutsideUser("30", "30"),
    ]


def test_module_answer_names_the_unknown():
    table = [AssignedExtension("77", "150"), AssignedExtension("anna", "151")]

    assert mapping.module_receipt(fixture("module_edit__empty_info"), table[:1]).issues == ()
    assert mapping.module_receipt(fixture("module_edit__unknown_user"), table).issues == (
        MappingIssue(MappingKind.USER, "77"),
        MappingIssue(MappingKind.USER, "anna"),
        MappingIssue(MappingKind.SITE, "shop"),
    )


@given(st.integers(946_684_800, 2_200_000_000))
def test_date_is_wall_clock_of_the_account(seconds):
    moment = datetime.fromtimestamp(seconds, UTC)

    entry = mapping.history_entry(finished(started_at=moment), MOSCOW)

    assert entry["date"] == moment.astimezone(MOSCOW).isoformat(" ")[:19]


@given(st.text())
def test_phone_is_digits_whatever_it_was(text):
    assert mapping.digits(text) == "" or (mapping.digits(text).isascii() and mapping.digits(text).isdigit())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=5
    )
)
def test_odd_answers_break_nothing(value):
    answer = {"notExistCodes": value, "notExistUsers": value, "duplicateCalls": value, "info": value}

    mapping.event_receipt(answer, ringing())
    mapping.upload_receipt(answer, "x")
    mapping.module_receipt(answer, [])


@pytest.mark.parametrize(
    "pasted",
    [
        "https://example.retailcrm.ru",
        "https://example.retailcrm.ru/",
        "https://example.retailcrm.ru/admin/api-keys#x",
    ],
)
def test_pasted_address_becomes_the_accounts(pasted):
    assert manifest.clean_settings({"url": pasted})["url"] == "https://example.retailcrm.ru"
