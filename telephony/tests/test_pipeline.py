"""From stored events through the fold to what a simulated CRM was told."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations import live
from integrations.connectors.retailcrm.simulator import Simulator
from integrations.models import Exchange, Integration
from integrations.tests.factories import make_integration
from telephony import scenarios
from telephony.fold.tests.test_scenarios import EXPECTED
from telephony.models import Call, CallAlias, CallEvent, CallNotification, CallParticipant, Pbx
from telephony.tests.factories import make_pbx, notifications, play, posts, store
from tenants.models import Event
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scope(settings: Any) -> Iterator[None]:
    settings.CALL_END_GRACE = 0.0
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with all_tenants():
        yield


@pytest.fixture
def pbx() -> Pbx:
    return make_pbx(make_tenant(timezone="UTC"))


@pytest.fixture
def crm() -> Iterator[Simulator]:
    with Simulator(codes={"150": 19, "151": 18, "152": 17}, limits_rate=False).running() as running:
        yield running


@pytest.fixture
def integration(pbx: Pbx, crm: Simulator) -> Integration:
    return make_integration(pbx.tenant, url=crm.url)


def event_types(call: Call) -> list[str]:
    return list(Event.objects.filter(correlation_id=call.pk).order_by("id").values_list("type", flat=True))


@pytest.mark.parametrize(
    "name", [name for name, row in sorted(EXPECTED.items()) if row[0] in ("in", "out", "internal")]
)
def test_every_captured_call_is_one_row(pbx: Pbx, name: str) -> None:
    call = play(pbx, name)

    row = EXPECTED[name]
    assert Call.objects.count() == 1
    assert CallEvent.objects.filter(call=call).count() == CallEvent.objects.count()
    assert (call.direction, call.client_number, call.responsible, call.talk_seconds) == (
        row[0],
        row[2],
        row[5],
        row[6],
    )
    channels = set(CallAlias.objects.filter(call=call).values_list("channel", flat=True))
    assert channels == scenarios.channel_ids(posts(name))


@pytest.mark.parametrize("name", ["mode_none", "trouble_refused_curl"])
def test_a_recording_without_a_call_waits_for_one(pbx: Pbx, name: str) -> None:
    store(pbx, posts(name))
    drain("calls.fold")

    assert Call.objects.count() == 0
    assert CallEvent.objects.get().call is None


def test_an_event_that_came_before_its_call_is_found_later(pbx: Pbx) -> None:
    *others, download = posts("inbound_answered")
    store(pbx, [download])
    drain("calls.fold")

    store(pbx, others)
    drain("calls.fold")

    assert CallEvent.objects.filter(call=Call.objects.get()).count() == 5
    assert Call.objects.get().recording_size == 96044


def test_popup_hangup_and_upload_reach_the_crm(pbx: Pbx, crm: Simulator, integration: Integration) -> None:
    events = posts("inbound_answered")
    store(pbx, events[:2])
    drain("calls.fold")
    drain("calls.notify")
    [popup] = crm.events
    assert (popup.type, popup.phone, popup.codes, popup.external_phone) == (
        "in",
        "375291234570",
        ("150",),
        "375173001001",
    )

    store(pbx, events[2:], at=timezone.now() - timedelta(seconds=9))
    for lane in ("calls.fold", "calls.notify", "calls.finish", "calls.notify"):
        drain(lane)

    call = Call.objects.get()
    assert [event.type for event in crm.events] == ["in", "hangup"]
    assert crm.events[1].hangup_status == "answered"
    [uploaded] = crm.calls
    assert (uploaded.result, uploaded.code, uploaded.external_id) == ("answered", "150", call.external_id)
    assert uploaded.duration == call.talk_seconds
    assert notifications(call) == [
        ("hangup", "", "done", ""),
        ("popup", "150", "done", ""),
        ("upload", "", "done", ""),
    ]
    assert event_types(call) == ["call.started", "call.answered", "call.ended"]
    said = Exchange.objects.filter(subject__in=CallNotification.objects.values("id")).order_by("id")
    assert [one.operation for one in said] == ["call in", "call hangup", "settings", "calls upload"]
    assert set(said.values_list("correlation_id", flat=True)) == {call.pk}


def test_playing_everything_again_changes_nothing(pbx: Pbx, crm: Simulator, integration: Integration) -> None:
    call = play(pbx, "transfer_blind_refer", at=timezone.now())
    for lane in ("calls.finish", "calls.notify"):
        drain(lane, timezone.now() + timedelta(minutes=1))
    before = (notifications(call), event_types(call), len(crm.calls), len(crm.events))

    store(pbx, posts("transfer_blind_refer"), at=timezone.now())
    for lane in ("calls.fold", "calls.finish", "calls.notify"):
        drain(lane, timezone.now() + timedelta(minutes=1))

    assert (notifications(call), event_types(call), len(crm.calls), len(crm.events)) == before
    assert Call.objects.count() == 1


def test_a_hunt_shows_each_set_of_extensions_once(pbx: Pbx, crm: Simulator, integration: Integration) -> None:
    for post in posts("transfer_blind_refer")[:5]:
        store(pbx, [post])
        drain("calls.fold")
        drain("calls.notify")

    assert [event.codes for event in crm.events] == [("150",), ("151",)]


def test_a_call_that_was_over_before_we_saw_it_is_uploaded_without_popup(
    pbx: Pbx, crm: Simulator, integration: Integration
) -> None:
    call = play(pbx, "inbound_missed")
    for lane in ("calls.finish", "calls.notify"):
        drain(lane)

    assert notifications(call) == [("popup", "152", "cancelled", "call_over"), ("upload", "", "done", "")]
    assert crm.events == []
    assert [(one.result, one.code) for one in crm.calls] == [("no answer", "152")]
    assert event_types(call) == ["call.started", "call.ended", "call.missed"]


def test_a_hangup_without_dial_is_a_missed_upload(pbx: Pbx, crm: Simulator, integration: Integration) -> None:
    call = play(pbx, "smart_redirect_late")
    for lane in ("calls.finish", "calls.notify"):
        drain(lane)

    assert notifications(call) == [("upload", "", "done", "")]
    assert [one.result for one in crm.calls] == ["no answer"]


def test_an_answer_without_dial_raises_the_missing_popup_while_the_call_lives(
    pbx: Pbx, crm: Simulator, integration: Integration
) -> None:
    store(pbx, posts("trouble_sys_quote_in_name")[:1])
    drain("calls.fold")
    drain("calls.notify")

    assert [(event.type, event.codes) for event in crm.events] == [("in", ("150",))]
    assert Call.objects.get().flags == ["synthetic_ring"]


def test_a_late_popup_is_cancelled_in_words(pbx: Pbx, crm: Simulator, integration: Integration) -> None:
    store(pbx, posts("inbound_answered")[:2], at=timezone.now() - timedelta(seconds=30))
    drain("calls.fold")
    drain("calls.notify")

    assert notifications(Call.objects.get()) == [("popup", "150", "cancelled", "too_late")]
    assert "20 seconds" in CallNotification.objects.get().why
    assert crm.events == []


def test_internal_calls_go_nowhere(pbx: Pbx, crm: Simulator, integration: Integration) -> None:
    call = play(pbx, "internal_answered")
    for lane in ("calls.finish", "calls.notify"):
        drain(lane)

    assert (notifications(call), event_types(call), crm.events, crm.calls) == ([], [], [], [])


def test_a_hidden_number_is_kept_and_not_sent(pbx: Pbx, crm: Simulator, integration: Integration) -> None:
    call = play(pbx, "inbound_anonymous")
    for lane in ("calls.finish", "calls.notify"):
        drain(lane)

    assert notifications(call) == [
        ("popup", "150", "cancelled", "no_number"),
        ("upload", "", "cancelled", "no_number"),
    ]
    assert (crm.events, crm.calls) == ([], [])


def test_a_switched_off_integration_parks_and_retry_sends(
    pbx: Pbx, crm: Simulator, integration: Integration
) -> None:
    from telephony.actions.retry_notifications import retry_notifications

    call = play(pbx, "inbound_missed")
    drain("calls.finish")
    Integration.objects.update(is_enabled=False)
    live.forget_all()
    drain("calls.notify")
    assert ("upload", "", "parked", "paused") in notifications(call)

    Integration.objects.update(is_enabled=True)
    live.forget_all()
    retried = retry_notifications(list(CallNotification.objects.values_list("id", flat=True)))
    drain("calls.notify")

    assert retried == 1
    assert ("upload", "", "done", "") in notifications(call)
    assert len(crm.calls) == 1


def test_a_wrong_key_fails_at_once_with_what_to_do(pbx: Pbx, crm: Simulator) -> None:
    make_integration(pbx.tenant, url=crm.url, credentials={"api_key": "wrong-key"})
    play(pbx, "inbound_missed")
    drain("calls.finish")

    drain("calls.notify")

    upload = CallNotification.objects.get(kind="upload")
    assert (upload.state, upload.attempts, bool(upload.why)) == ("failed", 1, True)


def test_an_upload_to_a_dead_crm_is_tried_again(pbx: Pbx) -> None:
    with Simulator().running() as crm:
        url = crm.url
    make_integration(pbx.tenant, url=url)
    call = play(pbx, "inbound_missed")
    drain("calls.finish")

    drain("calls.notify")

    upload = CallNotification.objects.get(kind="upload")
    assert (upload.state, upload.attempts) == ("pending", 1)
    assert upload.why
    assert call.finished_at is None


def test_a_call_within_its_grace_is_not_closed(pbx: Pbx, settings: Any) -> None:
    settings.CALL_END_GRACE = 3600.0
    call = play(pbx, "inbound_missed")

    drain("calls.finish", timezone.now() + timedelta(hours=2))

    assert Call.objects.get(pk=call.pk).finished_at is None
    assert event_types(call) == ["call.started"]


def test_two_calls_that_turn_out_to_be_one_are_merged(pbx: Pbx) -> None:
    events = posts("transfer_attended")
    own = [event for event in events if '"UniqueId":"bed-pbx-1795252883.669"' in event.body]
    alone = [
        scenarios.Post(
            one.offset,
            one.method,
            one.path,
            one.headers,
            one.body.replace("1795252872.659", "1795252883.669", 1),
        )
        for one in own[:2]
    ]
    store(pbx, [event for event in events if event not in own][:3])
    store(pbx, alone)
    drain("calls.fold")
    assert Call.objects.filter(merged_into__isnull=True).count() == 2

    store(pbx, events)
    drain("calls.fold")

    call = Call.objects.get(merged_into__isnull=True)
    assert (call.direction, call.responsible, call.status) == ("in", "151", "answered")
    assert CallEvent.objects.exclude(call=call).count() == 0
    assert set(CallParticipant.objects.values_list("call", "extension")) == {
        (call.pk, "150"),
        (call.pk, "151"),
    }


def test_two_exchanges_may_use_the_same_ids(pbx: Pbx) -> None:
    other = make_pbx(make_tenant())

    first, second = play(pbx, "inbound_missed"), play(other, "inbound_missed")

    assert first.pk != second.pk
    assert (first.tenant_id, second.tenant_id) == (pbx.tenant_id, other.tenant_id)
    assert Call.objects.count() == 2


def test_agents_are_found_by_their_extension(pbx: Pbx) -> None:
    call = play(pbx, "ring_group")

    parts = CallParticipant.objects.filter(call=call).order_by("extension")

    assert [(part.extension, part.rang_at is not None, part.answered_at is not None) for part in parts] == [
        ("150", True, False),
        ("151", True, True),
    ]
