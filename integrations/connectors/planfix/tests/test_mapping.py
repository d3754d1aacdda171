"""Planfix's fields, by fixtures named `<event>__<case>.json`, and what must hold for any input."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.capabilities import CallOutcome, Direction, OutsideUser
from integrations.connectors.planfix import mapping
from integrations.tests.factories import finished, hangup, ringing

FIXTURES = Path(__file__).parent.parent / "fixtures"


def fixture(name):
    return json.loads((FIXTURES / f"{name}.json").read_text())


SENT = {
    "ringing__group": lambda: mapping.ringing_events(ringing(extensions=("150", "151"))),
    "ringing__outbound": lambda: mapping.ringing_events(
        ringing(direction=Direction.OUT, phone="+375 29 123-45-67", did="")
    ),
    "hangup__one_of_two_answered": lambda: mapping.skipped_events(hangup(extensions=("150", "151"))),
    "finished__answered_with_recording": lambda: mapping.finished_event(
        finished(recording_url="https://hub.example/rec/AbC.mp3")
    ),
    "finished__missed": lambda: mapping.finished_event(finished(outcome=CallOutcome.MISSED, talk_seconds=0)),
    "finished__outbound_busy": lambda: mapping.finished_event(
        finished(direction=Direction.OUT, outcome=CallOutcome.BUSY, talk_seconds=0)
    ),
}


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent(name):
    assert SENT[name]() == fixture(name)


def test_every_outcome_has_both_translations():
    assert set(mapping.INBOUND_STATUS) == set(mapping.OUTBOUND_STATUS) == set(CallOutcome)


def test_employees_are_read_with_whatever_is_there():
    users = [mapping.outside_user(row) for row in fixture("users__page")["users"]]

    assert users == [
        OutsideUser("5", "Орлова Анна", "anna@example.com"),
        OutsideUser("6", "b@example.com", "b@example.com"),
        OutsideUser("7", "7", active=False),
    ]


@given(
    st.text(max_size=30), st.lists(st.text(min_size=1, max_size=5), max_size=4), st.sampled_from(CallOutcome)
)
def test_any_call_gives_texts_of_digits_and_one_end(phone, extensions, outcome):
    end = mapping.finished_event(finished(phone=phone, extensions=tuple(extensions), outcome=outcome))
    skipped = mapping.skipped_events(hangup(phone=phone, extensions=tuple(extensions), outcome=outcome))

    assert end["status"] != mapping.CANCELLED
    assert {event["status"] for event in skipped} <= {mapping.CANCELLED}
    assert end.get("phone", "").isascii()
    assert all(isinstance(value, str) for value in end.values())
