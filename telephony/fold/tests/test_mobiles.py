"""Calls with a colleague's mobile: the colleague's own, by each source and by all together."""

from dataclasses import replace
from itertools import combinations

import pytest

from telephony.fold import CallState, Fact, Seen, fold
from telephony.fold.record_rows import Row
from telephony.fold.tests.captured import BEGIN, OURS, heard, posted, recorded
from telephony.fold.tests.test_made_up import CLIENT, MOBILE, bridged, dial, hung, new

ANNA = replace(OURS, extensions=OURS.extensions | {"160"}, mobiles={CLIENT: "160"})
"""The number of the captured calls is a colleague's, of extension 160."""
BORIS = replace(OURS, mobiles={MOBILE: "150"})
OUT = "PJSIP/trunk-gsm-00000002"


def sources(name: str) -> list[list[Fact]]:
    """Each source alone, and every set of them."""
    told = [found for found in (posted(name), heard(name), recorded(name)) if found]
    return [
        [fact for one in chosen for fact in one]
        for size in range(1, len(told) + 1)
        for chosen in combinations(told, size)
    ]


def people(state: CallState) -> dict[str, bool]:
    return {one.extension: one.is_caller for one in state.participants}


@pytest.mark.parametrize("facts", sources("inbound_answered"))
def test_a_call_from_a_mobile_to_a_line_of_ours_is_internal(facts: list[Fact]) -> None:
    state = fold(facts, ANNA)

    assert (state.direction, state.outcome, state.client_number) == ("internal", "answered", "")
    assert [ring.key for ring in state.rings] == ["150"]
    assert people(state) == {"160": True, "150": False}
    assert state.answered_by in ("", "150")
    assert state.ended_at is not None


@pytest.mark.parametrize("facts", sources("inbound_missed"))
def test_the_same_number_of_nobodys_mobile_is_a_client(facts: list[Fact]) -> None:
    other = replace(ANNA, mobiles={"+375297777777": "160"})

    assert fold(facts, other) == fold(facts, replace(other, mobiles={}))


@pytest.mark.parametrize("facts", sources("outbound_answered"))
def test_a_call_to_a_mobile_is_internal(facts: list[Fact]) -> None:
    state = fold(facts, ANNA)

    assert (state.direction, state.outcome, state.client_number) == ("internal", "answered", "")
    assert people(state)["150"] is True
    assert "160" in people(state)


def forwarded() -> list[Fact]:
    """150 sends a client on to the mobile, which is dialled over another line."""
    phone = "PJSIP/150-00000003"
    return [
        new(0, "c1", "PJSIP/trunk-a1-00000001", "4", CLIENT, "+375173001001"),
        new(1, "c2", phone, "0", "150"),
        dial(1, "c1", "c2", phone, "150", "150"),
        hung(4, "c2", "19"),
        new(5, "c3", OUT, "0", ""),
        dial(5, "c1", "c3", OUT, MOBILE, f"{MOBILE}@trunk-gsm"),
        *bridged(8, 18, "b", "c1", "c3"),
        hung(18, "c3"),
        hung(18, "c1"),
    ]


def test_a_client_who_is_sent_on_to_a_mobile_was_answered_by_that_colleague() -> None:
    state = fold(forwarded(), BORIS)

    assert (state.direction, state.outcome, state.client_number) == ("in", "answered", CLIENT)
    assert (state.answered_by, state.responsible, state.talk_seconds) == ("150", "150", 10)
    assert [talk.extension for talk in state.talks] == ["150"]
    assert people(state) == {"150": False}
    assert [(leg.role.value, leg.extension) for leg in state.legs] == [
        ("client", ""), ("agent", "150"), ("agent", "150"),
    ]  # fmt: skip


def test_its_call_records_say_the_same() -> None:
    fields = {
        "src": CLIENT,
        "dst": "+375173001001",
        "channel": "PJSIP/trunk-a1-00000001",
        "dstchannel": OUT,
        "lastapp": "Dial",
        "lastdata": f"PJSIP/{MOBILE}@trunk-gsm,20",
        "disposition": "ANSWERED",
        "billsec": "10",
        "duration": "18",
        "start": BEGIN.isoformat(),
        "answer": BEGIN.replace(second=8).isoformat(),
        "end": BEGIN.replace(second=18).isoformat(),
    }

    state = fold([Row("r1", BEGIN, "c1", "c1", fields)], BORIS)

    assert (state.direction, state.client_number, state.answered_by) == ("in", CLIENT, "150")
    assert [talk.extension for talk in state.talks] == ["150"]


def test_whoever_dials_out_through_the_exchange_from_a_mobile_is_the_colleague() -> None:
    """The mobile calls in, and its owner has a client called: the client sees the company's number."""
    client = "PJSIP/trunk-a1-00000004"
    state = fold(
        [
            new(0, "c1", "PJSIP/trunk-gsm-00000001", "4", MOBILE, "+375173001009"),
            new(3, "c2", client, "0", ""),
            dial(3, "c1", "c2", client, CLIENT, f"{CLIENT}@trunk-a1"),
            *bridged(6, 16, "b", "c1", "c2"),
            hung(16, "c2"),
            hung(16, "c1"),
        ],
        BORIS,
    )

    assert (state.direction, state.outcome, state.client_number) == ("out", "answered", CLIENT)
    assert (state.answered_by, state.responsible, state.talk_seconds) == ("150", "150", 10)
    assert people(state) == {"150": True}


def test_a_colleagues_mobile_is_dialled_before_its_line_is_seen() -> None:
    state = fold([new(0, "c1", "PJSIP/151-00000001", "4", "151", MOBILE)], BORIS)

    assert state.direction == "internal"


def test_a_colleague_who_is_dialled_with_a_prefix_is_one_all_the_same() -> None:
    phone = "PJSIP/151-00000001"
    state = fold(
        [
            new(0, "c1", phone, "4", "151", "980297654321"),
            new(1, "c2", OUT, "0", ""),
            dial(1, "c1", "c2", OUT, MOBILE, f"{MOBILE}@trunk-gsm"),
            *bridged(4, 9, "b", "c1", "c2"),
            hung(9, "c2"),
            hung(9, "c1"),
        ],
        BORIS,
    )

    assert (state.direction, state.outcome, people(state)) == (
        "internal",
        "answered",
        {"151": True, "150": False},
    )


def test_a_post_that_leaves_the_number_out_changes_nothing() -> None:
    """Such as a hang-up without its caller: the exchange's own word that it came from outside stands in it all the same."""
    facts = [
        replace(fact, number="") if isinstance(fact, Seen) and fact.kind == "hangup" else fact
        for fact in posted("inbound_answered")
    ]

    assert fold(facts, ANNA).direction == "internal"
