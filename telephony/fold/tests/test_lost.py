"""Calls whose end nobody saw: lost, unless the records, the dialplan or later news know better."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from telephony.fold import Fact, Heard, Outcome, Phase, Side, fold, read
from telephony.fold.manager import GONE, NO_END
from telephony.fold.tests.captured import OURS, ZONE, begins, heard, posted, recorded

CLIENT = "bed-pbx-1795254021.57"
AGENT = "bed-pbx-1795254021.60"
BEGIN = begins("inbound_answered")


def before(seconds: float) -> list[Fact]:
    return [event for event in heard("inbound_answered") if event.at < BEGIN + timedelta(seconds=seconds)]


def gone(channel: str, seconds: float, reason: str = "gone", noticed: str = "") -> Heard:
    at = BEGIN + timedelta(seconds=seconds)
    packet = {"Uniqueid": channel, "Reason": reason, "noticed": noticed}
    return Heard(f"gone {channel}", GONE, at, channel, channel, packet)


def cel(kind: str, at: datetime) -> Fact:
    payload = {"eventtype": kind, "eventtime": at.isoformat()}
    return read(
        key=f"cel {kind}",
        kind="cel",
        at=at,
        payload=payload,
        channel=CLIENT,
        linked=CLIENT,
        zone=ZONE,
        source="cdr",
    )


def test_a_talk_that_was_out_of_sight_when_it_ended_is_lost() -> None:
    state = fold([*before(5), gone(CLIENT, 5), gone(AGENT, 5)], OURS)

    assert (state.phase, state.outcome, state.ended_by) == (Phase.ENDED, Outcome.LOST, Side.UNKNOWN)
    assert (state.answered_by, state.talk_seconds, state.wait_seconds) == ("150", None, 2)
    assert state.ended_at == BEGIN + timedelta(seconds=5)


def test_the_agents_channel_alone_ends_no_incoming_call() -> None:
    assert fold([*before(5), gone(AGENT, 5)], OURS).ended_at is None


def test_the_records_know_better() -> None:
    state = fold([*before(5), gone(CLIENT, 5), gone(AGENT, 5), *recorded("inbound_answered")], OURS)

    assert (state.outcome, state.talk_seconds, state.ended_at) == (
        Outcome.ANSWERED,
        6,
        BEGIN + timedelta(seconds=8),
    )


def test_a_call_that_rang_when_it_was_lost_was_answered_by_the_records() -> None:
    state = fold([*before(1), gone(CLIENT, 1), gone(AGENT, 1), *recorded("inbound_answered")], OURS)

    assert (state.outcome, state.answered_by, state.responsible, state.talk_seconds) == (
        Outcome.ANSWERED,
        "150",
        "150",
        6,
    )


def test_the_dialplan_knows_better() -> None:
    state = fold([*before(5), gone(CLIENT, 5), gone(AGENT, 5), *posted("inbound_answered")], OURS)

    assert (state.outcome, state.talk_seconds) == (Outcome.ANSWERED, 6)


@pytest.mark.parametrize(("client", "agent"), [(5, 5), (5.2, 5), (5, 5.2)])
def test_a_talk_goes_on_until_the_hangup_that_the_dialplan_alone_told_of(client: float, agent: float) -> None:
    """The connection died in the middle of the talk. Each channel's last sign of life was at a moment of its own."""
    lost = [*before(5), gone(CLIENT, client), gone(AGENT, agent)]
    hangup = [event for event in posted("inbound_answered") if event.kind == "hangup"]

    by_hangup, by_all = fold([*lost, *hangup], OURS), fold([*lost, *posted("inbound_answered")], OURS)

    assert [(state.outcome, state.talk_seconds) for state in (by_hangup, by_all)] == [
        (Outcome.ANSWERED, 6)
    ] * 2
    assert [talk.until for talk in by_all.talks] == [by_all.ended_at]


def test_a_talk_that_was_over_before_the_last_gap_stays_so() -> None:
    """150 was gone after a first gap, which the client survived; what ended the call was another one."""
    second = gone(CLIENT, 7, "gone", "second")
    state = fold([*before(5), gone(AGENT, 5, "gone", "first"), second, *posted("inbound_answered")], OURS)

    assert [talk.until for talk in state.talks] == [BEGIN + timedelta(seconds=5)]


def test_channel_records_know_when() -> None:
    end = BEGIN + timedelta(seconds=8)
    lost = [*before(5), gone(CLIENT, 5), gone(AGENT, 5)]

    assert fold([*lost, cel("HANGUP", end)], OURS).outcome is Outcome.LOST
    state = fold([*lost, cel("LINKEDID_END", end)], OURS)

    assert (state.outcome, state.talk_seconds, state.ended_at) == (Outcome.ANSWERED, 6, end)


def test_the_hangup_that_came_after_all_is_the_end() -> None:
    late = [replace(event) for event in heard("inbound_answered") if isinstance(event, Heard)]

    state = fold([*late, gone(CLIENT, 5), gone(AGENT, 5)], OURS)

    assert (state.outcome, state.talk_seconds, state.ended_by) == (Outcome.ANSWERED, 6, Side.CLIENT)


def test_a_call_that_was_given_up_too_early_goes_on() -> None:
    swept = gone(CLIENT, 3, NO_END)

    assert fold([*before(2.5), swept], OURS).outcome is Outcome.LOST
    assert fold([*heard("inbound_answered"), swept], OURS) == replace(
        fold(heard("inbound_answered"), OURS), event_count=fold(heard("inbound_answered"), OURS).event_count
    )


def test_records_of_a_part_do_not_end_a_call_that_is_seen_alive() -> None:
    """The first leg's row is written when the call was transferred; the client still talks."""
    first = min(recorded("transfer_blind_refer"), key=lambda row: row.at)
    alive = [
        event
        for event in heard("transfer_blind_refer")
        if event.at < begins("transfer_blind_refer") + timedelta(seconds=10)
    ]

    state = fold([*alive, first], OURS)

    assert (state.phase, state.ended_at, state.responsible) == (Phase.TALKING, None, "151")


def test_records_end_a_call_whose_hangup_the_dialplan_could_not_post() -> None:
    posts = [event for event in posted("inbound_answered") if event.kind not in ("hangup", "download")]

    assert fold(posts, OURS).phase is Phase.TALKING
    state = fold([*posts, *recorded("inbound_answered")], OURS)

    assert (state.phase, state.outcome, state.talk_seconds) == (Phase.ENDED, Outcome.ANSWERED, 6)
