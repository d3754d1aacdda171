"""The listener at a simulated exchange, over real sockets: what it stores, what it survives, and what it says of it."""

import random
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from telephony.ami.packets import text
from telephony.ami.simulator import account, packet
from telephony.listening import keeper as keepers
from telephony.listening.tests.conftest import listening, status_of, stored, wait_until
from telephony.models import AmiAccess, Call, CallEvent, ListenerState, Pbx, PbxOutage, PbxStatus
from telephony.models.listening import PresenceState
from telephony.selectors.presence import state_of, states_of
from telephony.tests.factories import make_access, make_pbx
from tenants.models import Event
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_tenant

CHANNEL = {
    "Channel": "PJSIP/trunk-1-00000001",
    "ChannelState": "4",
    "ChannelStateDesc": "Ring",
    "CallerIDNum": "+375291234570",
    "CallerIDName": "<unknown>",
    "Context": "from-trunk",
    "Exten": "+375173001001",
    "Priority": "1",
    "Uniqueid": "sim-1.1",
    "Linkedid": "sim-1.1",
}
PHONE = {
    **CHANNEL,
    "Channel": "PJSIP/150-00000002",
    "ChannelState": "5",
    "CallerIDNum": "150",
    "Uniqueid": "sim-1.2",
    "Context": "inoffice",
    "Exten": "150",
}


def is_connected(pbx: Pbx) -> bool:
    return status_of(pbx).state == ListenerState.CONNECTED


def kinds(pbx: Pbx) -> list[str]:
    return [event.kind for event in stored(pbx)]


def test_what_an_exchange_says_of_calls_is_stored_with_its_own_time(pbx, exchange):
    exchange.clock_ahead = 7200.0
    with listening():
        exchange.wait_for(lambda one: one.listeners() == 1)
        exchange.say("Newchannel", CHANNEL)
        exchange.say("VarSet", CHANNEL)
        exchange.say("Hangup", {**CHANNEL, "Cause": "16", "Cause-txt": "Normal Clearing"})
        wait_until(lambda: len(stored(pbx)) == 2)
        wait_until(lambda: status_of(pbx).last_event_at)
        status = status_of(pbx)

    begun, ended = stored(pbx)
    assert (begun.kind, begun.source, begun.unique_id, begun.linked_id) == (
        "Newchannel",
        "ami",
        "sim-1.1",
        "sim-1.1",
    )
    assert (ended.kind, ended.payload["Cause"]) == ("Hangup", "16")
    assert begun.payload["CallerIDNum"] == "+375291234570"
    assert not {"Privilege", "Priority", "SystemName", "Event"} & set(begun.payload)
    assert begun.created_at < ended.created_at
    assert abs(begun.created_at - timezone.now()) < timedelta(seconds=30)
    assert status.clock_offset == pytest.approx(-7200.0, abs=1.0)
    assert status.version == "16.28.0"
    assert status.rights == ["status", "system", "phones", "channels"]
    assert status.warnings == []
    assert status.lag_p99 is not None
    assert status.events_per_minute == 2


def test_events_of_an_exchange_that_gives_no_times_keep_their_order(pbx, exchange):
    with listening():
        exchange.wait_for(lambda one: one.listeners() == 1)
        for _time in range(3):
            exchange.say_raw(packet({"Event": "BridgeEnter", **CHANNEL, "BridgeUniqueid": "b"}))
            exchange.say_raw(packet({"Event": "BridgeLeave", **CHANNEL, "BridgeUniqueid": "b"}))
        wait_until(lambda: len(stored(pbx)) == 6)
        wait_until(lambda: "no_timestamps" in status_of(pbx).warnings)

    assert kinds(pbx) == ["BridgeEnter", "BridgeLeave"] * 3
    assert len({event.created_at for event in stored(pbx)}) == 6


