"""The same captured calls by the manager interface, by the call records, and by all together, written out.

What the dialplan tells of them is in test_scenarios.py; where the sources differ, and why, is listed here.
"""

from typing import Any

import pytest

from telephony import scenarios
from telephony.ami.kept import GONE, KEPT, is_kept
from telephony.fold import FOLDED, CallState, Fact, fold
from telephony.fold.tests.captured import OURS, heard, posted, recorded
from telephony.fold.tests.test_scenarios import CLIENT, EXPECTED
from telephony.scenarios import packets

# direction, outcome, client, rings, who talked, responsible, talk s, wait s, cause, ended by
Row = tuple[str, str, str, str, str, str, int | None, int, int | None, str]
HEARD: dict[str, Row] = {
    "call_forward_302": ("in", "answered", CLIENT, "150|151", "151", "151", 6, 4, 16, "client"),
    "click2call_agent_noanswer": ("unknown", "no_agent", "", "150", "", "150", 0, 6, 0, ""),
    "click2call_agent_unavailable": ("unknown", "", "", "", "", "", 0, 0, None, ""),
    "click2call_ami_device": ("out", "answered", CLIENT, "150", "150", "150", 5, 5, 16, ""),
    "click2call_ami_local": ("out", "answered", CLIENT, "150", "150", "150", 6, 5, 16, ""),
    "click2call_ari": ("out", "answered", CLIENT, "150", "150", "150", 5, 5, 16, ""),
    "click2call_cli": ("out", "answered", CLIENT, "150", "150", "150", 5, 5, 16, ""),
    "click2call_customer_noanswer": ("out", "cancelled", "+375291234572", "156", "", "156", 0, 7, 16, "us"),
    "hunt_sequential": ("in", "answered", CLIENT, "152|151", "151", "151", 6, 9, 16, "client"),
    "inbound_anonymous": ("in", "answered", "", "150", "150", "150", 3, 2, 16, "client"),
    "inbound_answered": ("in", "answered", CLIENT, "150", "150", "150", 6, 2, 16, "client"),
    "inbound_answered_agent_hangup": ("in", "answered", CLIENT, "150", "150", "150", 4, 2, 16, "us"),
    "inbound_busy": ("in", "busy", "+375291112234", "153", "", "153", 0, 1, 17, "us"),
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
        "client",
    ),
    "inbound_declined": ("in", "rejected", "+375291112236", "150", "", "150", 0, 2, 21, "us"),
    "inbound_ivr_then_missed": ("in", "missed", "+375291112238", "152", "", "152", 0, 8, 16, "us"),
    "inbound_missed": ("in", "missed", "+375291112233", "152", "", "152", 0, 8, 16, "us"),
    "inbound_odd_caller_name": ("in", "answered", CLIENT, "150", "150", "150", 3, 2, 16, "client"),
    "inbound_second_trunk": ("in", "answered", CLIENT, "150", "150", "150", 3, 2, 16, "client"),
    "inbound_unavailable": ("in", "unavailable", "+375291112235", "", "", "", 0, 0, 34, "us"),
    "internal_answered": ("internal", "answered", "", "151", "151", "151", 6, 4, 16, ""),
    "internal_missed": ("internal", "cancelled", "", "152", "", "152", 0, 5, 127, ""),
    "outbound_answered": ("out", "answered", CLIENT, "150", "150", "150", 6, 3, 16, "us"),
    "outbound_busy": ("out", "busy", "+375291234571", "150", "", "150", 0, 1, 17, "client"),
    "outbound_congestion": ("out", "congestion", "+375291234574", "156", "", "156", 0, 0, 34, ""),
    "outbound_noanswer": ("out", "cancelled", "+375291234572", "150", "", "150", 0, 6, 127, "us"),
    "outbound_unallocated": ("out", "failed", "+375291234573", "150", "", "150", 0, 0, 1, ""),
    "pickup": ("in", "answered", CLIENT, "152", "151", "151", 6, 3, 16, "client"),
    "queue_abandoned": ("in", "abandoned", "+375291112239", "152", "", "152", 0, 7, 127, "client"),
    "queue_abandoned_after_answer": (
        "in",
        "abandoned",
        "+375291112240",
        "152",
        "",
        "152",
        0,
        7,
        16,
        "client",
    ),
    "queue_answered": ("in", "answered", CLIENT, "150,151", "150", "150", 6, 2, 16, "client"),
    "queue_second_agent": ("in", "answered", CLIENT, "152|151", "151", "151", 6, 6, 16, "client"),
    "ring_group": ("in", "answered", CLIENT, "150,151", "151", "151", 6, 4, 16, "client"),
    "smart_redirect_after_answer": (
        "in",
        "answered",
        CLIENT,
        "150|151",
        "150|151",
        "151",
        8,
        1,
        16,
        "client",
    ),
    "smart_redirect_ami": ("in", "answered", CLIENT, "151", "151", "151", 6, 3, 16, "client"),
    "smart_redirect_cli": ("in", "answered", CLIENT, "151", "151", "151", 6, 3, 16, "client"),
    "smart_redirect_fallback": ("in", "answered", CLIENT, "152|150,151", "150", "150", 6, 13, 16, "client"),
    "smart_redirect_late": ("in", "abandoned", CLIENT, "", "", "", 0, 2, 127, "client"),
    "transfer_attended": ("in", "answered", CLIENT, "150|151", "150|151", "151", 17, 2, 16, "client"),
    "transfer_attended_failed": ("in", "answered", CLIENT, "156|153", "156|156", "156", 19, 2, 16, "us"),
    "transfer_blind_ami": ("in", "answered", CLIENT, "150|151", "150", "150", 2, 2, 16, "us"),
    "transfer_blind_dtmf": ("in", "answered", CLIENT, "150|151", "150|151", "151", 16, 2, 16, "client"),
    "transfer_blind_noanswer": ("in", "answered", CLIENT, "156|152", "156", "156", 3, 2, 16, "client"),
    "transfer_blind_refer": ("in", "answered", CLIENT, "150|151", "150|151", "151", 12, 2, 16, "client"),
}
RECORDED: dict[str, Row] = {
    "call_forward_302": ("in", "answered", CLIENT, "150|151", "151", "151", 6, 5, None, ""),
    "click2call_agent_noanswer": ("unknown", "no_agent", "", "150", "", "150", 0, 6, None, ""),
    "click2call_ami_device": ("out", "answered", CLIENT, "150", "150", "150", 8, 2, None, ""),
    "click2call_ami_local": ("out", "answered", CLIENT, "150", "150", "150", 9, 2, None, ""),
    "click2call_ari": ("out", "answered", CLIENT, "150", "150", "150", 8, 2, None, ""),
    "click2call_cli": ("out", "answered", CLIENT, "150", "150", "150", 5, 5, None, ""),
    "click2call_customer_noanswer": ("out", "missed", "+375291234572", "156", "", "156", 0, 7, None, ""),
    "hunt_sequential": ("in", "answered", CLIENT, "152|151", "151", "151", 6, 9, None, ""),
    "inbound_anonymous": ("in", "answered", "", "150", "150", "150", 3, 2, None, ""),
    "inbound_answered": ("in", "answered", CLIENT, "150", "150", "150", 6, 2, None, ""),
    "inbound_answered_agent_hangup": ("in", "answered", CLIENT, "150", "150", "150", 4, 2, None, ""),
    "inbound_busy": ("in", "busy", "+375291112234", "153", "", "153", 0, 1, None, "us"),
    "inbound_caller_hangup_before_answer": (
        "in",
        "missed",
        "+375291112237",
        "150|151",
        "",
        "150",
        0,
        4,
        None,
        "",
    ),
    "inbound_declined": ("in", "missed", "+375291112236", "150", "", "150", 0, 2, None, ""),
    "inbound_ivr_then_missed": ("in", "missed", "+375291112238", "152", "", "152", 0, 8, None, ""),
    "inbound_missed": ("in", "missed", "+375291112233", "152", "", "152", 0, 8, None, ""),
    "inbound_odd_caller_name": ("in", "answered", CLIENT, "150", "150", "150", 3, 2, None, ""),
    "inbound_second_trunk": ("in", "answered", CLIENT, "150", "150", "150", 3, 2, None, ""),
    "inbound_unavailable": ("in", "unavailable", "+375291112235", "", "", "", 0, 0, None, "us"),
    "internal_answered": ("internal", "answered", "", "151", "151", "151", 6, 4, None, ""),
    "internal_missed": ("internal", "missed", "", "152", "", "152", 0, 5, None, ""),
    "outbound_answered": ("out", "answered", CLIENT, "150", "150", "150", 6, 3, None, ""),
    "outbound_busy": ("out", "busy", "+375291234571", "150", "", "150", 0, 1, None, "client"),
    "outbound_congestion": ("out", "congestion", "+375291234574", "156", "", "156", 0, 0, None, ""),
    "outbound_noanswer": ("out", "missed", "+375291234572", "150", "", "150", 0, 6, None, ""),
    "outbound_unallocated": ("out", "missed", "+375291234573", "150", "", "150", 0, 0, None, ""),
    "pickup": ("in", "answered", CLIENT, "152|151", "151", "151", 6, 2, None, ""),
    "queue_abandoned": ("in", "abandoned", "+375291112239", "152", "", "152", 0, 7, None, "client"),
    "queue_abandoned_after_answer": (
        "in",
        "abandoned",
        "+375291112240",
        "152",
        "",
        "152",
        0,
        7,
        None,
        "client",
    ),
    "queue_answered": ("in", "answered", CLIENT, "150|151", "150", "150", 6, 2, None, ""),
    "queue_second_agent": ("in", "answered", CLIENT, "152|151", "151", "151", 6, 6, None, ""),
    "ring_group": ("in", "answered", CLIENT, "150|151", "151", "151", 6, 4, None, ""),
    "smart_redirect_after_answer": ("in", "answered", CLIENT, "150|151", "150|151", "151", 10, 1, None, ""),
    "smart_redirect_ami": ("in", "answered", CLIENT, "151", "151", "151", 6, 3, None, ""),
    "smart_redirect_cli": ("in", "answered", CLIENT, "151", "151", "151", 6, 3, None, ""),
    "smart_redirect_fallback": ("in", "answered", CLIENT, "152|150|151", "150", "150", 6, 13, None, ""),
    "smart_redirect_late": ("in", "abandoned", CLIENT, "", "", "", 0, 2, None, "client"),
    "transfer_attended": ("in", "answered", CLIENT, "150|151", "150|151", "151", 17, 2, None, ""),
    "transfer_attended_failed": ("in", "answered", CLIENT, "156|153", "156", "156", 20, 2, None, ""),
    "transfer_blind_ami": ("in", "answered", CLIENT, "150|151", "150", "150", 2, 2, None, ""),
    "transfer_blind_dtmf": ("in", "answered", CLIENT, "150|151", "150|151", "151", 18, 2, None, ""),
    "transfer_blind_noanswer": ("in", "answered", CLIENT, "156|152", "156", "156", 3, 2, None, ""),
    "transfer_blind_refer": ("in", "answered", CLIENT, "150|151", "150|151", "151", 14, 2, None, ""),
}
LEGS = {
    "call_forward_302": "client:+375291234570:-:16 agent:150:CANCEL:0 agent:151:ANSWER:16",
    "click2call_agent_noanswer": "agent:150:-:0",
    "click2call_agent_unavailable": "",
    "click2call_ami_device": "agent:150:ANSWER:16 client:+375291234570:ANSWER:16",
    "click2call_ami_local": "agent:150:ANSWER:16 client:+375291234570:ANSWER:16",
    "click2call_ari": "agent:150:ANSWER:16 client:+375291234570:ANSWER:16",
    "click2call_cli": "agent:150:ANSWER:16 client:+375291234570:ANSWER:16",
    "click2call_customer_noanswer": "agent:156:ANSWER:0 client:+375291234572:CANCEL:16",
    "hunt_sequential": "client:+375291234570:-:16 agent:152:NOANSWER:0 agent:151:ANSWER:16",
    "inbound_anonymous": "client:anonymous:-:16 agent:150:ANSWER:16",
    "inbound_answered": "client:+375291234570:-:16 agent:150:ANSWER:16",
    "inbound_answered_agent_hangup": "client:+375291234570:-:16 agent:150:ANSWER:16",
    "inbound_busy": "client:+375291112234:-:17 agent:153:BUSY:17",
    "inbound_caller_hangup_before_answer": "client:+375291112237:-:127 agent:150:CANCEL:127 agent:151:CANCEL:127",
    "inbound_declined": "client:+375291112236:-:21 agent:150:NOANSWER:21",
    "inbound_ivr_then_missed": "client:+375291112238:-:16 agent:152:NOANSWER:0",
    "inbound_missed": "client:+375291112233:-:16 agent:152:NOANSWER:0",
    "inbound_odd_caller_name": "client:+375291234570:-:16 agent:150:ANSWER:16",
    "inbound_second_trunk": "client:+375291234570:-:16 agent:150:ANSWER:16",
    "inbound_unavailable": "client:+375291112235:-:34",
    "internal_answered": "agent:150:-:16 agent:151:ANSWER:16",
    "internal_missed": "agent:150:-:127 agent:152:CANCEL:127",
    "outbound_answered": "agent:150:-:16 client:+375291234570:ANSWER:16",
    "outbound_busy": "agent:150:-:17 client:+375291234571:BUSY:17",
    "outbound_congestion": "agent:156:-:34 client:+375291234574:CONGESTION:34",
    "outbound_noanswer": "agent:150:-:127 client:+375291234572:CANCEL:127",
    "outbound_unallocated": "agent:150:-:1 client:+375291234573:NOANSWER:1",
    "pickup": "client:+375291234570:-:16 agent:152:-:26 agent:151:ANSWER:16",
    "queue_abandoned": "client:+375291112239:-:127 agent:152:CANCEL:0",
    "queue_abandoned_after_answer": "client:+375291112240:-:16 agent:152:CANCEL:0",
    "queue_answered": "client:+375291234570:-:16 agent:150:ANSWER:16 agent:151:CANCEL:26",
    "queue_second_agent": "client:+375291234570:-:16 agent:152:NOANSWER:0 agent:151:ANSWER:16",
    "ring_group": "client:+375291234570:-:16 agent:150:CANCEL:26 agent:151:ANSWER:16",
    "smart_redirect_after_answer": "client:+375291234570:-:16 agent:150:ANSWER:16 agent:151:ANSWER:16",
    "smart_redirect_ami": "client:+375291234570:-:16 agent:151:ANSWER:16",
    "smart_redirect_cli": "client:+375291234570:-:16 agent:151:ANSWER:16",
    "smart_redirect_fallback": "client:+375291234570:-:16 agent:152:NOANSWER:0 agent:150:ANSWER:16 agent:151:CANCEL:26",
    "smart_redirect_late": "client:+375291234570:-:127",
    "transfer_attended": "client:+375291234570:-:16 agent:150:ANSWER:16 agent:151:ANSWER:16",
    "transfer_attended_failed": "client:+375291234570:-:16 agent:156:ANSWER:16 agent:153:BUSY:17",
    "transfer_blind_ami": "client:+375291234570:-:16 agent:150:ANSWER:16 agent:151:ANSWER:16",
    "transfer_blind_dtmf": "client:+375291234570:-:16 agent:150:ANSWER:16 agent:151:ANSWER:16",
    "transfer_blind_noanswer": "client:+375291234570:-:16 agent:156:ANSWER:16 agent:152:CANCEL:16",
    "transfer_blind_refer": "client:+375291234570:-:16 agent:150:ANSWER:16 agent:151:ANSWER:16",
}
# Where the manager interface and the dialplan say different things of the same call, and why.
DIFFERENCES: dict[str, tuple[str, dict[str, tuple[Any, Any]]]] = {
    "click2call_ami_device": (
        "the dialplan runs only when the agent has answered: it does not know that the agent's phone rang before",
        {"wait_seconds": (3, 5)},
    ),
    "click2call_ari": ("as above", {"wait_seconds": (3, 5)}),
    "click2call_customer_noanswer": ("as above", {"wait_seconds": (6, 7)}),
    "inbound_unavailable": (
        "a phone that is not connected gets no channel: only the dialplan knows who was to be called",
        {"rings": ("154", ""), "responsible": ("154", "")},
    ),
    "queue_second_agent": (
        "the dialplan names all members at once, the manager interface sees each ring when it does",
        {"rings": ("152,151", "152|151")},
    ),
    "smart_redirect_late": ("1.50 s, rounded", {"wait_seconds": (1, 2)}),
    "transfer_attended": (
        "while the agent consults a colleague the client waits: the dialplan does not see the bridges",
        {"talks": ("150", "150|151"), "talk_seconds": (22, 17)},
    ),
    "transfer_attended_failed": ("as above", {"talks": ("156", "156|156"), "talk_seconds": (20, 19)}),
}
# The records know neither causes nor who hung up, and count from the ringing once somebody has answered.
RECORDS_DIFFER: dict[str, tuple[str, dict[str, tuple[Any, Any]]]] = {
    "call_forward_302": ("whole seconds", {"wait_seconds": (4, 5)}),
    "click2call_ami_device": ("the agent's answer counts", {"talk_seconds": (5, 8), "wait_seconds": (5, 2)}),
    "click2call_ami_local": ("the agent's answer counts", {"talk_seconds": (6, 9), "wait_seconds": (5, 2)}),
    "click2call_ari": ("the agent's answer counts", {"talk_seconds": (5, 8), "wait_seconds": (5, 2)}),
    "click2call_customer_noanswer": ("who gave up is not recorded", {"outcome": ("cancelled", "missed")}),
    "inbound_caller_hangup_before_answer": (
        "one row for each phone, no answer either way",
        {"outcome": ("cancelled", "missed"), "rings": ("150,151", "150|151")},
    ),
    "inbound_declined": ("declined is no answer", {"outcome": ("rejected", "missed")}),
    "internal_missed": ("who gave up is not recorded", {"outcome": ("cancelled", "missed")}),
    "outbound_noanswer": ("who gave up is not recorded", {"outcome": ("cancelled", "missed")}),
    "outbound_unallocated": ("a wrong number is no answer", {"outcome": ("failed", "missed")}),
    "pickup": (
        "who picked up looks like a phone that was called; whole seconds",
        {"rings": ("152", "152|151"), "wait_seconds": (3, 2)},
    ),
    "queue_answered": ("one row for each phone", {"rings": ("150,151", "150|151")}),
    "ring_group": ("one row for each phone", {"rings": ("150,151", "150|151")}),
    "smart_redirect_after_answer": (
        "the second phone's ringing counts",
        {"talk_seconds": (8, 10)},
    ),
    "smart_redirect_fallback": ("one row for each phone", {"rings": ("152|150,151", "152|150|151")}),
    "transfer_attended_failed": (
        "a consultation that failed leaves no gap",
        {"talks": ("156|156", "156"), "talk_seconds": (19, 20)},
    ),
    "transfer_blind_dtmf": ("the second phone's ringing counts", {"talk_seconds": (16, 18)}),
    "transfer_blind_refer": ("the second phone's ringing counts", {"talk_seconds": (12, 14)}),
}
FIELDS = (
    "direction",
    "outcome",
    "client_number",
    "rings",
    "talks",
    "responsible",
    "talk_seconds",
    "wait_seconds",
)


