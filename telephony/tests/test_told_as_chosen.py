"""Who sees a call and when, whose it is afterwards, and what becomes of its recording: as the company chose."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.connectors.bitrix24.simulator import Employee
from integrations.connectors.bitrix24.simulator import Simulator as Bitrix24
from integrations.connectors.bitrix24.tests.factories import make_application
from integrations.connectors.retailcrm.simulator import Simulator
from integrations.tests.factories import make_integration
from telephony.actions import crm_facts
from telephony.actions.fold_calls import fold_calls
from telephony.models import Call, CallEvent, CallNotification, Pbx
from telephony.tests.factories import make_pbx, notifications, play, posts, store
from telephony.tests.rules import choose_popups, finish, make_line, make_policy
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db

TEMPLATE = "https://pbx.example/rec/{path}"


@pytest.fixture(autouse=True)
def _scope(settings: Any) -> Iterator[None]:
    settings.CALL_END_GRACE = 0.0
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with all_tenants():
        yield


@pytest.fixture
def pbx() -> Pbx:
    return make_pbx(make_tenant(timezone="UTC"), recording_url_template=TEMPLATE)


@pytest.fixture
def crm(pbx: Pbx) -> Iterator[Simulator]:
    codes = {"150": 19, "151": 18}
    with Simulator(codes=codes, customers=(), timezone="UTC", limits_rate=False).running() as running:
        make_integration(pbx.tenant, url=running.url)
        yield running


def step(pbx: Pbx, name: str, begin: int, end: int | None, *, ago: float = 0.0) -> None:
    store(pbx, posts(name)[begin:end], at=timezone.now() - timedelta(seconds=ago))
    drain("calls.fold")
    for turn in range(3):
        drain("calls.notify", timezone.now() + timedelta(seconds=turn))


def test_who_rang_in_vain_is_hidden_when_one_answers(pbx: Pbx, crm: Simulator) -> None:
    answer = next(index for index, post in enumerate(posts("ring_group")) if post.path == "/bridge")
    step(pbx, "ring_group", 0, answer + 1)

    call = Call.objects.get()
    loser = ({"150", "151"} - {call.responsible}).pop()
    assert [(one.type, one.codes, one.hangup_status) for one in crm.events] == [
        ("in", ("150", "151"), ""),
        ("hangup", (loser,), "cancel"),
    ]
    assert {popup.code: popup.is_ringing for popup in crm.popups} == {call.responsible: True, loser: False}


def test_one_phone_has_nobody_to_hide_from(pbx: Pbx, crm: Simulator) -> None:
    step(pbx, "inbound_answered", 0, 3)

    assert [one.type for one in crm.events] == ["in"]
    assert not CallNotification.objects.filter(kind="answer").exists()


def test_pop_up_modes_of_each(pbx: Pbx, crm: Simulator) -> None:
    """150 wants to see a call when it is theirs, 151 never; whoever else rings sees it at once."""
    choose_popups(pbx.tenant, "150", "answer")
    choose_popups(pbx.tenant, "151", "never")
    answer = next(index for index, post in enumerate(posts("ring_group")) if post.path == "/bridge")

    step(pbx, "ring_group", 0, answer)
    assert crm.events == []

    step(pbx, "ring_group", answer, answer + 1)
    taker = Call.objects.get().responsible
    expected = [("in", ("150",))] if taker == "150" else []
    assert [(one.type, one.codes) for one in crm.events] == expected

    step(pbx, "ring_group", answer + 1, None, ago=30)
    finish()
    assert [one.external_id for one in crm.calls] == [Call.objects.get().external_id]


@pytest.mark.parametrize("mode", ["ring", "answer", "never"])
def test_company_wide_mode(pbx: Pbx, crm: Simulator, mode: str) -> None:
    make_policy(pbx.tenant, popup_mode=mode)

    step(pbx, "inbound_answered", 0, 2)
    at_ring = [one.codes for one in crm.events]
    step(pbx, "inbound_answered", 2, 3)
    at_answer = [one.codes for one in crm.events]

    assert (at_ring, at_answer) == {
        "ring": ([("150",)], [("150",)]),
        "answer": ([], [("150",)]),
        "never": ([], []),
    }[mode]


@pytest.mark.parametrize(("choice", "code"), [("first", "150"), ("last", "151"), ("longest", "150")])
def test_whose_a_transferred_call_is(pbx: Pbx, crm: Simulator, choice: str, code: str) -> None:
    make_policy(pbx.tenant, attribution=choice)
    call = play(pbx, "transfer_blind_dtmf")
    finish()

    assert (call.answered_by, call.responsible) == ("150", "151")
    assert [one.code for one in crm.calls] == [code]


def test_longest_is_the_sum_of_the_stretches(pbx: Pbx, crm: Simulator) -> None:
    make_policy(pbx.tenant, attribution="longest")
    call = play(pbx, "transfer_blind_dtmf")
    at = call.started_at
    moments = [(at + timedelta(seconds=second)).isoformat() for second in (0, 5, 12, 19)]
    call.talks = [
        {"extension": "150", "since": moments[0], "until": moments[1]},
        {"extension": "151", "since": moments[1], "until": moments[2]},
        {"extension": "150", "since": moments[2], "until": moments[3]},
    ]

    assert crm_facts.attributed(call) == "150"


def test_call_that_rang_nobody_is_the_lines(pbx: Pbx, crm: Simulator) -> None:
    call = play(pbx, "smart_redirect_late")
    make_line(pbx.tenant, call.did, extension="151")
    finish()

    assert call.responsible in ("", "151")
    assert [one.code for one in crm.calls] == ["151"]


def without_download(name: str) -> int:
    return next(index for index, post in enumerate(posts(name)) if post.path == "/download")


def test_upload_waits_for_its_recording(pbx: Pbx, crm: Simulator) -> None:
    end = without_download("inbound_answered")
    store(pbx, posts("inbound_answered")[:end], at=timezone.now() - timedelta(seconds=15))
    drain("calls.fold")
    drain("calls.finish")
    drain("calls.notify")
    upload = CallNotification.objects.get(kind="upload")
    assert (upload.state, upload.reason_code, upload.attempts, crm.calls) == ("pending", "recording", 0, [])

    store(pbx, posts("inbound_answered")[end:])
    drain("calls.fold")
    drain("calls.notify")

    [stored] = crm.calls
    assert stored.record_url.startswith("https://pbx.example/rec/")
    upload.refresh_from_db()
    assert (upload.state, upload.details["told"]["is_final"]) == ("done", True)


def test_upload_goes_when_the_wait_is_over(pbx: Pbx, crm: Simulator) -> None:
    end = without_download("inbound_answered")
    store(pbx, posts("inbound_answered")[:end], at=timezone.now() - timedelta(seconds=15))
    drain("calls.fold")
    drain("calls.finish")
    drain("calls.notify")
    assert crm.calls == []

    make_policy(pbx.tenant, recording_wait=0)
    drain("calls.notify", timezone.now() + timedelta(seconds=61))

    assert len(crm.calls) == 1


def test_correction_is_told_and_a_trifle_is_not(pbx: Pbx, crm: Simulator) -> None:
    """What a late source says of a closed call: two seconds more are nobody's business, another outcome is."""
    call = play(pbx, "inbound_answered")
    finish()
    [upload] = CallNotification.objects.filter(kind="upload")
    assert (upload.state, len(paths(crm))) == ("done", 1)

    event = CallEvent.objects.filter(call=call, kind="bridge").get()
    CallEvent.objects.filter(pk=event.pk).update(created_at=event.created_at - timedelta(seconds=1))
    fold_calls([event.pk])
    finish()
    assert len(paths(crm)) == 1

    CallEvent.objects.filter(pk=event.pk).update(created_at=event.created_at - timedelta(seconds=4))
    fold_calls([event.pk])
    finish()

    assert len(paths(crm)) == 2
    upload.refresh_from_db()
    assert (upload.state, upload.attempts, upload.is_duplicate) == ("done", 2, True)
    assert upload.details["told"]["talk"] == Call.objects.get().talk_seconds
    assert [row[0] for row in notifications(call)].count("upload") == 1

    finish()
    assert len(paths(crm)) == 2


def paths(crm: Simulator) -> list[str]:
    return [request.path for request in crm.requests if request.path.endswith("/calls/upload")]


@pytest.mark.django_db(transaction=True)
def test_recording_that_comes_late_is_attached(pbx: Pbx) -> None:
    employees = [Employee(number, "Ann", str(number), str(number)) for number in (150, 151)]
    with Bitrix24(employees=employees, limits_rate=False).running() as crm:
        make_application(pbx.tenant, crm)
        make_policy(pbx.tenant, recording_wait=0)
        end = without_download("inbound_answered")
        store(pbx, posts("inbound_answered")[:end], at=timezone.now() - timedelta(seconds=15))
        drain("calls.fold")
        finish()
        attached = [request.path for request in crm.requests if "attachRecord" in request.path]

        store(pbx, posts("inbound_answered")[end:])
        drain("calls.fold")
        finish()

        late = [request.path for request in crm.requests if "attachRecord" in request.path]
        assert (len(attached), len(late)) == (1, 2)
        [row] = crm.journal
        assert (row.finishes, row.record_url.startswith("https://pbx.example/rec/")) == (1, True)
        told = CallNotification.objects.get(kind="recording")
        assert told.state == "done"
        assert not CallNotification.objects.filter(kind="rule").exists()