@pytest.mark.parametrize("seed", range(3))
def test_a_captured_call_comes_through_whole_wherever_the_stream_is_cut(pbx, exchange, seed):
    path = Path(__file__).parent / "inbound_answered.ami.txt"
    data = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    cutter = random.Random(seed)
    with listening():
        # Answers to what a listener asks first would land in the middle of a cut packet.
        wait_until(lambda: is_connected(pbx))
        while data:
            size = cutter.choice([1, 3, 200, 4000])
            exchange.say_raw(data[:size])
            data = data[size:]
        wait_until(lambda: kinds(pbx).count("Hangup") == 2)

    assert kinds(pbx) == [
        "Newchannel",
        "MixMonitorStart",
        "Newchannel",
        "DialBegin",
        "Newstate",
        "Newstate",
        "DialEnd",
        "Newstate",
        "BridgeEnter",
        "BridgeEnter",
        "HangupRequest",
        "BridgeLeave",
        "SoftHangupRequest",
        "BridgeLeave",
        "Hangup",
        "Hangup",
    ]


def test_hostile_names_are_stored_as_text_and_break_nothing(pbx, exchange):
    names = ["x\r\nEvent: Hangup", "\x00\x01", "Event: VarSet", '"><script>', "\udcff\udcfe", "Я" * 5000]
    with listening():
        exchange.wait_for(lambda one: one.listeners() == 1)
        exchange.say_raw(b"\x00garbage without a colon\r\n\r\nEvent\r\n\r\n:\r\n\r\nEvent: Newch\r\n")
        exchange.say_raw(b"\r\n")
        for number, name in enumerate(names):
            exchange.say("Newchannel", {**CHANNEL, "Uniqueid": f"sim-2.{number}", "CallerIDName": name})
        exchange.say("Newchannel", {**CHANNEL, "Uniqueid": "9" * 200, "CallerIDNum": "1" * 200})
        wait_until(lambda: len(stored(pbx, "Newchannel")) == len(names) + 1)

    # An exchange never sends a line break in a value; if one did, the first word would count.
    found = {event.unique_id: event for event in stored(pbx, "Newchannel")}
    assert found["sim-2.0"].payload["CallerIDName"] == "x"
    assert found["sim-2.1"].payload["CallerIDName"] == "\x01"
    assert found["sim-2.2"].payload["CallerIDName"] == "Event: VarSet"
    assert found["sim-2.4"].payload["CallerIDName"] == "\ufffd\ufffd"
    assert len(found["sim-2.5"].payload["CallerIDName"]) == 2000
    assert found["9" * 150].payload["CallerIDNum"] == "1" * 200


def test_a_cut_connection_is_made_again_and_the_gap_is_written_down(pbx, exchange):
    with listening():
        exchange.wait_for(lambda one: one.listeners() == 1)
        exchange.say("Newchannel", CHANNEL)
        wait_until(lambda: len(stored(pbx)) == 1)
        exchange.channels = [{**CHANNEL, "Duration": "00:00:05"}]
        exchange.hang_up()
        exchange.wait_for(lambda one: len(one.asked("Login")) == 2)
        exchange.wait_for(lambda one: one.listeners() == 1)
        exchange.say("Hangup", CHANNEL)
        wait_until(lambda: "Hangup" in kinds(pbx))

    assert kinds(pbx) == ["Newchannel", "Hangup"]
    with all_tenants():
        outage = PbxOutage.objects.get()
    assert (outage.pbx_id, outage.reason, outage.caught_up_at) == (pbx.pk, "connection", None)
    assert stored(pbx)[0].created_at <= outage.started_at + timedelta(seconds=1)
    assert timedelta(0) < outage.ended_at - outage.started_at < timedelta(seconds=20)


def test_channels_that_are_gone_after_a_gap_end_and_new_ones_begin(pbx, exchange):
    with listening():
        exchange.wait_for(lambda one: one.listeners() == 1)
        exchange.say("Newchannel", CHANNEL)
        wait_until(lambda: len(stored(pbx)) == 1)
        other = {**CHANNEL, "Channel": "PJSIP/trunk-1-3", "Uniqueid": "sim-1.3", "Linkedid": "sim-1.3"}
        exchange.channels = [
            {**other, "ChannelState": "6", "BridgeId": "b-1", "Duration": "00:01:05"},
            {**PHONE, "Uniqueid": "sim-1.4", "Linkedid": "sim-1.3", "Duration": "00:00:07"},
        ]
        exchange.hang_up()
        wait_until(lambda: len(stored(pbx)) == 6)

    [ended] = stored(pbx, "HubGone")
    assert (ended.unique_id, ended.linked_id, ended.payload["reason"]) == ("sim-1.1", "sim-1.1", "gone")
    begun = {event.unique_id: event for event in stored(pbx, "Newchannel")}
    assert begun["sim-1.3"].payload["HubRebuilt"] == "1"
    age = timezone.now() - begun["sim-1.3"].created_at
    assert timedelta(seconds=64) < age < timedelta(seconds=95)
    [ringing] = stored(pbx, "DialBegin")
    assert (ringing.unique_id, ringing.payload["DestUniqueid"]) == ("sim-1.3", "sim-1.4")
    assert ringing.payload["DestChannel"] == "PJSIP/150-00000002"
    [talking] = stored(pbx, "BridgeEnter")
    assert (talking.unique_id, talking.payload["BridgeUniqueid"]) == ("sim-1.3", "b-1")