def shown(state: CallState, name: str) -> Any:
    value = getattr(state, name)
    if name == "rings":
        return "|".join(",".join(ring.extensions) for ring in value)
    if name == "talks":
        return "|".join(talk.extension for talk in value)
    return value.value if hasattr(value, "value") else value


def row(state: CallState) -> tuple[Any, ...]:
    return (*(shown(state, name) for name in FIELDS), state.hangup_cause, state.ended_by.value)


def differences(one: list[Fact], other: list[Fact]) -> dict[str, tuple[Any, Any]]:
    first, second = fold(one, OURS), fold(other, OURS)
    return {
        name: (shown(first, name), shown(second, name))
        for name in FIELDS
        if shown(first, name) != shown(second, name)
    }


def test_the_tables_are_complete() -> None:
    assert sorted(HEARD) == sorted(LEGS) == packets.packet_names()
    assert sorted(RECORDED) == packets.record_names()


@pytest.mark.parametrize("name", sorted(HEARD))
def test_heard_by_the_manager_interface(name: str) -> None:
    state = fold(heard(name), OURS)

    assert row(state) == HEARD[name]
    assert (
        " ".join(
            f"{leg.role}:{leg.extension or leg.number}:{leg.dial_status or '-'}:{leg.cause}"
            for leg in state.legs
        )
        == LEGS[name]
    )


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_recorded(name: str) -> None:
    assert row(fold(recorded(name), OURS)) == RECORDED[name]


