"""What must hold for any order, repetition and loss of a call's events."""

import dataclasses
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import scenarios
from telephony.fold import CallState, Phase, Seen, fold
from telephony.fold.tests.captured import BEGIN, seen

CAPTURED = {name: seen(name) for name in scenarios.names()}
FOLDED = {name: fold(events, "BY") for name, events in CAPTURED.items()}
# Whose talk came last cannot be told once the receipts are exchanged.
WITH_TWO_TALKS = {name for name, state in FOLDED.items() if len({talk.extension for talk in state.talks}) > 1}
names = st.sampled_from(sorted(CAPTURED))


def check_valid(state: CallState) -> None:
    assert (state.phase is Phase.ENDED) == (state.ended_at is not None)
    assert state.phase is not Phase.ENDED or state.outcome.value
    assert (state.talk_seconds or 0) >= 0
    assert state.wait_seconds >= 0
    assert all(talk.until is None or talk.until >= talk.since for talk in state.talks)
    assert state.client_number == "" or state.client_number.startswith("+")
    assert state.ended_at is None or state.ended_at >= state.started_at


@given(names, st.data())
def test_order_and_repetition_of_the_input_change_nothing(name: str, data: st.DataObject) -> None:
    repeated = CAPTURED[name] + data.draw(st.lists(st.sampled_from(CAPTURED[name]), max_size=6))

    assert fold(data.draw(st.permutations(repeated)), "BY") == FOLDED[name]


@given(names, st.data())
def test_any_order_of_arrival_gives_the_same_call(name: str, data: st.DataObject) -> None:
    events = CAPTURED[name]
    order = data.draw(st.permutations(events))
    arrived = [
        dataclasses.replace(event, at=BEGIN + timedelta(milliseconds=place))
        for place, event in enumerate(order)
    ]

    state, expected = fold(arrived, "BY"), FOLDED[name]

    check_valid(state)
    for field in (
        "direction",
        "phase",
        "outcome",
        "client_number",
        "did",
        "trunk",
        "recording_size",
        "client_name",
    ):
        assert getattr(state, field) == getattr(expected, field), field
    assert {ring.key for ring in state.rings} == {ring.key for ring in expected.rings}
    assert {person.extension for person in state.participants} == {
        person.extension for person in expected.participants
    }
    if name not in WITH_TWO_TALKS:
        assert state.responsible == expected.responsible


@given(names, st.data())
def test_any_subset_gives_a_valid_call(name: str, data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(CAPTURED[name]), min_size=1, unique_by=lambda event: event.key))

    check_valid(fold(some, "BY"))


@pytest.mark.parametrize("name", sorted(CAPTURED))
def test_states_only_move_forward(name: str) -> None:
    order = list(Phase)
    events = sorted(CAPTURED[name], key=lambda event: event.order)

    states = [fold(events[: end + 1], "BY") for end in range(len(events))]

    # Click-to-call begins as a call to the agent and only then becomes one to the client.
    for is_external in (False, True):
        phases = [order.index(state.phase) for state in states if state.direction.is_external is is_external]
        assert phases == sorted(phases)


def without(events: list[Seen], kind: str) -> list[Seen]:
    return [event for event in events if event.kind != kind]


@pytest.mark.parametrize("kind", ["start", "dial", "bridge"])
@pytest.mark.parametrize(
    "name", ["inbound_answered", "outbound_answered", "inbound_missed", "ring_group", "pickup"]
)
def test_a_lost_event_still_gives_the_call(name: str, kind: str) -> None:
    state, expected = fold(without(CAPTURED[name], kind), "BY"), FOLDED[name]

    assert (state.phase, state.direction, state.outcome) == (
        expected.phase,
        expected.direction,
        expected.outcome,
    )
    assert (state.client_number, state.responsible) == (expected.client_number, expected.responsible)
