"""Planfix keeps the contract, and its own promises beyond it."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache

from integrations import connectors
from integrations.actions.load_users import load_users
from integrations.actions.save_integration import create_integration, update_integration
from integrations.actions.test_connection import diagnose
from integrations.capabilities import (
    Account,
    CallKind,
    CallNotifications,
    CallOutcome,
    Change,
    CheckState,
    Direction,
)
from integrations.connectors import get as get_connector
from integrations.connectors.planfix.simulator import Employee, Simulator
from integrations.http.errors import OutcomeUnknown
from integrations.manifest import RateLimit
from integrations.models import Exchange
from integrations.records import Company, Contact, Deal, DealPhase, Money, Record, RecordKind
from integrations.sessions import open_session
from integrations.tests.contract import CallNotificationsContract
from integrations.tests.factories import answered, finished, hangup, ringing
from integrations.tests.records_bench import records_of
from integrations.tests.written_records_contract import WrittenRecordsContract
from tenants.errors import AuthFailed, ConfigError, RateLimited, RemoteRejected, TransientError, Unsupported
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

TABLES = {RecordKind.CONTACT: "contact", RecordKind.COMPANY: "contact", RecordKind.DEAL: "task"}
DEALS = 10
SETTINGS = {
    "contact_template": "1",
    "company_template": "2",
    "deal_template": str(DEALS),
    "amount_field": "41",
    "currency": "BYN",
    "won_statuses": "3",
    "zone": "Europe/Moscow",
    "daily_requests": 0,
}


class TestContract(CallNotificationsContract, WrittenRecordsContract):
    code = "planfix"
    bad_credentials = {
        "planfix_token": "a-wrong-token-0123456789",
        "rest_token": "another-wrong-token-0123456789",
    }
    upload_path = "/tel/api"
    is_empty_answer_success = True
    user_count = 101
    """More than a page; a request a second is all that Planfix allows."""
    record_kinds = tuple(TABLES)
    written_kinds = tuple(TABLES)
    record_count = 210
    keeps_place = False

    @pytest.fixture(autouse=True)
    def _at_once(self, monkeypatch):
        """A request a second would make it a test of patience; the pace has tests of its own."""
        cache.clear()
        rates = (RateLimit("telephony", 200, 100), RateLimit("rest", 200, 100))
        manifest = replace(get_connector("planfix").manifest, rate_limits=rates)
        connector = replace(get_connector("planfix"), manifest=manifest)
        found = {**connectors.registry(), "planfix": connector}
        monkeypatch.setattr(connectors, "registry", lambda: found)

    def make_simulator(self, user_count):
        employees = [Employee(number, f"Ann{number}", "Smith") for number in range(1, user_count + 1)]
        return Simulator(employees=employees, contacts=(), limits_rate=False)

    def settings_for(self, simulator):
        return {"url": simulator.url, **SETTINGS}

    def credentials_for(self, simulator):
        return {"planfix_token": simulator.token, "rest_token": simulator.rest_token}

    def put_records(self, simulator: Simulator, kind: RecordKind, count: int, at: datetime) -> list[str]:
        more: dict[str, Any] = {"isCompany": kind is RecordKind.COMPANY, "template": {"id": 1}}
        if kind is RecordKind.DEAL:
            more = {"template": {"id": DEALS}, "status": {"id": 1}}
        rows = [
            simulator.account.add(TABLES[kind], at, name=f"Name {number}", **more) for number in range(count)
        ]
        return [str(row["id"]) for row in rows]

    def touch_record(self, simulator: Simulator, kind: RecordKind, outside_id: str, at: datetime) -> None:
        row = simulator.account.tables[TABLES[kind]][int(outside_id)]
        row |= {"changed": at, "name": "Touched"}

    def remove_record(self, simulator: Simulator, kind: RecordKind, outside_id: str) -> None:
        simulator.account.tables[TABLES[kind]][int(outside_id)]["isDeleted"] = True

    def break_record(self, simulator: Simulator, kind: RecordKind, outside_id: str) -> None:
        simulator.account.broken.add(int(outside_id))

    def count_records(self, simulator: Simulator, kind: RecordKind) -> int:
        is_company = kind is RecordKind.COMPANY
        rows = simulator.account.tables[TABLES[kind]].values()
        return sum(not row.get("isDeleted") and bool(row.get("isCompany")) is is_company for row in rows)

    def records_path(self, kind: RecordKind) -> str:
        return f"/rest/{TABLES[kind]}/"

    def new_record(self, simulator: Simulator, kind: RecordKind, number: int) -> Record:
        phones = (f"+3752912345{number:02}", "+375291234599")
        if kind is RecordKind.COMPANY:
            return Company(
                name=f"Firm {number}",
                phones=phones,
                emails=("firm@example.com",),
                website="https://example.com",
                address="Minsk, 1",
                responsible_id="2",
                comment="5 < 6 & more",
                custom={"cf.36": 5},
            )
        firm = str(simulator.account.add("contact", name="Firm", isCompany=True)["id"])
        if kind is RecordKind.CONTACT:
            return Contact(
                name="Ann Smith",
                first_name="Ann",
                last_name="Smith",
                phones=phones,
                emails=("ann@example.com",),
                company_ids=(firm,),
                responsible_id="2",
                position="Buyer",
                custom={"cf.36": 5, "cf.37": "Реклама"},
            )
        return Deal(
            title=f"Deal {number}",
            total=Money(Decimal("1500.5"), "BYN"),
            stage="2",
            stage_title="В работе",
            contact_ids=(firm,),
            responsible_id="2",
            comment="two\nlines",
            custom={"cf.42": "Д-16", "cf.41": 1500.5},
        )

    def change_of(self, kind: RecordKind) -> dict[str, Any]:
        if kind is RecordKind.DEAL:
            return {"title": "Another", "stage": "3", "stage_title": "Завершённая", "phase": DealPhase.WON}
        news = {"phones": ("+375291234577",)}
        return news | ({"position": "Seller"} if kind is RecordKind.CONTACT else {"name": "Another"})

    def extra_of(self, simulator: Simulator, kind: RecordKind) -> tuple[str, Any]:
        return ("cf.42", "Д-17") if kind is RecordKind.DEAL else ("cf.37", "Сайт")

    def test_what_was_created_is_told_although_a_later_change_was_refused_for_speed(
        self, integration, simulator
    ):
        known = simulator.account.add("contact", name="Boris", template={"id": 1})["id"]
        changes = [
            Change(record=Contact(name="Anna"), key="k1"),
            Change(
                record=Contact(name="Boris B", outside_id=str(known)), key="k2", fields=frozenset({"name"})
            ),
            Change(record=Contact(name="Vera"), key="k3"),
        ]
        simulator.fail("429", method="POST", path=f"/rest/contact/{known}", retry_after=None)

        with records_of(integration) as records:
            first, second, third = records.write(RecordKind.CONTACT, changes)

        names = {str(number): row["name"] for number, row in simulator.account.tables["contact"].items()}
        assert (names[first.outside_id], first.error) == ("Anna", None)
        assert isinstance(second.error, RateLimited)
        assert (isinstance(third.error, RateLimited), third.outside_id) == (True, "")
        assert "Vera" not in names.values()

    def test_what_hinders_all_raises_while_nothing_was_created(self, integration, simulator):
        simulator.fail("429", retry_after=None)

        with records_of(integration) as records, pytest.raises(RateLimited):
            records.write(RecordKind.CONTACT, [Change(record=Contact(name="Anna"), key="k1")])


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def simulator():
    with Simulator().running() as running:
        yield running


@pytest.fixture
def connect(simulator):
    def make(**credentials):
        return create_integration(
            tenant,
            "planfix",
            "Planfix",
            settings={"url": f"{simulator.url}/task/1?from=browser"},
            credentials={"planfix_token": simulator.token} | credentials,
        )

    tenant = make_tenant()
    with tenant_scope(tenant):
        yield make


@pytest.fixture
def integration(connect):
    return connect()


def tell(integration, *steps):
    with open_session(integration.pk) as session:
        calls = session.require(CallNotifications)
        for step in steps:
            step(calls)


def test_group_rings_at_each_one_answers_and_the_call_is_in_the_journal_once(simulator, integration):
    both = ("150", "151")

    tell(integration, lambda crm: crm.notify_ringing(ringing(extensions=both)))
    assert [(card.ext, card.state) for card in simulator.cards] == [("150", "ringing"), ("151", "ringing")]

    tell(
        integration,
        lambda crm: crm.notify_hangup(hangup(extensions=both)),
        lambda crm: crm.upload_call(finished(extensions=both, recording_url="https://hub.example/rec/A.mp3")),
    )

    assert {card.state for card in simulator.cards} == {"ended"}
    [entry] = simulator.journal
    assert (entry.ext, entry.status, entry.duration, entry.record_link) == (
        "150",
        "Success",
        61,
        "https://hub.example/rec/A.mp3",
    )
    assert not entry.is_record_awaited


def test_who_took_the_call_talks_and_the_others_cards_close(simulator, integration):
    three = ("150", "151", "152")
    tell(integration, lambda crm: crm.notify_ringing(ringing(extensions=three)))

    tell(integration, lambda crm: crm.notify_answered(answered(extensions=("151", "150", "152"))))

    assert [(card.ext, card.state) for card in simulator.cards] == [
        ("150", "ended"),
        ("151", "talking"),
        ("152", "ended"),
    ]
    assert simulator.journal == []


def test_recording_is_copied_where_that_is_wanted(simulator, integration):
    update_integration(integration, settings={**integration.settings, "copies_recordings": True})
    url = "https://hub.example/rec/A.mp3"

    tell(integration, lambda crm: crm.upload_call(finished(recording_url=url)))

    [entry] = simulator.journal
    assert (entry.record_link, entry.is_record_awaited) == (url, False)
    assert [request.form["cmd"] for request in simulator.requests] == ["event", "record"]
    assert simulator.requests[1].form["is_temp"] == "1"


def test_every_outcome_is_legal_in_both_directions(simulator, integration):
    cases = [(direction, outcome) for direction in Direction for outcome in CallOutcome]

    tell(
        integration,
        *[
            lambda crm, number=number, direction=direction, outcome=outcome: crm.upload_call(
                finished(direction=direction, outcome=outcome, external_id=f"call.{number}")
            )
            for number, (direction, outcome) in enumerate(cases)
        ],
    )

    assert len(simulator.journal) == len(cases)


def test_what_planfix_has_no_use_for_is_said_and_not_sent(simulator, integration):
    with open_session(integration.pk) as session:
        crm = session.require(CallNotifications)
        with pytest.raises(Unsupported):
            crm.notify_hangup(hangup())
        with pytest.raises(Unsupported):
            crm.notify_ringing(ringing(extensions=()))

    assert simulator.requests == []


def test_failure_after_the_first_extension_is_not_repeated(simulator, integration):
    simulator.fail_next("latency", seconds=0.01)
    with open_session(integration.pk) as session:
        crm = session.require(CallNotifications)
        original = simulator.respond

        def respond(request):
            answer = original(request)
            simulator.fail_next("503")
            return answer

        simulator.respond = respond
        with pytest.raises(OutcomeUnknown) as raised:
            crm.notify_ringing(ringing(extensions=("150", "151")))

    assert not crm.may_repeat(CallKind.RINGING, raised.value)
    assert [event.ext for event in simulator.events] == ["150"]


def test_failure_at_the_first_extension_may_be_repeated(simulator, integration):
    simulator.fail_next("503")

    with open_session(integration.pk) as session:
        crm = session.require(CallNotifications)
        with pytest.raises(TransientError) as raised:
            crm.notify_ringing(ringing(extensions=("150", "151")))

    assert crm.may_repeat(CallKind.RINGING, raised.value)
    assert simulator.events == []


def test_without_a_rest_token_calls_work_and_employees_are_not_asked_for(simulator, integration):
    found = diagnose(integration)

    assert [check.state for check in found.checks] == [CheckState.PASSED, CheckState.SKIPPED]
    assert found.works
    with pytest.raises(ConfigError, match="REST"):
        load_users(integration)
    assert [request.path for request in simulator.requests] == ["/tel/api"]


def test_our_own_token_in_the_answer_to_ping_is_kept_nowhere(simulator, integration):
    diagnose(integration)

    kept = str(list(Exchange.objects.values()))
    assert "pbxUrl" in kept
    assert simulator.pbx_token not in kept


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"result": "fail", "code": 2, "error": "Inactive token"}, AuthFailed),
        ({"result": "fail", "code": 20, "error": "Unpaid"}, ConfigError),
        ({"result": "fail", "code": 22, "error": "Limit"}, RateLimited),
        ({"result": "fail", "code": 0, "error": "Oops"}, TransientError),
        ({"result": "fail", "code": 41, "error": "Bad value"}, RemoteRejected),
    ],
)
def test_codes_of_the_rest_api_are_told_apart(simulator, connect, answer, error):
    from tenants.simulation import Reply

    row = connect(rest_token=simulator.rest_token)
    simulator.respond = lambda request: Reply.json(answer, 400)

    with open_session(row.pk, seconds=0.5) as session, pytest.raises(error) as raised:
        list(session.require(Account).list_users())

    assert str(raised.value)


def test_daily_quota_holds_back_the_rest_api_and_never_the_calls(simulator, connect):
    row = connect(rest_token=simulator.rest_token)
    simulator.rest.daily_left = 0

    with open_session(row.pk, seconds=2) as session, pytest.raises(RateLimited):
        list(session.require(Account).list_users())
    tell(row, lambda crm: crm.notify_ringing(ringing()))

    assert len(simulator.events) == 1


@pytest.fixture
def keyed(simulator, connect):
    """Contacts and companies have a field for our key."""
    settings = {"url": simulator.url, **SETTINGS, "key_field": "35"}
    made = connect(rest_token=simulator.rest_token)
    update_integration(made, settings=settings)
    return made


@pytest.mark.parametrize("kind", [RecordKind.CONTACT, RecordKind.COMPANY])
def test_with_a_field_for_our_key_a_creation_that_is_tried_again_makes_nothing_twice(simulator, keyed, kind):
    made = TestContract().new_record(simulator, kind, 1)
    simulator.account.add("contact", name="Of a key that begins alike", customFieldData={35: "k10"})
    before = len(simulator.account.tables["contact"])

    with records_of(keyed, seconds=60) as records:
        assert records.kinds[kind].finds_by_key
        assert not records.kinds[RecordKind.DEAL].finds_by_key
        first = records.write(kind, [Change(record=made, key="k1")])[0]
        second = records.write(kind, [Change(record=made, key="k1")])[0]
        other = records.write(kind, [Change(record=made, key="k2")])[0]
        found = records.fetch(kind, second.outside_id)

    assert (first.error, second.error, other.error) == (None, None, None)
    assert first.outside_id == second.outside_id != other.outside_id
    assert len(simulator.account.tables["contact"]) == before + 2
    assert found.custom == made.custom  # our key is in none of our records


def test_what_slips_over_the_border_of_two_pages_is_noticed(simulator, keyed):
    rows = [simulator.account.add("contact", name=f"Name {one}", template={"id": 1}) for one in range(210)]

    with records_of(keyed, seconds=60) as records:
        first = records.read(RecordKind.CONTACT)
        steady = records.read(RecordKind.CONTACT, first.next)
        simulator.account.add("contact", name="New")
        rows[0]["isDeleted"] = True
        moved = records.read(RecordKind.CONTACT, first.next)

    assert not first.has_slipped
    assert (steady.has_slipped, moved.has_slipped) == (False, True)
    ids = [one.outside_id for one in (*first.records, *steady.records)]
    assert len(ids) == len(set(ids)) == 199
