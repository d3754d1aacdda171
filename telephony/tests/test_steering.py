"""Ending and transferring calls that go on: what the exchange is told, at most once, and when it is told nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from telephony.actions import carry_out as carrying
from telephony.actions import send_click as sending
from telephony.actions.request_command import LANE, NotPossible
from telephony.ami import acting
from telephony.ami.packets import text
from telephony.ami.simulator import account
from telephony.ami.switching import SwitchingSimulator
from telephony.models import Call, CallCommand, DialAccess, ExtensionPresence, ListenerState, Pbx, PbxStatus
from telephony.tests.clicking import make_company
from telephony.tests.factories import make_call
from telephony.tests.steering import PHONE, TRUNK, done, going_on, wish
from tenants.models import AuditEntry, Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_extension, make_member, make_tenant
from tenants.work import lane

pytestmark = pytest.mark.django_db


@pytest.fixture
def exchange() -> Iterator[SwitchingSimulator]:
    with SwitchingSimulator() as made:
        assert isinstance(made, SwitchingSimulator)
        yield made
    acting.close_all()


@pytest.fixture
def pbx(exchange: SwitchingSimulator, settings: Any) -> Pbx:
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    return make_company(exchange, context="phones")


def told(exchange: SwitchingSimulator) -> list[tuple[str, ...]]:
    """Every command that the exchange got."""
    return [
        tuple(text(one, name) for name in ("Action", "Channel", "Context", "Exten") if name in one)
        for one in exchange.actions
        if text(one, "Action") in ("Hangup", "Redirect")
    ]


def changed(call: Call, **values: Any) -> None:
    with all_tenants():
        Call.objects.filter(pk=call.pk).update(**values)


def test_a_talking_call_is_ended(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    exchange.talk("bridge-2", "PJSIP/trunk-1-other", "PJSIP/151-other2", linked="other")
    call = going_on(pbx, exchange)

    row = done(wish(call))

    assert (row.state, row.reason_code, row.channel, row.talker) == ("done", "", TRUNK, "150")
    assert told(exchange) == [("Hangup", TRUNK), ("Hangup", PHONE)]
    assert exchange.names() == {"PJSIP/trunk-1-other", "PJSIP/151-other2"}
    assert row.attempted_at is not None
    assert row.settled_at is not None
    with all_tenants():
        assert Work.objects.filter(lane=LANE).count() == 0


def test_a_client_goes_to_a_colleague(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    row = done(wish(going_on(pbx, exchange), "151"))

    assert (row.state, row.extension, row.channel) == ("done", "151", TRUNK)
    assert told(exchange) == [("Redirect", TRUNK, "phones", "151")]
    assert exchange.moved == {TRUNK: ("phones", "151")}
    assert exchange.names() == {TRUNK}


def test_a_client_who_waits_may_be_given_to_a_colleague_too(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    row = done(wish(going_on(pbx, exchange, "ringing"), "151"))

    assert (row.state, row.talker) == ("done", "")
    assert exchange.moved == {TRUNK: ("phones", "151")}


def test_it_is_audited_with_who_and_whom(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    call = going_on(pbx, exchange)

    wish(call, "151", requester="anna")

    with all_tenants():
        entry = AuditEntry.objects.get(action="call.transfer")
    assert entry.object_id == str(call.pk)
    assert entry.after == {"client": "+375291234570", "extension": "151", "talker": "150"}


@pytest.mark.parametrize(
    ("values", "extension", "code"),
    [
        ({"phase": "ended", "ended_at": timezone.now()}, "151", "over"),
        ({}, "159", "unknown_extension"),
        ({}, "+375291112233", "unknown_extension"),
        ({}, "150", "same_extension"),
        ({"direction": "internal"}, "151", "no_client"),
        ({"direction": "out", "phase": "ringing"}, "151", "not_connected"),
    ],
)
def test_what_is_refused_at_once_leaves_no_row(
    pbx: Pbx, exchange: SwitchingSimulator, values: dict[str, Any], extension: str, code: str
) -> None:
    call = going_on(pbx, exchange, **values)

    with pytest.raises(NotPossible) as refused:
        wish(call, extension)

    assert refused.value.code == code
    with all_tenants():
        assert CallCommand.objects.count() == Work.objects.filter(lane=LANE).count() == 0


def test_an_extension_of_another_company_is_none_of_ours(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    make_extension(make_tenant(), "177")

    with pytest.raises(NotPossible, match="no such extension"):
        wish(going_on(pbx, exchange), "177")


def test_a_phone_that_is_not_connected_gets_no_client(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    now = timezone.now()
    with all_tenants():
        PbxStatus.objects.create(tenant_id=pbx.tenant_id, pbx=pbx, state=ListenerState.CONNECTED, seen_at=now)
        ExtensionPresence.objects.create(
            tenant_id=pbx.tenant_id, pbx=pbx, extension="151", state="away", since=now
        )

    with pytest.raises(NotPossible) as refused:
        wish(going_on(pbx, exchange), "151")

    assert refused.value.code == "unregistered"


def test_agents_end_the_talk_that_they_are_in(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    call = going_on(pbx, exchange)
    agent = make_member(pbx.tenant, "agent", extension=make_extension(pbx.tenant, "152"))

    with pytest.raises(NotPossible) as refused:
        wish(call, member=agent)
    changed(call, talks=[{"extension": "152", "since": timezone.now().isoformat(), "until": None}])
    call.refresh_from_db()
    row = done(wish(call, member=agent))

    assert refused.value.code == "not_yours"
    assert (row.state, row.member_id, row.talker) == ("done", agent.pk, "152")


def test_asked_twice_it_is_done_once(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    call = going_on(pbx, exchange)
    first, second = wish(call), wish(call)

    with pytest.raises(NotPossible) as refused:
        wish(call, "151")
    done(first)

    assert first.pk == second.pk
    assert refused.value.code == "another"
    assert [one[0] for one in told(exchange)] == ["Hangup", "Hangup"]


def test_a_call_that_ended_meanwhile_is_not_touched(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    call = going_on(pbx, exchange)
    row = wish(call)
    changed(call, phase="ended", ended_at=timezone.now())

    row = done(row)

    assert (row.state, row.reason_code, row.reason) == ("failed", "over", "The call is over.")
    assert exchange.actions == []


def test_somebody_else_who_took_the_call_meanwhile_keeps_it(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    call = going_on(pbx, exchange)
    row = wish(call)
    changed(call, talks=[{"extension": "151", "since": timezone.now().isoformat(), "until": None}])

    row = done(row)

    assert (row.state, row.reason_code) == ("failed", "changed")
    assert told(exchange) == []


def test_what_changes_between_look_and_action_counts(
    pbx: Pbx, exchange: SwitchingSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = going_on(pbx, exchange)
    row = wish(call)
    monkeypatch.setattr(carrying.Known, "of", _known_then_ended(call))

    row = done(row)

    assert (row.state, row.reason_code, row.attempted_at) == ("failed", "over", None)
    assert told(exchange) == []


def _known_then_ended(call: Call) -> Any:
    known = carrying.Known.of

    def of(found: Call) -> Any:
        made = known(found)
        changed(call, phase="ended", ended_at=timezone.now())
        return made

    return of


def test_a_channel_that_is_gone_is_an_outcome_in_words(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    call = going_on(pbx, exchange)
    exchange.channels.clear()

    row = done(wish(call))

    assert (row.state, row.reason) == ("failed", "The exchange has no such call any more.")
    assert told(exchange) == []


def test_a_worker_that_died_after_asking_does_not_ask_again(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    row = wish(going_on(pbx, exchange))
    with all_tenants():
        CallCommand.objects.filter(pk=row.pk).update(attempted_at=timezone.now())

    row = done(row)

    assert (row.state, row.reason_code) == ("failed", "in_doubt")
    assert exchange.actions == []


def test_what_comes_too_late_is_not_done(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    row = wish(going_on(pbx, exchange))
    with all_tenants():
        CallCommand.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(seconds=16))

    assert done(row).reason_code == "too_late"
    assert exchange.actions == []


def test_an_account_without_the_right_is_told(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    exchange.accounts["hub"] = account("hub-secret", write="reporting")

    row = done(wish(going_on(pbx, exchange)))

    assert (row.state, row.reason_code, row.detail) == ("failed", "forbidden", "Permission denied")


def test_an_exchange_that_is_gone_is_told(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    row = wish(going_on(pbx, exchange))
    exchange.stop()

    assert done(row).reason_code == "unreachable"


def test_an_exchange_that_does_not_answer_any_more_leaves_it_in_doubt(
    pbx: Pbx, exchange: SwitchingSimulator
) -> None:
    row = wish(going_on(pbx, exchange))

    def cut(_action: Any) -> Any:
        exchange.hang_up()
        return []

    exchange.answers["hangup"] = cut

    row = done(row)

    assert (row.state, row.reason_code) == ("failed", "no_answer_there")
    assert row.attempted_at is not None


def test_without_a_way_to_the_exchange(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    with all_tenants():
        DialAccess.objects.update(is_enabled=False)

    with pytest.raises(NotPossible) as refused:
        wish(going_on(pbx, exchange))

    assert refused.value.code == "no_exchange"


def test_a_call_that_became_a_part_of_another_one_is_that_one(pbx: Pbx, exchange: SwitchingSimulator) -> None:
    call = going_on(pbx, exchange)
    part = make_call(
        pbx, phase="talking", status="talking", ended_at=None, talks=call.talks, responsible="150"
    )
    row = wish(part)
    with all_tenants():
        Call.objects.filter(pk=part.pk).update(merged_into=call)

    assert done(row).state == "done"
    assert exchange.names() == set()


@pytest.mark.parametrize(
    ("name", "life"), [("calls.command", carrying.LIFE), ("calls.originate", sending.LIFE)]
)
def test_what_a_worker_that_died_had_not_sent_is_not_too_late_yet(name: str, life: timedelta) -> None:
    """The next one finds it when the lease is over."""
    assert timedelta(seconds=lane(name).lease_seconds) < life
