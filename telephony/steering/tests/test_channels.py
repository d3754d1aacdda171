"""Which channels a command means, from what an exchange lists and what is known of the call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.steering.channels import NAME, Channel, Known, Unclear, to_hang_up, to_move
from telephony.steering.ssh import read

CLIENT = Channel("PJSIP/trunk-1-a1", "pbx-1.1", "pbx-1.1", "b1")
AGENT = Channel("PJSIP/150-a2", "pbx-1.2", "pbx-1.1", "b1")
STRANGER = Channel("PJSIP/trunk-1-a9", "pbx-9.9", "pbx-9.9", "b9")


def known(
    direction: str = "in", *, is_talking: bool = True, clients: tuple[str, ...] = ("pbx-1.1",)
) -> Known:
    return Known(frozenset({"pbx-1.1", "pbx-1.2"}), frozenset(clients), "pbx-1.1", direction, is_talking)


def test_a_talk_ends_with_the_client_first() -> None:
    assert to_hang_up([AGENT, STRANGER, CLIENT], known()) == [CLIENT.name, AGENT.name]


def test_colleagues_who_consult_each_other_are_left_alone() -> None:
    asking = Channel("PJSIP/150-a3", "pbx-1.3", "pbx-1.1", "b2")
    asked = Channel("PJSIP/151-a4", "pbx-1.4", "pbx-1.1", "b2")

    assert to_hang_up([asking, asked, CLIENT, AGENT], known()) == [CLIENT.name, AGENT.name]


def test_before_anybody_answers_all_of_the_call_ends_the_caller_first() -> None:
    line = Channel("PJSIP/trunk-1-a5", "pbx-1.2", "pbx-1.1")
    caller = Channel("PJSIP/150-a6", "pbx-1.1", "pbx-1.1")

    found = to_hang_up([line, caller], known("out", is_talking=False, clients=()))

    assert found == [caller.name, line.name]


def test_the_clients_channel_is_moved_whoever_called() -> None:
    assert to_move([AGENT, CLIENT, STRANGER], known()) == CLIENT.name
    assert to_move([CLIENT, AGENT], known("out", clients=("pbx-1.2",))) == AGENT.name


def test_where_the_dialplan_alone_told_of_the_call() -> None:
    """Without legs: the first channel of an incoming call, the other end of an outgoing one."""
    local = Channel("Local/150@phones-1;2", "pbx-1.5", "pbx-1.1", "b1")

    assert to_move([AGENT, CLIENT], known(clients=())) == CLIENT.name
    assert to_move([local, CLIENT, AGENT], known("out", clients=())) == AGENT.name


@pytest.mark.parametrize(
    ("listed", "wanted"),
    [
        ([STRANGER], "gone"),
        ([], "gone"),
        ([AGENT], "no_channel"),
        ([Channel(CLIENT.name, CLIENT.unique_id, CLIENT.linked_id), AGENT], "changed"),
        ([Channel("PJSIP/a\r\nAction: x-1", "pbx-1.1", "pbx-1.1", "b1")], "no_channel"),
        ([Channel("all", "pbx-1.1", "pbx-1.1", "b1")], "no_channel"),
        ([Channel("/^PJSIP/", "pbx-1.1", "pbx-1.1", "b1")], "no_channel"),
    ],
)
def test_what_does_not_fit_is_left_alone(listed: list[Channel], wanted: str) -> None:
    with pytest.raises(Unclear) as unclear:
        to_move(listed, known())

    assert unclear.value.code == wanted


def test_somebody_who_answers_just_now_is_not_torn_away() -> None:
    with pytest.raises(Unclear, match="changed"):
        to_hang_up([CLIENT, AGENT], known(is_talking=False))


@given(st.text(max_size=40), st.text(max_size=20))
def test_whatever_an_exchange_calls_a_channel_nothing_else_gets_into_a_command(
    name: str, unique: str
) -> None:
    listed = [Channel(name, unique, "pbx-1.1", "b1"), CLIENT]

    try:
        found = to_hang_up(listed, known())
    except Unclear:
        assert not NAME.fullmatch(name)
        return

    assert not set("".join(found)) & set(" \r\n\0'\"`$(){}[]<>|&,!\\")


def test_a_line_of_the_command_lines_list() -> None:
    line = "PJSIP/150-0000001a!phones!+375291234570!3!Up!Dial!PJSIP/x!y@provider,60!150!!!3!12!b7c2!1795.7"

    assert read(line) == Channel("PJSIP/150-0000001a", "1795.7", bridge="b7c2")
    assert read(line.replace("b7c2", "(None)")) == Channel("PJSIP/150-0000001a", "1795.7")
    assert read("No such command") is read("") is None