def test_a_second_reconnect_makes_nothing_up_again(pbx, exchange):
    exchange.channels = [
        {**CHANNEL, "ChannelState": "6", "BridgeId": "b-1", "Duration": "00:01:05"},
        {**PHONE, "ChannelState": "6", "BridgeId": "b-1", "Duration": "00:01:00"},
    ]
    with listening():
        wait_until(lambda: len(stored(pbx)) == 4)
        exchange.channels = [{**one, "Duration": "00:02:00"} for one in exchange.channels]
        exchange.hang_up()
        exchange.wait_for(lambda one: len(one.asked("CoreShowChannels")) == 2)
        exchange.wait_for(lambda one: one.listeners() == 1)
        exchange.say("Hangup", CHANNEL)
        wait_until(lambda: "Hangup" in kinds(pbx))

    assert sorted(kinds(pbx)) == ["BridgeEnter", "BridgeEnter", "Hangup", "Newchannel", "Newchannel"]


def test_a_restarted_exchange_has_lost_all_its_calls(pbx, exchange):
    with listening():
        exchange.wait_for(lambda one: one.listeners() == 1)
        exchange.say("Newchannel", CHANNEL)
        exchange.say("DialBegin", {**CHANNEL, **{f"Dest{key}": value for key, value in PHONE.items()}})
        wait_until(lambda: len(stored(pbx)) == 2)
        wait_until(lambda: status_of(pbx).booted)
        exchange.stop()
        wait_until(lambda: status_of(pbx).reason in ("refused", "ended"))
        exchange.start_again()
        wait_until(lambda: len(stored(pbx, "HubGone")) == 2)

    assert {event.payload["reason"] for event in stored(pbx, "HubGone")} == {"restarted"}
    assert {event.unique_id for event in stored(pbx, "HubGone")} == {"sim-1.1", "sim-1.2"}
    with all_tenants():
        assert PbxOutage.objects.get().reason == "restart"


def test_a_call_that_only_the_dialplan_told_of_ends_when_the_exchange_does_not_have_it(pbx, exchange):
    with all_tenants():
        call = Call.objects.create(
            tenant=pbx.tenant, pbx=pbx, external_id="sim-9.1", phase="talking", started_at=timezone.now()
        )
        alive = Call.objects.create(
            tenant=pbx.tenant, pbx=pbx, external_id="sim-9.2", phase="talking", started_at=timezone.now()
        )
    exchange.channels = [{**CHANNEL, "Uniqueid": "sim-9.2", "Linkedid": "sim-9.2", "Duration": "00:00:01"}]

    with listening():
        wait_until(lambda: stored(pbx, "HubGone"))

    assert [event.unique_id for event in stored(pbx, "HubGone")] == [call.external_id]
    assert alive.external_id not in {event.unique_id for event in stored(pbx, "HubGone")}


def test_a_wrong_password_is_said_in_words_and_a_corrected_one_tried_at_once(pbx, exchange, monkeypatch):
    from telephony.listening import line as lines

    monkeypatch.setattr(lines, "pause", lambda reason, failures: 60.0)
    with all_tenants():
        AmiAccess.objects.filter(pbx=pbx).delete()
    access = make_access(pbx, exchange.port, secret="wrong")

    with listening():
        wait_until(lambda: status_of(pbx).reason == "login")
        assert status_of(pbx).state == ListenerState.REFUSED
        assert len(exchange.asked("Login")) == 1
        with all_tenants():
            access.secret = "hub-secret"
            access.save()
        wait_until(lambda: is_connected(pbx))

    assert len(exchange.asked("Login")) == 2


