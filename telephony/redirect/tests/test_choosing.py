"""The decision as a pure function: exact cases, and what holds for any of them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.models import PresenceState
from telephony.redirect.choosing import Caller, Candidate, Choice, Circumstances, barred, choose, untimely
from telephony.redirect.rules import LineRules, Rules, line_key
from telephony.redirect.words import EXPLANATIONS, Reason

ANNA, BORIS = Candidate("crm", "150", "Client"), Candidate("conversation", "151", "Client")
ON = Rules(is_enabled=True, sources=("crm", "records", "conversation"), region="BY")
CLIENT = Caller("80291234570", "+375291234570", "+375173001001")

extensions = st.sampled_from(["", "150", "151", "152", "153"])
candidates = st.lists(
    st.builds(
        Candidate,
        source=st.sampled_from(["crm", "records", "conversation"]),
        extension=extensions,
        is_available=st.sampled_from([None, True, False]),
    ),
    max_size=6,
)
circumstances = st.builds(
    Circumstances,
    is_open=st.booleans(),
    has_moved=st.booleans(),
    busy=st.frozensets(extensions, max_size=3),
    presence=st.dictionaries(extensions, st.sampled_from(PresenceState)),
)
rules = st.builds(
    Rules,
    is_enabled=st.booleans(),
    checks_hours=st.booleans(),
    checks_status=st.booleans(),
    skips_busy=st.booleans(),
)


def test_the_first_who_can_be_reached_is_chosen_and_the_rest_is_told() -> None:
    choice = choose([ANNA, BORIS], Circumstances(busy=frozenset({"150"})), ON)

    assert choice.extension == "151"
    assert choice.reason is Reason.FOUND
    assert [(step.candidate.extension, step.verdict) for step in choice.steps] == [
        ("150", Reason.BUSY),
        ("151", Reason.FREE),
    ]


@pytest.mark.parametrize(
    ("candidate", "now", "reason"),
    [
        (replace(ANNA, extension=""), Circumstances(), Reason.NO_EXTENSION),
        (ANNA, Circumstances(busy=frozenset({"150"})), Reason.BUSY),
        (ANNA, Circumstances(presence={"150": PresenceState.HOLD}), Reason.BUSY),
        (ANNA, Circumstances(presence={"150": PresenceState.AWAY}), Reason.OFFLINE),
        (replace(ANNA, is_available=False), Circumstances(), Reason.AWAY),
        (
            replace(ANNA, is_available=None),
            Circumstances(presence={"150": PresenceState.RINGING}),
            Reason.FOUND,
        ),
        (ANNA, Circumstances(presence={"151": PresenceState.AWAY}), Reason.FOUND),
    ],
)
def test_each_obstacle_has_its_reason(candidate: Candidate, now: Circumstances, reason: Reason) -> None:
    assert choose([candidate], now, ON).reason is reason


def test_what_is_not_to_be_heeded_is_not() -> None:
    careless = replace(ON, skips_busy=False, checks_status=False)
    absent = replace(ANNA, is_available=False)

    assert choose([absent], Circumstances(busy=frozenset({"150"})), careless).extension == "150"


def test_nobody_is_a_reason_of_its_own() -> None:
    assert choose([], Circumstances(), ON) == Choice(Reason.NOBODY)


@pytest.mark.parametrize(
    ("caller", "changes", "reason"),
    [
        (CLIENT, {}, None),
        (CLIENT, {"is_enabled": False}, Reason.DISABLED),
        (CLIENT, {"excluded_lines": frozenset({line_key("8 (017) 300-10-01")})}, Reason.LINE),
        (CLIENT, {"excluded_numbers": frozenset({"+375291234570"})}, Reason.OWN_NUMBER),
        (Caller("anonymous", ""), {}, Reason.HIDDEN),
        (Caller("", ""), {}, Reason.HIDDEN),
        (Caller("Иван", ""), {}, Reason.HIDDEN),
        (Caller("150", ""), {}, Reason.INTERNAL),
    ],
)
def test_calls_that_are_not_looked_at(caller: Caller, changes: dict[str, Any], reason: Reason | None) -> None:
    assert barred(caller, replace(ON, **changes)) is reason


def test_a_line_has_rules_of_its_own() -> None:
    lines = {
        line_key("+375173001001"): LineRules(False, (), True),
        "office": LineRules(True, ("crm",), False),
    }
    all_lines = replace(ON, lines=lines)

    assert not all_lines.for_line("80173001001").is_enabled
    assert (all_lines.for_line("Office").sources, all_lines.for_line("Office").checks_hours) == (
        ("crm",),
        False,
    )
    assert all_lines.for_line("+375173001002") is all_lines
    assert not replace(all_lines, is_enabled=False).for_line("office").is_enabled


@given(candidates, circumstances, rules)
def test_whoever_is_chosen_can_be_reached_and_nobody_before_could(
    found: list[Candidate], now: Circumstances, wanted: Rules
) -> None:
    choice = choose(found, now, wanted)

    assert [step.candidate for step in choice.steps] == found
    if choice.candidate is None:
        assert choice.reason is (choice.steps[0].verdict if found else Reason.NOBODY)
        assert all(step.verdict not in (Reason.FREE, Reason.NOT_REACHED) for step in choice.steps)
        return
    place = found.index(choice.candidate)
    assert choice.extension
    assert choice.reason is Reason.FOUND
    assert choice.steps[place].verdict is Reason.FREE
    assert not (wanted.skips_busy and choice.extension in now.busy)
    assert not (wanted.checks_status and choice.candidate.is_available is False)
    assert {step.verdict for step in choice.steps[place + 1 :]} <= {Reason.NOT_REACHED}
    assert all(step.verdict not in (Reason.FREE, Reason.NOT_REACHED) for step in choice.steps[:place])


@given(candidates, circumstances, rules)
def test_a_colleague_less_never_changes_who_stands_before(
    found: list[Candidate], now: Circumstances, wanted: Rules
) -> None:
    """Asking source by source gives what asking all of them would have given."""
    whole = choose(found, now, wanted)
    for length in range(len(found)):
        part = choose(found[:length], now, wanted)
        if part.candidate is not None:
            assert part.candidate == whole.candidate


@given(circumstances, rules)
def test_a_call_that_moved_or_comes_at_night_is_not_looked_at(now: Circumstances, wanted: Rules) -> None:
    reason = untimely(now, wanted)

    if now.has_moved:
        assert reason is Reason.AGAIN
    else:
        assert (reason is Reason.CLOSED) == (wanted.checks_hours and not now.is_open)


def test_every_reason_is_told_in_words() -> None:
    assert set(EXPLANATIONS) == set(Reason)
