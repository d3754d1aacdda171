"""The captured calls through the database, by each source and by both at once: one call, and what a CRM was told of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.connectors.retailcrm.simulator import Simulator
from integrations.tests.factories import make_integration
from telephony.actions.fold_calls import fold_calls
from telephony.actions.give_up import give_up_calls
from telephony.models import Call, CallAlias, CallEvent, CallLeg, CallParticipant, Pbx
from telephony.scenarios import packets
from telephony.tests.factories import make_pbx, notifications
from telephony.tests.sources import (
    Told,
    in_steps,
    length,
    packet_event,
    packets_of,
    posts_of,
    records_of,
    tell,
)
from tenants.models import Event
from tenants.scoping import all_tenants
from tenants.tests.factories import make_extension, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db

CODES = {"150": 19, "151": 18, "152": 17, "153": 16, "154": 15, "156": 14}
# What RetailCRM gets of a call that the manager interface tells of (pop-ups, hang-up, upload with result, code and
# seconds), and the events that subscribers get.
TOLD: dict[str, tuple[str, str]] = {
    "call_forward_302": (
        "in 150; in 151; hangup 151,150 answered; upload in answered 151 6",
        "started answered ended",
    ),
    "click2call_agent_noanswer": ("", ""),
    "click2call_agent_unavailable": ("", ""),
    "click2call_ami_device": (
        "out 150; hangup 150 answered; upload out answered 150 5",
        "started answered ended",
    ),
    "click2call_ami_local": (
        "out 150; hangup 150 answered; upload out answered 150 6",
        "started answered ended",
    ),
    "click2call_ari": ("out 150; hangup 150 answered; upload out answered 150 5", "started answered ended"),
    "click2call_cli": ("out 150; hangup 150 answered; upload out answered 150 5", "started answered ended"),
    "click2call_customer_noanswer": (
        "out 156; hangup 156 cancel; upload out no answer 156 0",
        "started ended",
    ),
    "hunt_sequential": (
        "in 152; in 151; hangup 151,152 answered; upload in answered 151 6",
        "started answered ended",
    ),
    "inbound_anonymous": ("", "started answered ended"),
    "inbound_answered": ("in 150; hangup 150 answered; upload in answered 150 6", "started answered ended"),
    "inbound_answered_agent_hangup": (
        "in 150; hangup 150 answered; upload in answered 150 4",
        "started answered ended",
    ),
    "inbound_busy": ("in 153; hangup 153 busy; upload in busy 153 0", "started ended missed"),
    "inbound_caller_hangup_before_answer": (
        "in 150,151; hangup 150,151 cancel; upload in no answer 150 0",
        "started ended missed",
    ),
    "inbound_declined": ("in 150; hangup 150 busy; upload in busy 150 0", "started ended missed"),
    "inbound_ivr_then_missed": (
        "in 152; hangup 152 no answered; upload in no answer 152 0",
        "started ended missed",
    ),
    "inbound_missed": ("in 152; hangup 152 no answered; upload in no answer 152 0", "started ended missed"),
    "inbound_odd_caller_name": (
        "in 150; hangup 150 answered; upload in answered 150 3",
        "started answered ended",
    ),
    "inbound_second_trunk": (
        "in 150; hangup 150 answered; upload in answered 150 3",
        "started answered ended",
    ),
    "inbound_unavailable": ("upload in failed  0", "started ended missed"),
    "internal_answered": ("", ""),
    "internal_missed": ("", ""),
    "outbound_answered": (
        "out 150; hangup 150 answered; upload out answered 150 6",
        "started answered ended",
    ),
    "outbound_busy": ("out 150; hangup 150 busy; upload out busy 150 0", "started ended"),
    "outbound_congestion": ("upload out failed 156 0", "started ended"),
    "outbound_noanswer": ("out 150; hangup 150 cancel; upload out no answer 150 0", "started ended"),
    "outbound_unallocated": ("upload out failed 150 0", "started ended"),
    "pickup": ("in 152; hangup 151,152 answered; upload in answered 151 6", "started answered ended"),
    "queue_abandoned": ("in 152; hangup 152 cancel; upload in no answer 152 0", "started ended missed"),
    "queue_abandoned_after_answer": (
        "in 152; hangup 152 cancel; upload in no answer 152 0",
        "started ended missed",
    ),
    "queue_answered": (
        "in 150,151; hangup 150,151 answered; upload in answered 150 6",
        "started answered ended",
    ),
    "queue_second_agent": (
        "in 152; in 151; hangup 151,152 answered; upload in answered 151 6",
        "started answered ended",
    ),
    "ring_group": ("in 150,151; hangup 151,150 answered; upload in answered 151 6", "started answered ended"),
    "smart_redirect_after_answer": (
        "in 150; in 151; hangup 151,150 answered; upload in answered 151 8",
        "started answered ended",
    ),
    "smart_redirect_ami": ("in 151; hangup 151 answered; upload in answered 151 6", "started answered ended"),
    "smart_redirect_cli": ("in 151; hangup 151 answered; upload in answered 151 6", "started answered ended"),
    "smart_redirect_fallback": (
        "in 152; in 150,151; hangup 150,152,151 answered; upload in answered 150 6",
        "started answered ended",
    ),
    "smart_redirect_late": ("upload in no answer  0", "started ended missed"),
    "transfer_attended": (
        "in 150; in 151; hangup 151,150 answered; upload in answered 151 17",
        "started answered ended",
    ),
    "transfer_attended_failed": (
        "in 156; in 153; hangup 156,153 answered; upload in answered 156 19",
        "started answered ended",
    ),
    "transfer_blind_ami": (
        "in 150; hangup 150,151 answered; upload in answered 150 2",
        "started answered ended",
    ),
    "transfer_blind_dtmf": (
        "in 150; in 151; hangup 151,150 answered; upload in answered 151 16",
        "started answered ended",
    ),
    "transfer_blind_noanswer": (
        "in 156; in 152; hangup 156,152 answered; upload in answered 156 3",
        "started answered ended",
    ),
    "transfer_blind_refer": (
        "in 150; in 151; hangup 151,150 answered; upload in answered 151 12",
        "started answered ended",
    ),
}
# Where the dialplan's word leads to something else: the reasons stand in telephony/fold/tests/test_sources.py.
BY_DIALPLAN = {
    "inbound_unavailable": "upload in failed 154 0",
    "queue_second_agent": "in 152,151; hangup 151,152 answered; upload in answered 151 6",
    "transfer_attended": "in 150; in 151; hangup 151,150 answered; upload in answered 151 22",
    "transfer_attended_failed": "in 156; in 153; hangup 156,153 answered; upload in answered 156 20",
}
BY_BOTH = {"inbound_unavailable": "upload in failed 154 0"}
BY_RECORDS = {
    "click2call_ami_device": "upload out answered 150 8",
    "click2call_ami_local": "upload out answered 150 9",
    "click2call_ari": "upload out answered 150 8",
    "inbound_declined": "upload in no answer 150 0",
    "outbound_unallocated": "upload out no answer 150 0",
    "smart_redirect_after_answer": "upload in answered 151 10",
    "transfer_attended_failed": "upload in answered 156 20",
    "transfer_blind_dtmf": "upload in answered 151 18",
    "transfer_blind_refer": "upload in answered 151 14",
}


@pytest.fixture(autouse=True)
def _scope(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.CALL_END_GRACE = 0.0
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    # The calls are played as fast as possible, their times are those of a minute and a half ago.
    for module in ("planning", "holding"):
        monkeypatch.setattr(f"telephony.actions.{module}.POPUP_LIFE", timedelta(hours=1))
    with all_tenants():
        yield


@pytest.fixture
def pbx() -> Pbx:
    tenant = make_tenant(timezone="UTC")
    for number in CODES:
        make_extension(tenant, number)
    return make_pbx(tenant)


@pytest.fixture
def crm(pbx: Pbx) -> Iterator[Simulator]:
    with Simulator(codes=CODES, limits_rate=False).running() as running:
        make_integration(pbx.tenant, url=running.url)
        yield running


@pytest.fixture
def begin() -> datetime:
    return timezone.now().replace(microsecond=0) - timedelta(seconds=90)  # the records have whole seconds


def run(*lanes: str) -> None:
    for lane in lanes:
        drain(f"calls.{lane}")


def play(pbx: Pbx, told: list[Told], begin: datetime) -> None:
    """As it came: step by step, what is to be said of it said at once; then to its end."""
    for step in in_steps(told):
        tell(pbx, step, begin)
        run("fold", "notify")
    run("finish", "notify")


def said(crm: Simulator) -> str:
    """What the CRM was told, in order; but not that those whose phones rang in vain were told when one answered."""
    last = max((place for place, one in enumerate(crm.events) if one.type == "hangup"), default=0)
    events = [
        f"{one.type} {','.join(one.codes)} {one.hangup_status}".strip()
        for place, one in enumerate(crm.events)
        if one.type != "hangup" or place == last
    ]
    return "; ".join(
        [*events, *(f"upload {one.type} {one.result} {one.code} {one.duration}" for one in crm.calls)]
    )


def news() -> str:
    types = Event.objects.order_by("id").values_list("type", flat=True)
    return " ".join(name.removeprefix("call.") for name in types)


def test_the_table_is_complete() -> None:
    assert sorted(TOLD) == packets.packet_names()


@pytest.mark.parametrize("name", sorted(TOLD))
def test_by_the_manager_interface_alone(pbx: Pbx, crm: Simulator, begin: datetime, name: str) -> None:
    play(pbx, packets_of(name), begin)

    assert (said(crm), news()) == TOLD[name]
    # An originate that never became a channel is nobody's call.
    assert Call.objects.count() == (0 if name == "click2call_agent_unavailable" else 1)
    assert CallEvent.objects.filter(call__isnull=True).count() == 1 - min(Call.objects.count(), 1)


@pytest.mark.parametrize("name", sorted(name for name in TOLD if posts_of(name)))
def test_by_the_dialplan_alone(pbx: Pbx, crm: Simulator, begin: datetime, name: str) -> None:
    play(pbx, posts_of(name), begin)

    assert (said(crm), news()) == (BY_DIALPLAN.get(name, TOLD[name][0]), TOLD[name][1])


@pytest.mark.parametrize("name", sorted(name for name in TOLD if posts_of(name)))
def test_by_both_at_once_nothing_is_doubled(pbx: Pbx, crm: Simulator, begin: datetime, name: str) -> None:
    play(pbx, posts_of(name) + packets_of(name), begin)

    assert (said(crm), news()) == (BY_BOTH.get(name, TOLD[name][0]), TOLD[name][1])
    assert Call.objects.count() == 1


@pytest.mark.parametrize("name", packets.record_names())
def test_by_the_records_alone_there_is_an_upload_and_no_popup(
    pbx: Pbx, crm: Simulator, begin: datetime, name: str
) -> None:
    play(pbx, records_of(name, begin), begin)

    upload = TOLD[name][0].rpartition("; ")[2]
    assert (said(crm), news()) == (BY_RECORDS.get(name, upload), TOLD[name][1])
    assert Call.objects.count() == 1


@pytest.mark.parametrize("name", packets.record_names())
def test_records_that_come_later_change_nothing_that_was_seen(
    pbx: Pbx, crm: Simulator, begin: datetime, name: str
) -> None:
    play(pbx, posts_of(name) + packets_of(name), begin)
    before = (
        said(crm),
        news(),
        Call.objects.values_list("status", "talk_seconds", "ended_at", "responsible").get(),
    )
    legs = list(CallLeg.objects.order_by("channel").values_list("channel", "role"))

    play(pbx, records_of(name, begin), begin)

    after = (
        said(crm),
        news(),
        Call.objects.values_list("status", "talk_seconds", "ended_at", "responsible").get(),
    )
    assert after == before
    assert list(CallLeg.objects.order_by("channel").values_list("channel", "role")) == legs


def test_legs_and_who_ended_are_stored(pbx: Pbx, begin: datetime) -> None:
    play(pbx, packets_of("queue_second_agent"), begin)

    call = Call.objects.get()
    legs = CallLeg.objects.filter(call=call).order_by("began_at")
    assert (call.queue, call.ended_by, call.status) == ("support", "client", "answered")
    assert [
        (
            leg.device,
            leg.role,
            leg.extension,
            leg.number,
            leg.dial_status,
            leg.cause,
            leg.answered_at is not None,
        )
        for leg in legs
    ] == [
        ("PJSIP/trunk-beltel-0000002b", "client", "", "+375291234570", "", 16, True),
        ("PJSIP/152-0000002c", "agent", "152", "152", "NOANSWER", 0, False),
        ("PJSIP/151-0000002d", "agent", "151", "151", "ANSWER", 16, True),
    ]
    assert CallParticipant.objects.filter(call=call).count() == 2


def test_channels_that_records_named_get_their_ids_from_the_manager_interface(
    pbx: Pbx, begin: datetime
) -> None:
    play(pbx, records_of("inbound_answered", begin), begin)
    assert set(CallLeg.objects.values_list("channel", flat=True)) == {
        "PJSIP/trunk-beltel-00000006",
        "PJSIP/150-00000007",
    }

    play(pbx, packets_of("inbound_answered"), begin)

    assert set(CallLeg.objects.values_list("channel", flat=True)) == {
        "bed-pbx-1795254021.57",
        "bed-pbx-1795254021.60",
    }


def test_the_second_leg_of_a_pickup_is_the_same_call_at_once(pbx: Pbx, begin: datetime) -> None:
    """The linked id changes during the call; what Pickup names ties them together before it does."""
    told = packets_of("pickup")
    pickup = next(place for place, one in enumerate(told) if one.event.kind == "Pickup")
    tell(pbx, told[:pickup], begin)
    run("fold")
    assert Call.objects.filter(merged_into__isnull=True).count() == 2

    tell(pbx, told[pickup:], begin)
    run("fold")

    call = Call.objects.get(merged_into__isnull=True)
    assert (call.direction, call.responsible, call.status) == ("in", "151", "answered")
    assert CallEvent.objects.exclude(call=call).count() == 0
    assert CallLeg.objects.exclude(call=call).count() == 0


def test_a_bridge_ties_together_what_shares_no_id(pbx: Pbx, begin: datetime) -> None:
    """Two channels with linked ids of their own in one basic bridge, such as after AMI's Bridge."""
    fields = {"BridgeUniqueid": "b-1", "BridgeType": "basic"}
    for number, device in enumerate(("PJSIP/trunk-a1-00000001", "PJSIP/150-00000002")):
        own = {"Uniqueid": f"u{number}", "Linkedid": f"u{number}", "Channel": device}
        new = own | {
            "Event": "Newchannel",
            "ChannelState": "4",
            "CallerIDNum": "+375291234570" if number == 0 else "150",
        }
        tell(
            pbx,
            [Told(0.0, packet_event(new)), Told(1.0, packet_event({"Event": "BridgeEnter"} | own | fields))],
            begin,
        )
        run("fold")

    call = Call.objects.get(merged_into__isnull=True)
    assert (call.direction, call.status, call.responsible) == ("in", "talking", "150")
    assert set(CallAlias.objects.filter(call=call).values_list("channel", flat=True)) == {
        "u0",
        "u1",
        "bridge:b-1",
    }