def test_an_exchange_is_listened_to_as_it_is_added_and_left_as_it_is_removed(pbx, exchange):
    with listening():
        exchange.wait_for(lambda one: one.listeners() == 1)
        other = make_pbx(make_tenant())
        make_access(other, exchange.port)
        exchange.wait_for(lambda one: one.listeners() == 2)
        with all_tenants():
            other.ami.delete()
        exchange.wait_for(lambda one: one.listeners() == 1)
        with all_tenants():
            Pbx.objects.filter(pk=pbx.pk).update(is_enabled=False)
        exchange.wait_for(lambda one: one.listeners() == 0)
        wait_until(lambda: status_of(pbx).state == ListenerState.OFF)

    assert status_of(other).holder is None


def test_two_listeners_never_have_the_same_exchange(pbx, exchange):
    with listening() as first:
        exchange.wait_for(lambda one: one.listeners() == 1)
        with listening() as second:
            time.sleep(0.3)
            assert len(exchange.asked("Login")) == 1
            assert len(first.lines) + len(second.lines) == 1
        assert exchange.listeners() == 1


def test_another_listener_takes_over_when_the_first_one_ends(pbx, exchange):
    with listening():
        exchange.wait_for(lambda one: one.listeners() == 1)
    exchange.wait_for(lambda one: one.listeners() == 0)
    assert status_of(pbx).holder is None

    with listening():
        exchange.wait_for(lambda one: one.listeners() == 1)

    with all_tenants():
        assert PbxOutage.objects.get().reason == "listener"


def test_a_lease_that_ran_out_is_taken_and_its_former_holder_stops(pbx, exchange, monkeypatch):
    monkeypatch.setattr(keepers, "RENEW_SECONDS", 0.1)
    with listening() as first:
        exchange.wait_for(lambda one: one.listeners() == 1)
        with all_tenants():
            PbxStatus.objects.filter(pbx=pbx).update(holder=pbx.pk, leased_until=timezone.now())
        with listening() as second:
            exchange.wait_for(lambda one: len(one.asked("Login")) == 2)
            wait_until(lambda: len(first.lines) + len(second.lines) == 1)
            exchange.wait_for(lambda one: one.listeners() == 1)


def test_what_was_missing_for_a_minute_is_told_and_its_return_as_well(pbx, exchange, monkeypatch):
    from telephony.listening import line

    monkeypatch.setattr(keepers, "HYSTERESIS_SECONDS", 0.1)
    monkeypatch.setattr(line, "STEADY_SECONDS", 0.1)
    monkeypatch.setattr(line, "PING_SECONDS", 0.1)
    exchange.stop()
    with listening():
        wait_until(lambda: _events("pbx.disconnected"))
        exchange.start_again()
        wait_until(lambda: _events("pbx.connected"))

    [lost] = _events("pbx.disconnected")
    assert lost.data["name"] == pbx.name
    assert lost.data["reason"] == "refused"
    assert lost.data["text"].startswith("The connection was refused")
    assert lost.tenant_id == pbx.tenant_id
    assert len(_events("pbx.connected")) == 1


def _events(kind: str) -> list[Event]:
    with all_tenants():
        return list(Event.objects.filter(type=kind))


def test_phones_stand_as_the_exchange_says(pbx, exchange):
    exchange.hints = {"150": 0, "151": 1, "152": 8, "154": 4, "*97": 16, "mailbox": 0}
    with listening():
        wait_until(lambda: len(_presences(pbx)) == 5)
        exchange.wait_for(lambda one: one.listeners() == 1)
        exchange.say("ExtensionStatus", {"Exten": "150", "Context": "inoffice", "Status": "8"})
        wait_until(lambda: _presences(pbx)["150"] == PresenceState.RINGING)
        wait_until(lambda: is_connected(pbx))

        assert _presences(pbx) == {
            "150": PresenceState.RINGING,
            "151": PresenceState.TALKING,
            "152": PresenceState.RINGING,
            "154": PresenceState.AWAY,
            "*97": PresenceState.HOLD,
        }
        with tenant_scope(pbx.tenant):
            assert state_of("151").is_occupied
            assert not state_of("154").is_available
            assert state_of("199").state == PresenceState.UNKNOWN
            assert state_of("199").is_available
        with tenant_scope(make_tenant()):
            assert states_of() == {}

    exchange.hints = {"150": 0}
    with listening():
        wait_until(lambda: list(_presences(pbx)) == ["150"])

    # Of an exchange that nobody listens to nothing is known.
    with tenant_scope(pbx.tenant):
        assert state_of("151").state == PresenceState.UNKNOWN


