"""Calls with colleagues' mobiles, from stored events to what a CRM is told; and what companies without any pay for it: nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.connectors.retailcrm.simulator import Simulator
from integrations.models import Integration
from integrations.tests.factories import make_integration
from telephony.actions.fold_calls import fold_calls
from telephony.models import Call, CallEvent, CallParticipant, MissedClient, Pbx
from telephony.tests.factories import make_pbx, notifications, play, posts, store
from telephony.tests.sources import packets_of, tell
from tenants.actions.save_mobiles import save_mobiles
from tenants.models import Event, Extension
from tenants.scoping import all_tenants
from tenants.tests.factories import make_extension, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db
MOBILE = "+375291234570"  # who calls in the captured calls


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
def integration(pbx: Pbx) -> Iterator[Integration]:
    with Simulator(codes={"150": 19, "151": 18}, limits_rate=False).running() as crm:
        yield make_integration(pbx.tenant, url=crm.url)


def give(pbx: Pbx, number: str = MOBILE, extension: str = "160") -> None:
    save_mobiles(make_extension(pbx.tenant, extension), [number])
    pbx.tenant.refresh_from_db()


def ended() -> Call:
    for lane in ("calls.fold", "calls.notify", "calls.finish", "calls.notify"):
        drain(lane)
    return Call.objects.get()


def parts(call: Call) -> list[tuple[str, bool]]:
    rows = CallParticipant.objects.filter(call=call).order_by("extension")
    return list(rows.values_list("extension", "is_caller"))


@pytest.mark.parametrize("source", ["dialplan", "manager", "both"])
def test_a_colleague_who_calls_from_a_mobile_is_no_client(
    pbx: Pbx, integration: Integration, source: str
) -> None:
    give(pbx)
    begin = timezone.now() - timedelta(minutes=1)
    if source != "manager":
        store(pbx, posts("inbound_answered"), at=begin)
    if source != "dialplan":
        tell(pbx, packets_of("inbound_answered"), begin)

    call = ended()

    assert (call.direction, call.status, call.client_number) == ("internal", "answered", "")
    assert parts(call) == [("150", False), ("160", True)]
    assert notifications(call) == []
    assert Event.objects.filter(type__startswith="call.").count() == 0


def test_a_colleague_who_calls_in_vain_is_not_to_be_called_back(pbx: Pbx, integration: Integration) -> None:
    give(pbx, "+375291112233")

    play(pbx, "inbound_missed")
    call = ended()

    assert (call.direction, call.is_missed) == ("internal", False)
    assert MissedClient.objects.count() == 0
    assert notifications(call) == []


def test_another_companys_mobile_is_a_client_here(pbx: Pbx, integration: Integration) -> None:
    give(make_pbx(make_tenant(timezone="UTC")))

    play(pbx, "inbound_answered")
    call = ended()

    assert (call.direction, call.client_number) == ("in", MOBILE)
    assert [kind for kind, *_rest in notifications(call)] != []


def test_a_number_that_is_taken_away_is_a_clients_again(pbx: Pbx, integration: Integration) -> None:
    give(pbx)
    save_mobiles(Extension.objects.get(tenant=pbx.tenant, number="160"), [])

    play(pbx, "inbound_answered")

    assert ended().direction == "in"


def cost(pbx: Pbx, suffix: str) -> int:
    store(pbx, posts("ring_group", suffix), at=timezone.now())
    ids = list(CallEvent.objects.filter(call__isnull=True).values_list("id", flat=True))
    with CaptureQueriesContext(connection) as queries:
        fold_calls(ids)
    return len(queries)


def test_a_company_without_mobiles_is_asked_for_none(pbx: Pbx, integration: Integration) -> None:
    """Nor for its extensions, where the dialplan alone tells of its calls."""
    cost(pbx, "-warm")
    store(pbx, posts("ring_group", "-b"), at=timezone.now())
    ids = list(CallEvent.objects.filter(call__isnull=True).values_list("id", flat=True))

    with CaptureQueriesContext(connection) as queries:
        fold_calls(ids)

    read = " ".join(one["sql"] for one in queries.captured_queries)
    assert "tenants_mobile" not in read
    assert "tenants_extension" not in read


def test_a_company_with_mobiles_pays_two_reads_a_batch(pbx: Pbx, integration: Integration) -> None:
    cost(pbx, "-warm")
    before = cost(pbx, "-a")

    give(pbx, "+375297777777")

    assert cost(pbx, "-b") == before + 2