def test_a_conference_joins_no_calls(pbx: Pbx, begin: datetime) -> None:
    for number in (0, 1):
        own = {
            "Uniqueid": f"u{number}",
            "Linkedid": f"u{number}",
            "Channel": f"PJSIP/trunk-a1-0000000{number}",
        }
        enter = own | {"Event": "BridgeEnter", "BridgeUniqueid": "conference", "BridgeType": "base"}
        tell(pbx, [Told(0.0, packet_event(own | {"Event": "Newchannel", "ChannelState": "4"}))], begin)
        tell(pbx, [Told(1.0, packet_event(enter))], begin)
    run("fold")

    assert Call.objects.filter(merged_into__isnull=True).count() == 2


def test_packets_that_change_no_call_are_not_folded(pbx: Pbx, begin: datetime) -> None:
    told = packets_of("inbound_answered")
    tell(pbx, told[:-1], begin)
    run("fold")
    before = Call.objects.get().updated_at
    own = {"Uniqueid": "bed-pbx-1795254021.57", "Linkedid": "bed-pbx-1795254021.57"}

    tell(pbx, [Told(3.0, packet_event(own | {"Event": "Newstate", "ChannelState": "6"}))], begin)
    run("fold")

    assert Call.objects.get().updated_at == before
    tell(pbx, told[-1:], begin)
    run("fold")
    assert CallEvent.objects.filter(call__isnull=True).count() == 0