@pytest.mark.parametrize("name", sorted(set(HEARD) & set(EXPECTED)))
def test_the_manager_interface_and_the_dialplan_agree(name: str) -> None:
    _why, expected = DIFFERENCES.get(name, ("", {}))

    assert differences(posted(name), heard(name)) == expected


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_the_records_and_the_manager_interface_agree(name: str) -> None:
    _why, expected = RECORDS_DIFFER.get(name, ("", {}))

    assert differences(heard(name), recorded(name)) == expected


@pytest.mark.parametrize("name", sorted(HEARD))
def test_the_extensions_need_not_be_entered(name: str) -> None:
    """A short number in a channel's name is a phone, any other name a line."""
    assert row(fold(heard(name), "BY")) == HEARD[name]


@pytest.mark.parametrize("name", sorted(set(HEARD) & set(EXPECTED)))
def test_both_at_once_are_one_call_with_the_times_of_the_manager_interface(name: str) -> None:
    state, alone, dialplan = (
        fold(posted(name) + heard(name), OURS),
        fold(heard(name), OURS),
        fold(posted(name), OURS),
    )

    # Who was to be called and was not connected, only the dialplan knows.
    fields = [
        field for field in FIELDS if not (name == "inbound_unavailable" and field in ("rings", "responsible"))
    ]
    assert [shown(state, field) for field in fields] == [shown(alone, field) for field in fields]
    assert (state.ended_by, state.legs, state.hangup_cause) == (
        alone.ended_by,
        alone.legs,
        alone.hangup_cause,
    )
    assert (state.did, state.trunk) == (dialplan.did, dialplan.trunk)
    assert (state.recording, state.recording_size) == (dialplan.recording, dialplan.recording_size)
    assert (state.started_at, state.ended_at) == (min(alone.started_at, dialplan.started_at), alone.ended_at)
    assert state.event_count == alone.event_count + dialplan.event_count


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_records_change_nothing_that_was_seen(name: str) -> None:
    live = posted(name) + heard(name)

    seen, confirmed = fold(live, OURS), fold(live + recorded(name), OURS)

    assert row(confirmed) == row(seen)
    assert (confirmed.started_at, confirmed.answered_at, confirmed.ended_at) == (
        seen.started_at,
        seen.answered_at,
        seen.ended_at,
    )
    assert (confirmed.legs, confirmed.participants, confirmed.talks) == (
        seen.legs,
        seen.participants,
        seen.talks,
    )


