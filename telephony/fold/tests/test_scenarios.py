"""Each captured call folds to the call that really took place, written out."""

from datetime import timedelta

import pytest

from telephony import scenarios
from telephony.fold import fold
from telephony.fold.state import Flag
from telephony.fold.tests.captured import seen

CLIENT = "+375291234570"
# direction, outcome, client, rings, who talked, responsible, talk s, wait s, cause, recording bytes
Row = tuple[str, str, str, str, str, str, int | None, int, int | None, int | None]
ANSWERED: Row = ("in", "answered", CLIENT, "150", "150", "150", 3, 1, 16, 48044)
EXPECTED: dict[str, Row] = {
    "call_forward_302": ("in", "answered", CLIENT, "150|151", "151", "151", 6, 4, 16, 96044),
    "click2call_ami_device": ("out", "answered", CLIENT, "150", "150", "150", 5, 3, 16, 79724),
    "click2call_ami_local": ("out", "answered", CLIENT, "150", "150", "150", 6, 5, 16, 95724),
    "click2call_ari": ("out", "answered", CLIENT, "150", "150", "150", 5, 3, 16, 79724),
    "click2call_cli": ("out", "answered", CLIENT, "150", "150", "150", 5, 5, 16, 79404),
    "inbound_anonymous": ("in", "answered", "", "150", "150", "150", 3, 2, 16, 48044),
    "inbound_answered": ("in", "answered", CLIENT, "150", "150", "150", 6, 2, 16, 96044),
    "inbound_answered_agent_hangup": ("in", "answered", CLIENT, "150", "150", "150", 4, 2, 16, 64364),
    "inbound_busy": ("in", "busy", "+375291112234", "153", "", "153", 0, 1, 17, None),
    "inbound_caller_hangup_before_answer": (
        "in",
        "cancelled",
        "+375291112237",
        "150,151",
        "",
        "150",
        0,
        4,
        127,
        None,
    ),
    "inbound_declined": ("in", "rejected", "+375291112236", "150", "", "150", 0, 2, 21, None),
    "inbound_ivr_then_missed": ("in", "missed", "+375291112238", "152", "", "152", 0, 8, 16, None),
    "inbound_missed": ("in", "missed", "+375291112233", "152", "", "152", 0, 8, 16, None),
    "inbound_unavailable": ("in", "unavailable", "+375291112235", "154", "", "154", 0, 0, 34, None),
    "internal_answered": ("internal", "answered", "", "151", "151", "151", 6, 4, 16, None),
    "internal_missed": ("internal", "cancelled", "", "152", "", "152", 0, 5, 127, None),
    "mode_curl": ANSWERED,
    "mode_curlplain": ANSWERED,
    "mode_form": ("in", "answered", CLIENT, "150", "150", "150", 3, 1, None, 48044),
    "mode_none": ("unknown", "", "", "", "", "", 0, 0, None, None),
    "mode_sys": ANSWERED,
    "outbound_answered": ("out", "answered", CLIENT, "150", "150", "150", 6, 3, 16, 96044),
    "outbound_busy": ("out", "busy", "+375291234571", "150", "", "150", 0, 1, 17, None),
    "outbound_noanswer": ("out", "cancelled", "+375291234572", "150", "", "150", 0, 6, 127, None),
    "outbound_unallocated": ("out", "failed", "+375291234573", "150", "", "150", 0, 0, 1, None),
    "pickup": ("in", "answered", CLIENT, "152", "151", "151", 6, 3, 16, None),
    "queue_abandoned": ("in", "abandoned", "+375291112239", "152", "", "152", 0, 7, 127, None),
    "queue_answered": ("in", "answered", CLIENT, "150,151", "150", "150", 6, 2, 16, 96044),
    "queue_second_agent": ("in", "answered", CLIENT, "152,151", "151", "151", 6, 6, 16, None),
    "ring_group": ("in", "answered", CLIENT, "150,151", "151", "151", 6, 4, 16, 96044),
    "smart_redirect_after_answer": ("in", "answered", CLIENT, "150|151", "150|151", "151", 8, 1, 16, 127724),
    "smart_redirect_ami": ("in", "answered", CLIENT, "151", "151", "151", 6, 3, 16, None),
    "smart_redirect_cli": ("in", "answered", CLIENT, "151", "151", "151", 6, 3, 16, None),
    "smart_redirect_late": ("in", "abandoned", CLIENT, "", "", "", 0, 1, 127, None),
    "transfer_attended": ("in", "answered", CLIENT, "150|151", "150", "151", 22, 2, 16, 352044),
    "transfer_blind_ami": ("in", "answered", CLIENT, "150|151", "150", "150", 2, 2, 16, 31724),
    "transfer_blind_dtmf": ("in", "answered", CLIENT, "150|151", "150|151", "151", 16, 2, 16, 255404),
    "transfer_blind_refer": ("in", "answered", CLIENT, "150|151", "150|151", "151", 12, 2, 16, 191404),
    "trouble_500_curl": ANSWERED,
    "trouble_name_lookup_curl": ANSWERED,
    "trouble_name_lookup_sys": ("in", "answered", CLIENT, "150", "150", "150", None, 1, None, 48044),
    "trouble_order_sys": ANSWERED,
    "trouble_refused_curl": ("unknown", "", "", "", "", "", 0, 0, None, None),
    "trouble_slow10s_curl_timeout3": ("in", "answered", CLIENT, "150", "150", "150", 6, 7, 16, None),
    "trouble_slow1s_curl": ("in", "answered", CLIENT, "150", "150", "150", 4, 3, 16, 48044),
    "trouble_slow1s_sys": ANSWERED,
    "trouble_sys_quote_in_name": ("in", "answered", CLIENT, "150", "150", "150", None, 0, None, 45164),
    "click2call_customer_noanswer": ("out", "cancelled", "+375291234572", "156", "", "156", 0, 6, 0, None),
    "hunt_sequential": ("in", "answered", CLIENT, "152|151", "151", "151", 6, 9, 16, None),
    "inbound_odd_caller_name": ("in", "answered", CLIENT, "150", "150", "150", 3, 2, 16, 48044),
    "inbound_second_trunk": ("in", "answered", CLIENT, "150", "150", "150", 3, 2, 16, 48044),
    "outbound_congestion": ("out", "congestion", "+375291234574", "156", "", "156", 0, 0, 34, None),
    "queue_abandoned_after_answer": ("in", "abandoned", "+375291112240", "152", "", "152", 0, 7, 16, None),
    "smart_redirect_fallback": ("in", "answered", CLIENT, "152|150,151", "150", "150", 6, 13, 16, 96044),
    "transfer_attended_failed": ("in", "answered", CLIENT, "156|153", "156", "156", 20, 2, 16, None),
    "transfer_blind_noanswer": ("in", "answered", CLIENT, "156|152", "156", "156", 3, 2, 16, None),
}