def _presences(pbx: Pbx) -> dict[str, str]:
    with all_tenants():
        return dict(pbx.presences.values_list("extension", "state"))


def test_an_account_with_other_rights_than_it_should_have_is_warned_of(pbx, exchange):
    exchange.accounts["hub"] = account("hub-secret", read="call,agent", write="originate,call,command")
    with listening():
        wait_until(lambda: is_connected(pbx))

    status = status_of(pbx)
    assert status.warnings == ["no_status", "no_system", "too_many_rights", "no_channels"]
    assert status.rights == ["command", "phones"]


def test_an_account_that_is_told_of_no_calls_is_warned_of_as_soon_as_there_are_some(
    pbx, exchange, monkeypatch
):
    from telephony.listening import deafness

    monkeypatch.setattr(deafness, "ASK_SECONDS", 0.2)
    exchange.channels = [{**CHANNEL, "Duration": "00:00:30"}]
    with listening():
        wait_until(lambda: is_connected(pbx))
        exchange.wait_for(lambda one: len(one.asked("CoreShowChannels")) >= 2)
        assert "no_call" not in status_of(pbx).warnings
        exchange.channels = [{**PHONE, "Duration": "00:00:05"}]
        wait_until(lambda: "no_call" in status_of(pbx).warnings)
        exchange.say("Hangup", PHONE)
        wait_until(lambda: status_of(pbx).warnings == [])


def test_only_what_we_listen_to_is_asked_for(pbx, exchange):
    with listening():
        exchange.wait_for(lambda one: one.listeners() == 1)

    [login] = exchange.asked("Login")
    assert text(login, "Events") == "system,call,agent,user"


def test_an_exchange_that_hangs_is_left_and_tried_again(pbx, exchange, monkeypatch):
    from telephony.listening import line

    monkeypatch.setattr(line, "PING_SECONDS", 0.1)
    monkeypatch.setattr(line, "DEADLINE_SECONDS", 0.2)
    with listening():
        wait_until(lambda: is_connected(pbx))
        exchange.is_deaf = True
        exchange.wait_for(lambda one: len(one.asked("Login")) > 1)
        wait_until(lambda: status_of(pbx).reason in ("lost", "timeout"))
        exchange.is_deaf = False
        wait_until(lambda: is_connected(pbx))


def test_the_dialplans_own_words_are_kept_and_those_of_others_are_not(pbx, exchange):
    with listening():
        exchange.wait_for(lambda one: one.listeners() == 1)
        said = {"UserEvent": "Switchboard", "Kind": "dial", "Call": "sim-1.1", "Phones": "150%2C151"}
        exchange.say("UserEvent", {**said, "Recording": "a%2Fb.wav"})
        exchange.say("UserEvent", {"UserEvent": "Other", "Uniqueid": "sim-1.1"})
        exchange.say("Hangup", CHANNEL)
        wait_until(lambda: "Hangup" in kinds(pbx))

    assert sorted(kinds(pbx)) == ["Hangup", "dial"]
    [dialled] = stored(pbx, "dial")
    assert (dialled.source, dialled.unique_id, dialled.payload["Extensions"]) == (
        "http",
        "sim-1.1",
        "150,151",
    )
    assert "Recording" not in dialled.payload
    assert dialled.content["Recording"] == "a/b.wav"


def test_the_companies_of_two_exchanges_stay_apart(pbx, exchange):
    other = make_pbx(make_tenant())
    make_access(other, exchange.port)
    with listening():
        exchange.wait_for(lambda one: one.listeners() == 2)
        exchange.say("Newchannel", CHANNEL)
        wait_until(lambda: stored(pbx) and stored(other))

    for one in (pbx, other):
        with tenant_scope(one.tenant):
            assert CallEvent.objects.get().pbx_id == one.pk