def test_names_and_lines_by_the_manager_interface() -> None:
    call, out = fold(heard("inbound_anonymous"), OURS), fold(heard("outbound_answered"), OURS)
    queue = fold(heard("queue_second_agent"), OURS)

    assert (call.client_raw, call.client_name, call.did, call.trunk) == (
        "anonymous",
        "Anonymous",
        "+375173001001",
        "trunk-beltel",
    )
    assert (out.client_raw, out.did, out.trunk) == (CLIENT, "", "trunk-beltel")
    assert queue.queue == "support"
    assert fold(recorded("queue_second_agent"), OURS).queue == "support"


def test_what_is_folded_is_kept() -> None:
    assert set(FOLDED) - {GONE} <= KEPT
    assert all(is_kept(dict(packet.fields)) for name in HEARD for packet in packets.load_packets(name))


def test_every_scenario_of_the_dialplan_that_was_captured_elsewhere_is_here() -> None:
    of_senders = {name for name in scenarios.names() if name.startswith(("mode_", "trouble_"))}

    assert set(scenarios.names()) - of_senders <= set(HEARD)


# Cut off from outside, by the console or by an action: only the requests that are not always kept tell.
CUT_OFF = {
    "click2call_ami_device": "client",
    "click2call_ami_local": "client",
    "click2call_ari": "client",
    "click2call_cli": "us",
}


@pytest.mark.parametrize("name", sorted(HEARD))
def test_who_hung_up_is_known_without_the_requests_too(name: str) -> None:
    """By who left the bridge first."""
    kept = [event for event in heard(name) if event.kind not in ("HangupRequest", "SoftHangupRequest")]

    assert (*row(fold(kept, OURS))[:-1], fold(kept, OURS).ended_by) == (
        *HEARD[name][:-1],
        CUT_OFF.get(name, HEARD[name][-1]),
    )