def cut(name: str, before: float) -> list[Told]:
    return [one for one in packets_of(name) if one.offset < before]


def gone(channel: str, offset: float) -> Told:
    fields = {"Event": "HubGone", "Uniqueid": channel, "Linkedid": channel, "Reason": "restarted"}
    return Told(offset, packet_event(fields))


def test_a_call_that_was_lost_sight_of_waits_for_its_records(
    pbx: Pbx, crm: Simulator, begin: datetime
) -> None:
    """The exchange was killed while somebody talked; its records come two minutes later."""
    play(pbx, cut("inbound_answered", 5), begin)
    play(pbx, [gone("bed-pbx-1795254021.57", 6.0), gone("bed-pbx-1795254021.60", 6.0)], begin)

    call = Call.objects.get()
    assert (call.status, call.phase, call.talk_seconds, call.finished_at) == ("lost", "ended", None, None)
    assert call.is_missed is False
    assert said(crm) == "in 150"

    play(pbx, records_of("inbound_answered", begin), begin)

    call.refresh_from_db()
    assert (call.status, call.talk_seconds) == ("answered", 6)
    assert call.finished_at is not None
    assert said(crm) == "in 150; hangup 150 answered; upload in answered 150 6"
    assert news() == "started answered ended"


def test_without_records_a_lost_call_is_told_after_some_minutes(pbx: Pbx, crm: Simulator) -> None:
    begin = timezone.now() - timedelta(minutes=7)
    play(pbx, cut("inbound_missed", 5), begin)
    tell(pbx, [gone("bed-pbx-1795254043.95", 6.0), gone("bed-pbx-1795254043.98", 6.0)], begin)
    run("fold", "finish", "notify")

    call = Call.objects.get()
    assert (call.status, call.ended_by) == ("lost", "")
    assert call.finished_at is not None
    assert [one.partition(" ")[0] for one in said(crm).split("; ")] == ["in", "hangup", "upload"]
    assert news() == "started ended"


