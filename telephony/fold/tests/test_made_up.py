"""Calls that no capture has: put together packet by packet."""

from datetime import timedelta

from telephony.fold import CallState, Fact, Heard, Ours, Phase, fold
from telephony.fold.tests.captured import BEGIN, OURS

CLIENT, MOBILE = "+375291234570", "+375297654321"


def packet(seconds: float, kind: str, uid: str, **fields: str) -> Heard:
    """One packet about that channel; all are linked to the first."""
    own = {"Uniqueid": uid, "Linkedid": "c1", **fields}
    at = BEGIN + timedelta(seconds=seconds)
    return Heard(f"{seconds} {kind} {uid}", kind, at, uid, "c1", own)


def new(seconds: float, uid: str, device: str, state: str, number: str, exten: str = "s") -> Heard:
    return packet(
        seconds, "Newchannel", uid, Channel=device, ChannelState=state, CallerIDNum=number, Exten=exten
    )


def dial(seconds: float, uid: str, to: str, device: str, number: str, string: str = "") -> Heard:
    return packet(
        seconds,
        "DialBegin",
        uid,
        DestUniqueid=to,
        DestLinkedid="c1",
        DestChannel=device,
        DestCallerIDNum=number,
        DialString=string,
    )


def bridged(seconds: float, until: float, bridge: str, *uids: str) -> list[Fact]:
    found: list[Fact] = []
    for uid in uids:
        found.append(packet(seconds, "BridgeEnter", uid, BridgeUniqueid=bridge, BridgeType="basic"))
        found.append(packet(until, "BridgeLeave", uid, BridgeUniqueid=bridge, BridgeNumChannels="0"))
    return found


def hung(seconds: float, uid: str, cause: str = "16") -> Heard:
    return packet(seconds, "Hangup", uid, Cause=cause)


def legs(state: CallState) -> list[tuple[str, str, str]]:
    return [(leg.role.value, leg.extension, leg.number) for leg in state.legs]


def test_a_call_forwarded_to_a_mobile_is_answered_by_nobody_inside() -> None:
    out = "PJSIP/trunk-gsm-00000002"
    state = fold(
        [
            new(0, "c1", "PJSIP/trunk-a1-00000001", "4", CLIENT, "+375173001001"),
            new(1, "c2", out, "0", ""),
            dial(1, "c1", "c2", out, MOBILE, f"{MOBILE}@trunk-gsm"),
            *bridged(5, 15, "b", "c1", "c2"),
            hung(15, "c2"),
            hung(15, "c1"),
        ],
        OURS,
    )

    assert (state.direction, state.outcome, state.client_number, state.answered_by) == (
        "in",
        "answered",
        CLIENT,
        "",
    )
    assert (state.talk_seconds, state.rings, state.participants) == (10, (), ())
    assert legs(state) == [("client", "", CLIENT), ("trunk", "", MOBILE)]


def test_a_second_line_is_tried_when_the_first_is_congested() -> None:
    first, second = "PJSIP/trunk-a1-00000002", "PJSIP/trunk-gsm-00000003"
    tried = [
        new(0, "c1", "PJSIP/150-00000001", "4", "150", CLIENT),
        new(1, "c2", first, "0", ""),
        dial(1, "c1", "c2", first, CLIENT, f"{CLIENT}@trunk-a1"),
        packet(2, "DialEnd", "c1", DestUniqueid="c2", DestLinkedid="c1", DialStatus="CONGESTION"),
        hung(2, "c2", "34"),
    ]
    assert fold(tried, OURS).phase is Phase.RINGING

    state = fold(
        [
            *tried,
            new(3, "c3", second, "0", ""),
            dial(3, "c1", "c3", second, CLIENT, f"{CLIENT}@trunk-gsm"),
            *bridged(8, 20, "b", "c1", "c3"),
            hung(20, "c3"),
            hung(20, "c1"),
        ],
        OURS,
    )

    assert (state.direction, state.outcome, state.client_number, state.talk_seconds) == (
        "out",
        "answered",
        CLIENT,
        12,
    )
    assert [ring.key for ring in state.rings] == ["150"]


def test_a_line_named_by_a_number_is_not_the_number_that_was_dialled() -> None:
    device = "SIP/74951234567-0000002"
    state = fold(
        [
            new(0, "c1", "SIP/150-0000001", "4", "150", "989161234567"),
            new(1, "c2", device, "0", ""),
            dial(1, "c1", "c2", device, "989161234567", "74951234567/89161234567"),
        ],
        Ours("RU"),
    )

    assert (state.direction, state.client_number, state.trunk) == ("out", "+79161234567", "74951234567")


def test_an_outgoing_call_without_a_free_line_has_its_number_from_the_phone() -> None:
    state = fold([new(0, "c1", "PJSIP/150-00000001", "4", "150", CLIENT), hung(1, "c1", "34")], OURS)

    assert (state.direction, state.client_number, state.outcome, state.responsible) == (
        "out",
        CLIENT,
        "congestion",
        "150",
    )


def test_a_line_of_the_list_is_one_whatever_number_it_shows() -> None:
    events = [new(0, "c1", "PJSIP/branch-00000001", "4", "150", "151")]

    assert fold(events, OURS).direction == "internal"
    assert fold(events, Ours("BY", OURS.extensions, ("branch",))).direction == "in"


def test_hostile_fields_are_texts() -> None:
    """Numbers of 200 digits, names with control characters, lists and nonsense where a text belongs."""
    state = fold(
        [
            new(0, "c1", "PJSIP/trunk-a1-00000001", "4", "9" * 200, "+375173001001" * 40),
            packet(1, "Hangup", "c1", Cause="many", CallerIDName="A\r\nEvent: Hangup\u202e" + "x" * 500),
            Heard(
                "odd",
                "BridgeEnter",
                BEGIN,
                "c1",
                "c1",
                {"BridgeUniqueid": ["a", "b"], "Uniqueid": None, "x": 1},
            ),
        ],
        OURS,
    )

    assert (state.client_number, len(state.client_raw), len(state.did), state.phase) == (
        "",
        64,
        64,
        Phase.ENDED,
    )
    assert len(state.client_name) <= 80
    assert not any(ord(character) < 32 for character in state.client_name)