def test_the_table_is_complete() -> None:
    assert sorted(EXPECTED) == scenarios.names()


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_scenario(name: str) -> None:
    state = fold(seen(name), "BY")

    assert (
        state.direction.value,
        state.outcome.value,
        state.client_number,
        "|".join(",".join(ring.extensions) for ring in state.rings),
        "|".join(talk.extension for talk in state.talks),
        state.responsible,
        state.talk_seconds,
        state.wait_seconds,
        state.hangup_cause,
        state.recording_size,
    ) == EXPECTED[name]


@pytest.mark.parametrize("name", [name for name, row in EXPECTED.items() if row[8] is not None])
def test_calls_with_a_hangup_are_over(name: str) -> None:
    state = fold(seen(name), "BY")

    assert state.ended_at is not None
    assert (state.phase.value, state.ended_at >= state.started_at) == ("ended", True)


def test_the_second_part_of_click_to_call_decides_when_it_is_over() -> None:
    state = fold(seen("click2call_cli")[:-2], "BY")

    assert (state.phase.value, state.direction.value) == ("talking", "out")


def test_a_consultation_that_ends_does_not_end_the_call() -> None:
    state = fold(seen("transfer_attended")[:7], "BY")

    assert (state.phase.value, state.ended_at) == ("talking", None)


def test_names_and_lines() -> None:
    call = fold(seen("trouble_name_lookup_curl"), "BY")
    out = fold(seen("outbound_answered"), "BY")
    form = fold(seen("mode_form"), "BY")

    assert (call.client_name, call.did, call.trunk) == (
        'ООО "Ромашка" O\'Neil',
        "+375173001012",
        "trunk-beltel",
    )
    assert (out.client_name, out.did, out.trunk) == ("", "", "trunk-beltel")
    assert form.client_name == "OOO Alfa & Co = 100%"


def test_flags_tell_how_the_state_came_about() -> None:
    assert fold(seen("inbound_answered"), "BY").flags == frozenset()
    assert fold(seen("inbound_anonymous"), "BY").flags == {Flag.HIDDEN_NUMBER}
    assert fold(seen("trouble_name_lookup_curl"), "BY").flags == {Flag.DEGRADED}
    assert fold(seen("trouble_sys_quote_in_name"), "BY").flags == {Flag.SYNTHETIC_RING}
    assert fold(seen("inbound_answered", late=timedelta(hours=3)), "BY").flags == {Flag.CLOCK_SKEW}


def test_parts_of_each_extension() -> None:
    state = fold(seen("transfer_blind_refer"), "BY")

    assert [
        (person.extension, person.rang_at is not None, person.answered_at is not None)
        for person in state.participants
    ] == [
        ("150", True, True),
        ("151", True, True),
    ]
    assert [person.is_caller for person in fold(seen("outbound_busy"), "BY").participants] == [True]