def test_the_end_that_was_heard_after_all_is_the_end(pbx: Pbx, begin: datetime) -> None:
    play(pbx, cut("inbound_missed", 5), begin)
    play(pbx, [gone("bed-pbx-1795254043.95", 6.0)], begin)

    play(pbx, packets_of("inbound_missed"), begin)

    assert Call.objects.get().status == "missed"


def test_a_call_of_the_dialplan_alone_that_the_exchange_does_not_have_any_more_is_lost(
    pbx: Pbx, begin: datetime
) -> None:
    play(pbx, posts_of("inbound_answered")[:3], begin)
    assert Call.objects.get().status == "talking"

    play(pbx, [gone("bed-pbx-1795254021.57", 60.0)], begin)

    assert Call.objects.get().status == "lost"


@pytest.mark.parametrize("source", [posts_of, packets_of])
def test_calls_without_an_end_are_given_up(pbx: Pbx, source: Any) -> None:
    begin = timezone.now() - timedelta(hours=6)
    told = source("inbound_answered")
    tell(pbx, told[:3], begin)
    run("fold")
    Call.objects.update(updated_at=timezone.now() - timedelta(hours=5))
    assert Call.objects.get().ended_at is None

    assert give_up_calls() == 1
    run("fold")

    call = Call.objects.get()
    assert (call.status, call.phase) == ("lost", "ended")
    assert give_up_calls() == 0

    tell(pbx, told[3:], timezone.now() - timedelta(minutes=5))
    run("fold")
    assert Call.objects.get().status == "answered"


