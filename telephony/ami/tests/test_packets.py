"""The wire form: real traffic cut anywhere gives the same packets, hostile values never reach the wire."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.ami.packets import END, MAX_PACKET, BadValue, Packet, PacketReader, encode, text

STREAM = (
    'Event: Newchannel\r\nChannel: PJSIP/trunk-1-00000006\r\nCallerIDName: ООО "Ромашка": отдел\r\nExten: \r\n\r\n'
    "Event: VarSet\r\nChanVariable: A=1\r\nChanVariable: B=2\r\nChanVariable: C=3\r\n\r\n"
    "Response: Success\r\nActionID: hub-1\r\nMessage: Originate successfully queued\r\n\r\n"
).encode()
PACKETS: list[Packet] = [
    {
        "Event": "Newchannel",
        "Channel": "PJSIP/trunk-1-00000006",
        "CallerIDName": 'ООО "Ромашка": отдел',
        "Exten": "",
    },
    {"Event": "VarSet", "ChanVariable": ["A=1", "B=2", "C=3"]},
    {"Response": "Success", "ActionID": "hub-1", "Message": "Originate successfully queued"},
]


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=12).map(sorted))
def test_a_stream_cut_anywhere_gives_the_same_packets(cuts: list[int]) -> None:
    reader = PacketReader()

    found = [
        packet
        for start, end in zip([0, *cuts], [*cuts, len(STREAM)], strict=True)
        for packet in reader.feed(STREAM[start:end])
    ]

    assert found == PACKETS
    assert reader.dropped == 0


@given(st.binary(max_size=2000))
@settings(max_examples=200)
def test_garbage_never_raises_and_the_next_packet_is_read(garbage: bytes) -> None:
    reader = PacketReader()

    reader.feed(garbage)
    found = reader.feed(END + b"Event: Hangup\r\nCause: 16\r\n\r\n")

    assert found[-1] == {"Event": "Hangup", "Cause": "16"}


def test_a_packet_without_an_end_does_not_fill_the_memory() -> None:
    reader = PacketReader()

    for _part in range(40):
        reader.feed(b"x" * 65536)

    assert reader.dropped > MAX_PACKET
    assert len(reader._rest) <= MAX_PACKET


def test_bytes_that_are_no_text_are_kept_readable() -> None:
    [packet] = PacketReader().feed(b"Event: Newchannel\r\nCallerIDName: \xff\xfe\r\n\r\n")

    assert text(packet, "CallerIDName") == "\ufffd\ufffd"


@given(st.text())
def test_what_is_sent_is_read_back_or_refused(value: str) -> None:
    value = value.encode("utf-8", "replace").decode()
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        with pytest.raises(BadValue) as refused:
            encode("Originate", [("Exten", value)])
        assert refused.value.field == "Exten"
        return

    [packet] = PacketReader().feed(encode("Originate", [("Exten", value)]))

    assert packet == {"Action": "Originate", "Exten": value}


@pytest.mark.parametrize(
    "value", ["1\r\nAction: Ping", "1\nAction: Ping", "1\r\n\r\nAction: Ping", "\x00", "\x7f"]
)
def test_no_value_can_start_a_header_or_an_action(value: str) -> None:
    with pytest.raises(BadValue):
        encode("Originate", [("Channel", value)])


@pytest.mark.parametrize("key", ["", "A b", "A:", "A\r\nB", "Ж"])
def test_no_key_can_be_made_up(key: str) -> None:
    with pytest.raises(BadValue):
        encode("Originate", [(key, "1")])
