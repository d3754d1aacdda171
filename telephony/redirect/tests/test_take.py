"""What a dialplan is answered, by the very handler of the front, with a simulated CRM behind it."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.utils import timezone

from config.front import FrontRequest
from config.ids import uuid7_at
from integrations import live
from integrations.connectors.retailcrm.simulator import Simulator
from integrations.http import line as lines
from integrations.models import Exchange, ExtensionAssignment, Integration
from integrations.tests.factories import make_integration
from telephony.ingest.tokens import TokenTable
from telephony.models import Pbx, RedirectDecision
from telephony.redirect import handlers, lookups, rules
from telephony.redirect.handlers import BODY_LIMIT, Redirects
from telephony.redirect.tests.factories import ask, question, switch_on
from telephony.redirect.words import EXPLANATIONS, Reason
from telephony.tests.factories import make_pbx, play, posts, store
from tenants.actions.save_mobiles import save_mobiles
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_extension, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "exchange-token-one"
IVANS, MARIAS, STRANGERS = "+79001234567", "+375291112233", "+375290000000"
MANAGER = "/api/v5/telephony/manager"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(timezone="UTC", phone_region="BY")


@pytest.fixture
def pbx(tenant: Tenant) -> Pbx:
    return make_pbx(tenant, TOKEN)


@pytest.fixture
def crm() -> Iterator[Simulator]:
    with Simulator(codes={"150": 19}, limits_rate=False).running() as running:
        yield running


@pytest.fixture
def integration(pbx: Pbx, crm: Simulator) -> Integration:
    made = make_integration(pbx.tenant, url=crm.url)
    assign(made, "19", "150")
    return made


def assign(integration: Integration, user: str, extension: str) -> None:
    ExtensionAssignment.objects.create(
        tenant=integration.tenant,
        integration=integration,
        outside_user_id=user,
        extension=extension,
        valid_from=timezone.now(),
    )
    live.forget(integration.tenant_id)


def told(phone: str = IVANS, **values: Any) -> dict[str, Any]:
    """The answer with its reason."""
    [answer] = ask(question(TOKEN, phone, format="json", **values))
    assert answer.status == 200
    found: dict[str, Any] = orjson.loads(answer.body)
    return found


def plain(phone: str = IVANS, **values: Any) -> str:
    [answer] = ask(question(TOKEN, phone, **values))
    assert (answer.status, answer.content_type) == (200, "text/plain; charset=utf-8")
    return answer.body.decode()


def asked_of(crm: Simulator) -> int:
    return [request.path for request in crm.requests].count(MANAGER)


def talk(pbx: Pbx, ago: timedelta = timedelta(hours=1)) -> None:
    """150 talked with +375291234570."""
    play(pbx, "inbound_answered", at=timezone.now() - ago)


def test_the_manager_in_the_crm_is_answered_and_the_decision_kept(
    integration: Integration, pbx: Pbx, crm: Simulator
) -> None:
    switch_on(pbx.tenant)

    assert plain(uid="pbx-1.1", did="+375173001001", channel="PJSIP/trunk-1-00000001") == "150"

    kept = RedirectDecision.objects.get()
    assert (kept.tenant_id, kept.pbx_id, kept.mode, kept.outcome, kept.reason_code) == (
        pbx.tenant_id, pbx.pk, "pull", "redirected", "found",
    )  # fmt: skip
    assert (kept.unique_id, kept.channel, kept.phone, kept.line) == (
        "pbx-1.1",
        "PJSIP/trunk-1-00000001",
        IVANS,
        "+375173001001",
    )
    assert (kept.extension, kept.source, kept.integration_id, kept.is_remembered) == (
        "150",
        "crm",
        integration.pk,
        False,
    )
    assert kept.steps == [{"extension": "150", "source": "crm", "name": "Petrov Ivan", "verdict": "free"}]
    assert asked_of(crm) == 1
    assert wait_for(lambda: Exchange.objects.filter(integration=integration).count() == 1)


def test_a_second_question_needs_no_crm(integration: Integration, pbx: Pbx, crm: Simulator) -> None:
    switch_on(pbx.tenant)
    plain(uid="1")
    plain(STRANGERS, uid="2")
    assert asked_of(crm) == 2

    again, nobody = told(uid="3"), told(STRANGERS, uid="4")

    assert (again["extension"], again["reason"]) == ("150", "found")
    assert (nobody["extension"], nobody["reason"]) == ("", "nobody")
    assert asked_of(crm) == 2
    assert RedirectDecision.objects.get(unique_id="3").is_remembered


def test_an_assignment_counts_at_once_although_the_answer_is_remembered(
    integration: Integration, pbx: Pbx, crm: Simulator
) -> None:
    switch_on(pbx.tenant)
    plain(uid="1")
    ExtensionAssignment.objects.filter(outside_user_id="19").update(extension="152")
    live.forget(pbx.tenant_id)

    assert plain(uid="2") == "152"
    assert asked_of(crm) == 1


def test_nothing_is_remembered_where_that_is_wanted(
    integration: Integration, pbx: Pbx, crm: Simulator
) -> None:
    switch_on(pbx.tenant, remembers_minutes=0)

    assert [plain(uid="1"), plain(uid="2")] == ["150", "150"]
    assert asked_of(crm) == 2


def test_a_slow_crm_costs_no_more_than_the_budget_and_helps_the_next_call(
    integration: Integration, pbx: Pbx, crm: Simulator
) -> None:
    switch_on(pbx.tenant, budget_ms=300)
    crm.fail("latency", seconds=1.5, path=MANAGER)

    begun = time.monotonic()
    late = told(uid="1")
    took = time.monotonic() - begun

    assert (late["extension"], late["reason"]) == ("", "late")
    assert took < 1.5
    assert wait_for(lambda: lookups.under_way() == 0)
    assert plain(uid="2") == "150"
    assert asked_of(crm) == 1


def test_a_crm_that_fails_leads_to_the_next_source(
    integration: Integration, pbx: Pbx, crm: Simulator
) -> None:
    talk(pbx)
    switch_on(pbx.tenant, sources=["crm", "conversation"])
    crm.fail("500", path=MANAGER)

    found = told("+375291234570", uid="1")

    assert (found["extension"], found["source"]) == ("150", "conversation")


def test_a_crm_that_is_gone_is_a_reason_in_words(pbx: Pbx) -> None:
    with Simulator().running() as gone:
        url = gone.url
    make_integration(pbx.tenant, url=url)
    switch_on(pbx.tenant)

    found = told(uid="1")

    assert (found["extension"], found["reason"]) == ("", "trouble")
    assert found["explanation"] == str(EXPLANATIONS[Reason.TROUBLE])
    assert RedirectDecision.objects.get().outcome == "normal"


def test_an_open_breaker_is_not_waited_for(integration: Integration, pbx: Pbx, crm: Simulator) -> None:
    switch_on(pbx.tenant)
    crm.fail("500", path=MANAGER)
    for number in range(12):
        told(f"+37529000{number:04d}", uid=f"a{number}")
        wait_for(lambda: lookups.under_way() == 0)
    before = asked_of(crm)
    lines.close_all()

    found = told(uid="last")

    assert found["reason"] == "trouble"
    assert asked_of(crm) <= before + 1


def test_the_order_of_the_sources_decides(integration: Integration, pbx: Pbx, crm: Simulator) -> None:
    assign(integration, "18", "151")
    talk(pbx)
    made = switch_on(pbx.tenant, sources=["conversation", "crm"])

    assert told("+375291234570", uid="1")["source"] == "conversation"

    made.sources = ["crm", "conversation"]
    made.save()
    rules.forget_rules()
    found = told("+375291234570", uid="2")
    assert (found["extension"], found["source"]) == ("151", "crm")


def test_a_conversation_of_long_ago_does_not_count(pbx: Pbx) -> None:
    switch_on(pbx.tenant, days=1, sources=["conversation"])
    talk(pbx)
    assert plain("+375291234570", uid="1") == "150"
    with connection.cursor() as cursor:
        old = uuid7_at(timezone.now() - timedelta(days=2))
        value = old if connection.vendor == "postgresql" else old.hex
        for table in ("telephony_callevent", "telephony_callalias", "telephony_callparticipant"):
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("UPDATE telephony_call SET id = %s", [value])

    assert told("+375291234570", uid="2")["reason"] == "nobody"


def test_whoever_talks_is_passed_over(integration: Integration, pbx: Pbx, crm: Simulator) -> None:
    switch_on(pbx.tenant)
    store(pbx, posts("inbound_answered")[:3])
    drain("calls.fold")

    found = told(uid="other")

    assert (found["extension"], found["reason"]) == ("", "busy")
    assert RedirectDecision.objects.get().steps[0]["verdict"] == "busy"


def test_whoever_is_at_lunch_is_passed_over(integration: Integration, pbx: Pbx, crm: Simulator) -> None:
    assign(integration, "16", "151")
    crm.shop.change("customers", 7, {"managerId": 16}, is_ours=False)
    made = switch_on(pbx.tenant)

    assert told(uid="1")["reason"] == "away"

    made.checks_status = False
    made.save()
    rules.forget_rules()
    assert plain(uid="2") == "151"


def test_a_manager_without_extension_is_a_reason(integration: Integration, pbx: Pbx, crm: Simulator) -> None:
    switch_on(pbx.tenant)

    assert told(MARIAS, uid="1")["reason"] == "no_extension"


@pytest.mark.parametrize(
    ("values", "phone", "extra", "reason"),
    [
        ({}, "anonymous", {}, "hidden"),
        ({}, "151", {}, "internal"),
        ({"excluded_numbers": ["8 (029) 111-22-33"]}, MARIAS, {}, "own_number"),
        ({"excluded_lines": ["80173001001"]}, IVANS, {"did": "+375173001001"}, "line"),
    ],
)
def test_calls_that_go_the_usual_way_ask_nobody(
    integration: Integration,
    pbx: Pbx,
    crm: Simulator,
    values: dict[str, Any],
    phone: str,
    extra: dict[str, str],
    reason: str,
) -> None:
    switch_on(pbx.tenant, **values)

    found = told(phone, uid="1", **extra)

    assert (found["extension"], found["reason"]) == ("", reason)
    assert asked_of(crm) == 0
    assert RedirectDecision.objects.get().reason_code == reason


def test_a_colleagues_mobile_is_not_looked_at(
    integration: Integration, pbx: Pbx, crm: Simulator, tenant: Tenant
) -> None:
    with tenant_scope(tenant):
        save_mobiles(make_extension(tenant, "150"), ["8 (029) 111-22-33"])
    switch_on(tenant)

    found = told(MARIAS, uid="1")

    assert (found["extension"], found["reason"]) == ("", "own_number")
    assert asked_of(crm) == 0


def test_where_it_is_off_nothing_is_asked_and_nothing_kept(
    integration: Integration, pbx: Pbx, crm: Simulator
) -> None:
    redirects = Redirects(TokenTable())
    for _turn in range(2):
        [answer] = ask(question(TOKEN, IVANS, uid="1"), redirects=redirects)
        assert (answer.status, answer.body) == (200, b"")
    assert asked_of(crm) == RedirectDecision.objects.count() == 0


def test_a_line_of_its_own_can_be_off(integration: Integration, pbx: Pbx, crm: Simulator) -> None:
    switch_on(pbx.tenant, [{"line": "+375173001001", "is_enabled": False}])

    assert plain(uid="1", did="80173001001") == ""
    assert plain(uid="2", did="+375173001002") == "150"


def test_a_call_is_redirected_once_however_often_and_at_once_it_is_asked(
    integration: Integration, pbx: Pbx, crm: Simulator
) -> None:
    switch_on(pbx.tenant)

    answers = [one.body for one in ask(*[question(TOKEN, IVANS, uid="same")] * 12)]

    assert sorted(answers) == [b""] * 11 + [b"150"]
    assert plain(uid="same") == ""
    outcomes = list(RedirectDecision.objects.values_list("outcome", "reason_code"))
    assert outcomes.count(("redirected", "found")) == 1
    assert outcomes.count(("normal", "again")) == 12
    assert asked_of(crm) == 1  # twelve shared one question


def test_a_call_without_a_name_is_taken_for_the_same_for_a_while(
    integration: Integration, pbx: Pbx, crm: Simulator
) -> None:
    switch_on(pbx.tenant)

    assert [plain(), plain()] == ["150", ""]


def test_another_companys_manager_is_never_answered(
    integration: Integration, pbx: Pbx, crm: Simulator
) -> None:
    other = make_pbx(make_tenant(), "exchange-token-two")
    switch_on(pbx.tenant)
    switch_on(other.tenant)
    talk(pbx)

    [theirs] = ask(question("exchange-token-two", "+375291234570", uid="pbx-1.1", format="json"))

    assert orjson.loads(theirs.body)["reason"] == "nobody"
    assert asked_of(crm) == 0
    assert set(RedirectDecision.objects.values_list("tenant_id", flat=True)) == {other.tenant_id}


@pytest.mark.parametrize("token", ["", "nobody's-token-1", "x" * 3000, "\x00\n"])
def test_a_strange_token_gets_nothing_to_dial(pbx: Pbx, token: str) -> None:
    switch_on(pbx.tenant)

    plain_one, words = ask(question(token, IVANS), question(token, IVANS, format="json"))

    assert (plain_one.status, plain_one.body) == (401, b"")
    assert (words.status, words.content_type) == (401, "application/problem+json")
    assert RedirectDecision.objects.count() == 0


def test_every_usual_spelling_is_understood(integration: Integration, pbx: Pbx, crm: Simulator) -> None:
    switch_on(pbx.tenant)

    def request(query: bytes = b"", body: bytes = b"", headers: Any = ()) -> FrontRequest:
        return FrontRequest("POST" if body else "GET", "/redirect", query, tuple(headers), body, "192.0.2.7")

    token = TOKEN.encode()
    answers = ask(
        request(b"token=" + token + b"&phone=+79001234567&uid=1"),  # a plus that nobody escaped
        request(b"Token=" + token + b"&CallerIDNum=%2B79001234567&UniqueId=2"),
        request(b"phone=79001234567&unique_id=3", headers=[(b"x-pbx-token", token)]),
        request(body=b'{"Token": "' + token + b'", "CallerIDNum": "+79001234567", "UniqueId": "4"}'),
        request(body=b"token=" + token + b"&phone=%2B79001234567&uid=5"),
        request(b"uid=6&token=" + token, body=b'{"phone": "+7 (900) 123-45-67"}'),
    )

    assert [answer.body for answer in answers] == [b"150"] * 6
    assert set(RedirectDecision.objects.values_list("unique_id", flat=True)) == set("123456")


@pytest.mark.parametrize(
    "garbage",
    [b"\xff\xfe", b"%00%00=&&&&", b"phone=" + b"9" * 200, b"phone=%0d%0aAction: Originate", b"a=1&" * 900],
)
def test_garbage_is_answered_with_nothing(pbx: Pbx, garbage: bytes) -> None:
    switch_on(pbx.tenant)
    header = [(b"x-pbx-token", TOKEN.encode())]
    in_query = FrontRequest("GET", "/redirect", garbage, header, b"", "192.0.2.7")
    in_body = FrontRequest("POST", "/redirect", b"", header, garbage[:BODY_LIMIT], "192.0.2.7")

    assert [(one.status, one.body) for one in ask(in_query, in_body)] == [(200, b"")] * 2


def test_an_answer_that_came_too_late_is_not_told_as_a_redirect(
    integration: Integration, pbx: Pbx, crm: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exchange hung up on us: the call went the usual way, and the log says so."""
    switch_on(pbx.tenant)
    redirects = Redirects(TokenTable())
    keep = redirects._writer.insert

    written = threading.Event()

    def slowly(items: Any) -> Any:
        assert written.wait(60)
        return keep(items)

    monkeypatch.setattr(redirects._writer, "insert", slowly)
    monkeypatch.setattr(handlers, "HARD_SECONDS", 0.5)
    threading.Timer(1.5, written.set).start()

    [answer] = ask(question(TOKEN, IVANS, uid="1"), redirects=redirects)

    assert answer.body == b""
    assert wait_for(lambda: RedirectDecision.objects.filter(outcome="normal", reason_code="late").exists())
    assert RedirectDecision.objects.get().extension == ""


def test_a_crowd_at_a_hanging_crm_leaves_no_threads_behind(
    integration: Integration, pbx: Pbx, crm: Simulator
) -> None:
    switch_on(pbx.tenant, budget_ms=200)
    crm.fail("latency", seconds=3.0, path=MANAGER)

    begun = time.monotonic()
    answers = ask(*[question(TOKEN, f"+37529000{n:04d}", uid=str(n), format="json") for n in range(40)])
    took = time.monotonic() - begun

    reasons = [orjson.loads(one.body)["reason"] for one in answers]
    assert set(reasons) <= {"late", "crowded", "trouble"}
    assert took < 3.0
    assert lookups.under_way() <= lookups.PER_INTEGRATION
    assert wait_for(lambda: lookups.under_way() == 0)
    lookups.close()
    assert wait_for(lambda: [one for one in threading.enumerate() if one.name.startswith("redirect")] == [])


def wait_for(condition: Any, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
