"""What must hold for any order, repetition and loss of a call's events, whoever told of them."""

import uuid
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.actions.grouping import Channel, group
from telephony.fold import Fact, Outcome, Phase, fold
from telephony.fold.manager import Heard, ties
from telephony.fold.tests.captured import OURS, heard, posted, recorded
from telephony.fold.tests.test_properties import check_valid
from telephony.scenarios import packets

NAMES = packets.packet_names()
SOURCES: dict[str, dict[str, list[Fact]]] = {
    "manager": {name: heard(name) for name in NAMES},
    "records": {name: recorded(name) for name in packets.record_names()},
    "both": {name: posted(name) + heard(name) for name in NAMES},
    "all": {name: posted(name) + heard(name) + recorded(name) for name in packets.record_names()},
}
captured = st.sampled_from([(source, name) for source, found in SOURCES.items() for name in sorted(found)])
PBX = uuid.UUID(int=1)


@given(captured, st.data())
def test_order_and_repetition_change_nothing(which: tuple[str, str], data: st.DataObject) -> None:
    events = SOURCES[which[0]][which[1]]
    repeated = events + data.draw(st.lists(st.sampled_from(events), max_size=6))

    assert fold(data.draw(st.permutations(repeated)), OURS) == fold(events, OURS)


@given(captured, st.data())
def test_any_subset_gives_a_valid_call(which: tuple[str, str], data: st.DataObject) -> None:
    events = SOURCES[which[0]][which[1]]
    some = data.draw(st.lists(st.sampled_from(events), min_size=1, unique_by=lambda event: event.key))

    check_valid(fold(some, OURS))


@pytest.mark.parametrize("source", ["manager", "both"])
@pytest.mark.parametrize("name", NAMES)
def test_states_only_move_forward(source: str, name: str) -> None:
    order = list(Phase)
    events = sorted(SOURCES[source][name], key=lambda event: event.at)

    states = [fold(events[: end + 1], OURS) for end in range(len(events))]

    for state in states:
        check_valid(state)
    # Click-to-call begins with the agent's phone and only then becomes a call to the client.
    for is_external in (False, True):
        phases = [order.index(state.phase) for state in states if state.direction.is_external is is_external]
        assert phases == sorted(phases)


@pytest.mark.parametrize("name", NAMES)
def test_one_lost_packet_leaves_the_call_what_it_was(name: str) -> None:
    """Whatever single packet is missing: the same client, the same direction; and over or not, a valid state."""
    events = SOURCES["manager"][name]
    whole = fold(events, OURS)

    for place in range(len(events)):
        state = fold(events[:place] + events[place + 1 :], OURS) if len(events) > 1 else whole
        check_valid(state)
        if whole.direction.is_external:
            assert (state.direction, state.client_number) == (whole.direction, whole.client_number)
        if state.phase is Phase.ENDED and whole.outcome is Outcome.ANSWERED:
            assert state.outcome is Outcome.ANSWERED


@pytest.mark.parametrize(
    "name", [name for name in packets.record_names() if name.startswith(("in", "out", "tr"))]
)
def test_what_one_source_loses_the_other_has(name: str) -> None:
    """The dialplan's posts of a call whose packets were all lost after the first, and the other way round."""
    first, *_rest = sorted(SOURCES["manager"][name], key=lambda event: event.at)
    posts = posted(name)

    late = fold([first, *posts], OURS)
    early = fold([*SOURCES["manager"][name], *posts[:1]], OURS)

    assert late.outcome == fold(posts, OURS).outcome
    assert late.phase is Phase.ENDED
    assert early.outcome == fold(SOURCES["manager"][name], OURS).outcome


def names_of(event: Fact) -> tuple[Channel, ...]:
    own = (event.channel, event.linked)
    more = ties(event.kind, event.packet) if isinstance(event, Heard) else ()
    return tuple((PBX, name) for name in dict.fromkeys((*own, *more)) if name)


@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.data())
def test_two_calls_at_once_do_not_mix(one: str, other: str, data: st.DataObject) -> None:
    first, second = heard(one, "-a"), heard(other, "-b")
    mixed = data.draw(st.permutations([*first, *second]))

    groups = group([names_of(event) for event in mixed], {})

    folded = []
    for found in groups:
        channels = {(PBX, name) for name in found.channels}
        mine = [event for event in mixed if channels.intersection(names_of(event))]
        folded.append(fold(mine, OURS))
    expected = [fold(first, OURS), fold(second, OURS)]
    assert len(groups) == 2
    assert sorted(folded, key=repr) == sorted(expected, key=repr)


@given(st.sampled_from(NAMES), st.integers(min_value=-12, max_value=12))
def test_a_call_is_the_same_at_any_hour(name: str, hours: int) -> None:
    """Times count relative to each other only, whatever the exchange's clock."""
    moved = [
        Heard(
            event.key,
            event.kind,
            event.at + timedelta(hours=hours),
            event.channel,
            event.linked,
            event.packet,
        )
        for event in SOURCES["manager"][name]
        if isinstance(event, Heard)
    ]

    state, expected = fold(moved, OURS), fold(SOURCES["manager"][name], OURS)

    assert (state.outcome, state.talk_seconds, state.wait_seconds, state.ended_by) == (
        expected.outcome,
        expected.talk_seconds,
        expected.wait_seconds,
        expected.ended_by,
    )
