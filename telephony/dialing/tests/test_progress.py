"""How far a click has come, read from what a real exchange said."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.dialing.progress import Progress, Said, read_channel, read_events
from telephony.models.origination import OriginateState

C, AT = "c2c-0123456789abcdef0123456789abcdef", datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def said(ms: int, kind: str, **fields: Any) -> Said:
    return Said(kind, fields, AT + timedelta(milliseconds=ms))


RINGS = [
    said(1, "Newchannel", Uniqueid=C, ChannelState="0"),
    said(2, "DialBegin", DestUniqueid=C, DestChannel="PJSIP/150-00000052"),
    said(5, "Newstate", Uniqueid=C, ChannelState="5"),
]
PICKED_UP = [
    *RINGS,
    said(2000, "Newstate", Uniqueid=C, ChannelState="6"),
    said(2001, "DialEnd", DestUniqueid=C, DialStatus="ANSWER"),
    said(2002, "OriginateResponse", Uniqueid=C, Response="Success", Reason="4"),
    said(2042, "DialBegin", Uniqueid=C, DestUniqueid="bed-1.2", DestChannel="PJSIP/trunk-00000053"),
]
TALKED = [
    *PICKED_UP,
    said(5051, "DialEnd", Uniqueid=C, DestUniqueid="bed-1.2", DialStatus="ANSWER"),
    said(10042, "Hangup", Uniqueid="bed-1.2", Cause="16"),
    said(10050, "Hangup", Uniqueid=C, Cause="16"),
]


def failed(status: str) -> list[Said]:
    return [
        *PICKED_UP,
        said(9000, "DialEnd", Uniqueid=C, DestUniqueid="bed-1.2", DialStatus=status),
        said(9001, "Hangup", Uniqueid=C, Cause="16"),
    ]


@pytest.mark.parametrize(
    ("events", "state", "reason"),
    [
        ([], None, ""),
        (RINGS[:2], None, ""),
        (RINGS, OriginateState.AGENT_RINGING, ""),
        (PICKED_UP[:6], OriginateState.AGENT_ANSWERED, ""),
        (PICKED_UP, OriginateState.CLIENT_RINGING, ""),
        (TALKED[:8], OriginateState.TALKING, ""),
        (TALKED, OriginateState.ENDED, ""),
        (failed("BUSY"), OriginateState.FAILED, "client_busy"),
        (failed("NOANSWER"), OriginateState.FAILED, "client_no_answer"),
        (failed("CANCEL"), OriginateState.FAILED, "agent_left"),
        (failed("CHANUNAVAIL"), OriginateState.FAILED, "client_unreachable"),
        (failed("CONGESTION"), OriginateState.FAILED, "congestion"),
        ([*RINGS, said(6035, "OriginateResponse", Uniqueid=C, Response="Failure", Reason="3"), said(6036, "Hangup", Uniqueid=C, Cause="0")],
         OriginateState.FAILED, "agent_no_answer"),
        ([said(33, "OriginateResponse", Uniqueid=C, Response="Failure", Reason="0")], OriginateState.FAILED, "unregistered"),
        ([said(33, "OriginateResponse", Uniqueid=C, Response="Failure", Reason="5")], OriginateState.FAILED, "agent_busy"),
        ([*RINGS, said(33, "OriginateResponse", Uniqueid=C, Response="Failure", Reason="1")], OriginateState.FAILED, "agent_declined"),
        ([*RINGS, said(900, "Hangup", Uniqueid=C, Cause="21")], OriginateState.FAILED, "agent_declined"),
        ([*RINGS, said(900, "Hangup", Uniqueid=C, Cause="x")], OriginateState.FAILED, "agent_no_answer"),
        ([said(1, "OriginateResponse", Uniqueid="c2c-other", Response="Failure", Reason="0")], None, ""),
    ],
)  # fmt: skip
def test_each_end_has_its_words(events: list[Said], state: OriginateState | None, reason: str) -> None:
    progress = read_events(events, C)

    assert (progress.state, progress.reason) == (state, reason)


def test_the_times_are_the_exchanges_own() -> None:
    progress = read_events(TALKED, C)

    assert [
        round((at - AT).total_seconds() * 1000)
        for at in (progress.agent_rang_at, progress.agent_answered_at, progress.client_rang_at, progress.talked_at, progress.ended_at)
        if at is not None
    ] == [5, 2000, 2042, 5051, 10050]  # fmt: skip


@given(st.randoms(use_true_random=False), st.integers(0, len(TALKED)))
def test_repeats_and_lost_events_never_raise_and_never_turn_a_talk_into_a_failure(
    chance: random.Random, lost: int
) -> None:
    events = [one for place, one in enumerate(TALKED * 2) if place % len(TALKED) != lost]
    events.sort(key=lambda one: one.at)
    dropped = [one for one in events if chance.random() > 0.2]

    progress = read_events(dropped, C)

    if any(one.kind == "DialEnd" and one.text("Uniqueid") == C for one in dropped):
        assert progress.state in (OriginateState.TALKING, OriginateState.ENDED)


@pytest.mark.parametrize(
    ("known", "status", "state", "reason"),
    [
        (Progress(), {"ChannelState": "0"}, None, ""),
        (Progress(), {"ChannelState": "5"}, OriginateState.AGENT_RINGING, ""),
        (
            Progress(),
            {"ChannelState": "6", "Application": "MixMonitor"},
            OriginateState.AGENT_ANSWERED,
            "",
        ),
        (Progress(), {"ChannelState": "6", "Application": "Dial"}, OriginateState.CLIENT_RINGING, ""),
        (
            Progress(),
            {"ChannelState": "6", "Application": "Dial", "BridgeID": "b"},
            OriginateState.TALKING,
            "",
        ),
        (Progress(), None, OriginateState.FAILED, "unregistered"),
        (Progress(agent_rang_at=AT), None, OriginateState.FAILED, "agent_no_answer"),
        (Progress(AT, AT), None, OriginateState.FAILED, "client_not_reached"),
        (Progress(AT, AT, AT, AT), None, OriginateState.ENDED, ""),
    ],
)
def test_a_look_at_the_channel_tells_as_much(
    known: Progress, status: dict[str, str] | None, state: OriginateState | None, reason: str
) -> None:
    seen = read_channel(status, AT, known)

    assert (seen.state, seen.reason) == (state, reason)