def test_a_living_call_is_not_given_up(pbx: Pbx, begin: datetime) -> None:
    tell(pbx, packets_of("inbound_answered")[:3], timezone.now() - timedelta(hours=6))
    run("fold")

    assert give_up_calls() == 0


def test_an_extension_that_was_entered_makes_a_named_device_a_phone(pbx: Pbx, begin: datetime) -> None:
    """A phone whose device has a name is known by the number that the exchange gives it."""
    told = [
        Told(one.offset, packet_event({key: _named(value) for key, value in one.fields.items()}))
        for one in packets.load_packets("inbound_answered")
    ]

    play(pbx, told, begin)

    call = Call.objects.get()
    assert (call.direction, call.status, call.answered_by, call.talk_seconds) == ("in", "answered", "150", 6)


def _named(value: str) -> str:
    return value.replace("PJSIP/150-", "PJSIP/anna-office-")


def test_a_line_with_a_short_number_is_named_in_the_settings(pbx: Pbx, begin: datetime) -> None:
    told = [
        Told(
            one.offset,
            packet_event({key: value.replace("trunk-beltel", "1050") for key, value in one.fields.items()}),
        )
        for one in packets.load_packets("inbound_answered")
    ]
    pbx.trunks = "gsm-, 1050"
    pbx.save()

    play(pbx, told, begin)

    call = Call.objects.get()
    assert (call.direction, call.trunk, call.answered_by) == ("in", "1050", "150")


