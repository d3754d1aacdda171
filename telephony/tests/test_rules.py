"""Which rule holds: the pure part, for every combination."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from telephony.policies import Rule
from telephony.rules import People, RuleFacts, choose, fits, named, possible, responsible

HERE, THERE = UUID(int=1), UUID(int=2)
LINES = ("+375170000001", "+375170000002")

rules = st.builds(
    lambda **values: Rule(id=uuid4(), name="r", **values),
    integration_id=st.sampled_from([None, HERE, THERE]),
    direction=st.sampled_from(["any", "in", "out"]),
    outcome=st.sampled_from(["any", "missed", "answered"]),
    client=st.sampled_from(["any", "known", "unknown"]),
    hours=st.sampled_from(["any", "inside", "outside"]),
    lines=st.frozensets(st.sampled_from(LINES)),
)
facts = st.builds(
    lambda **values: RuleFacts(integration_id=HERE, **values),
    direction=st.sampled_from(["in", "out"]),
    is_answered=st.sampled_from([True, False, None]),
    line=st.sampled_from([*LINES, ""]),
    is_open=st.booleans(),
    is_known=st.booleans(),
)


def as_written(rule: Rule, one: RuleFacts) -> bool:
    """The same in a table: each column says "any" or just what is there."""
    answers = {None: (), True: ("answered",), False: ("missed",)}
    return all(
        (
            rule.integration_id in (None, one.integration_id),
            rule.direction in ("any", one.direction),
            rule.outcome in ("any", *answers[one.is_answered]),
            rule.client in ("any", "known" if one.is_known else "unknown"),
            rule.hours in ("any", "inside" if one.is_open else "outside"),
            not rule.lines or one.line in rule.lines,
        )
    )


@given(rules, facts)
def test_a_rule_fits_exactly_what_it_says(rule: Rule, one: RuleFacts) -> None:
    assert fits(rule, one) is as_written(rule, one)


@given(st.lists(rules, max_size=8), facts)
def test_the_first_that_fits_holds_and_is_among_those_that_were_possible(
    several: list[Rule], one: RuleFacts
) -> None:
    fitting = [rule for rule in several if as_written(rule, one)]
    unasked = list(possible(several, replace(one, is_known=None)))

    assert choose(several, one) is (fitting[0] if fitting else None)
    assert not fitting or fitting[0] in unasked
    assert bool(unasked) or not fitting


texts = st.text(max_size=60)


@given(texts, texts, texts)
def test_what_is_filled_in_is_never_a_placeholder_of_something_else(
    number: str, line: str, name: str
) -> None:
    filled = named("{name}", number=number or "0", line=line, name=name)
    assert filled == (" ".join(name.split())[:200] or (number or "0"))
    assert len(named("{name} {line} {number}" * 9, number=number, line=line, name=name)) <= 200


def test_placeholders_in_a_callers_name_stay_text() -> None:
    assert named("{name} {number}", number="+1", line="L", name="{number}{line}") == "{number}{line} +1"


def test_who_becomes_responsible() -> None:
    people = People(
        rang_first="150",
        talked_last="151",
        of_line="152",
        owner_id="77",
        owner_extension="151",
        users={"150": "1", "151": "2", "152": "3", "153": "4"},
    )

    def whose(choice: str, extension: str = "", **values: Any) -> str:
        rule = Rule(id=uuid4(), name="r", responsible=choice, extension=extension)
        return responsible(rule, replace(people, **values))

    assert [whose(choice) for choice in ("rang", "talked", "owner", "default")] == ["1", "2", "77", "3"]
    assert whose("default", "153") == "4"
    assert whose("owner", owner_id="") == "2"
    assert whose("rang", "153", rang_first="199") == "4"
    assert whose("talked", talked_last="", of_line="") == ""
