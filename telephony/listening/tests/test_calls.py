"""From the exchange's socket to the call: captured calls over the manager interface alone, and calls that outlive a gap."""

import time

import pytest

from telephony.ami.simulator import packet
from telephony.listening.tests.conftest import listening, stored, wait_until
from telephony.listening.tests.test_listening import CHANNEL, PHONE
from telephony.models import Call, Pbx
from telephony.scenarios import packets
from tenants.scoping import all_tenants
from tenants.work import drain


def the_call(pbx: Pbx) -> Call:
    drain("calls.fold")
    with all_tenants():
        return Call.objects.get(pbx=pbx, merged_into__isnull=True)


@pytest.mark.parametrize(
    ("name", "direction", "talked"),
    [
        ("inbound_answered", "in", ["150"]),
        ("ring_group", "in", ["151"]),
        ("queue_answered", "in", ["150"]),
        ("transfer_blind_dtmf", "in", ["150", "151"]),
        ("pickup", "in", ["151"]),
        ("click2call_ami_device", "out", ["150"]),
    ],
)
def test_a_captured_call_is_the_same_call(pbx, exchange, name, direction, talked):
    told = packets.load_packets(name)
    shift = time.time() - 100 - float(told[0].fields["Timestamp"])
    with listening():
        exchange.wait_for(lambda one: one.listeners() == 1)
        for one in told:
            stamp = f"{float(one.fields['Timestamp']) + shift:.6f}"
            exchange.say_raw(packet({**one.fields, "Timestamp": stamp}))
        wait_until(lambda: len(stored(pbx)) == len(told))

    call = the_call(pbx)
    assert (call.direction, call.status, call.phase) == (direction, "answered", "ended")
    assert call.client_number == "+375291234570"
    assert [talk["extension"] for talk in call.talks] == talked


def test_a_call_that_began_to_talk_and_ended_while_nobody_listened(pbx, exchange):
    with listening():
        exchange.wait_for(lambda one: one.listeners() == 1)
        exchange.say("Newchannel", CHANNEL)
        exchange.say("Newchannel", {**PHONE, "ChannelState": "0"})
        exchange.say("DialBegin", {**CHANNEL, **{f"Dest{key}": value for key, value in PHONE.items()}})
        wait_until(lambda: len(stored(pbx)) == 3)
        assert the_call(pbx).status == "ringing"

        there = {"ChannelState": "6", "BridgeId": "b-1", "Duration": "00:00:09"}
        exchange.channels = [{**CHANNEL, **there}, {**PHONE, **there}]
        exchange.hang_up()
        wait_until(lambda: len(stored(pbx, "BridgeEnter")) == 2)
        call = the_call(pbx)
        assert call.status == "talking"
        assert [talk["extension"] for talk in call.talks] == ["150"]

        exchange.channels = []
        exchange.hang_up()
        wait_until(lambda: len(stored(pbx, "HubGone")) == 2)

    call = the_call(pbx)
    assert (call.status, call.phase) == ("lost", "ended")
    assert [talk["extension"] for talk in call.talks] == ["150"]


def test_a_call_that_begins_to_ring_while_nobody_listens_is_found_ringing(pbx, exchange):
    exchange.channels = [
        {**CHANNEL, "BridgeId": "", "Duration": "00:00:09"},
        {**PHONE, "BridgeId": "", "Duration": "00:00:08"},
    ]
    with listening():
        wait_until(lambda: len(stored(pbx)) == 3)

    call = the_call(pbx)
    assert (call.direction, call.status, call.client_number) == ("in", "ringing", "+375291234570")
    assert [ring["extensions"] for ring in call.rings] == [["150"]]