def test_two_companies_exchanges_with_the_same_ids_do_not_meet(pbx: Pbx, begin: datetime) -> None:
    other = make_pbx(make_tenant())

    for one in (pbx, other):
        play(one, packets_of("ring_group"), begin)

    assert Call.objects.count() == 2
    assert set(Call.objects.values_list("tenant_id", "status")) == {
        (pbx.tenant_id, "answered"),
        (other.tenant_id, "answered"),
    }
    assert set(CallLeg.objects.values_list("tenant_id", flat=True)) == {pbx.tenant_id, other.tenant_id}


def queries_for(pbx: Pbx, names: list[str], suffix: str, begin: datetime) -> int:
    for number, name in enumerate(names):
        own = f"-{suffix}{number}"
        tell(pbx, [*posts_of(name, own), *packets_of(name, own), *records_of(name, begin, own)], begin)
    ids = list(CallEvent.objects.filter(call__isnull=True).values_list("id", flat=True))
    with CaptureQueriesContext(connection) as queries:
        fold_calls(ids)
    return len(queries)


def test_a_batch_costs_the_same_queries_however_many_calls(pbx: Pbx, crm: Simulator, begin: datetime) -> None:
    queries_for(pbx, ["ring_group"], "warm", begin)

    one = queries_for(pbx, ["ring_group"], "a", begin)
    many = queries_for(
        pbx, ["ring_group", "inbound_missed", "outbound_answered", "transfer_attended"] * 3, "b", begin
    )

    # Beside those of the dialplan alone: what packets tie together, the extensions, the legs (and their names before).
    assert one == many <= 20


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "name", ["inbound_answered", "pickup", "transfer_attended", "click2call_cli", "call_forward_302"]
)
def test_any_order_and_repetition_of_arrival_gives_the_same_call(pbx: Pbx, name: str, seed: int) -> None:
    """Shuffled, doubled, in batches of any size, from all three sources."""
    random = Random(seed)
    suffix = f"-{CallEvent.objects.count()}"
    begin = timezone.now() - timedelta(seconds=90)
    told = posts_of(name, suffix) + packets_of(name, suffix) + records_of(name, begin, suffix)
    shuffled = told + random.choices(told, k=5)
    random.shuffle(shuffled)
    while shuffled:
        size = random.randint(1, 8)
        tell(pbx, shuffled[:size], begin)
        run("fold")
        shuffled = shuffled[size:]

    reference = f"{suffix}-reference"
    tell(
        pbx,
        posts_of(name, reference) + packets_of(name, reference) + records_of(name, begin, reference),
        begin,
    )
    run("fold")

    fields = (
        "direction",
        "status",
        "client_number",
        "responsible",
        "talk_seconds",
        "ended_by",
        "rings",
        "talks",
    )
    one, other = Call.objects.filter(merged_into__isnull=True).order_by("-id").values_list(*fields)[:2]
    assert one == other
    assert CallEvent.objects.filter(call__isnull=True).count() == 0


def test_the_length_of_a_scenario_is_that_of_its_last_event() -> None:
    assert 8 < length(packets_of("inbound_answered")) < 9


def test_notifications_of_a_call_with_both_sources(pbx: Pbx, crm: Simulator, begin: datetime) -> None:
    """The dialplan names two phones, the manager interface tells of one after the other: each is shown once."""
    play(pbx, posts_of("queue_second_agent") + packets_of("queue_second_agent"), begin)

    assert [row[:3] for row in notifications(Call.objects.get())] == [
        ("answer", "151", "done"),
        ("hangup", "", "done"),
        ("popup", "151", "done"),
        ("popup", "152", "done"),
        ("upload", "", "done"),
    ]
