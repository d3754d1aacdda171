"""Objects created and changed by GraphQL mutations: what is sent, and what each kind of failure means."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from integrations.actions.edit_record import create_record
from integrations.actions.save_mapping import save_mapping
from integrations.capabilities import Change
from integrations.connectors.rest.manifest import manifest
from integrations.connectors.rest.mapping import variables_of
from integrations.connectors.rest.plan import plan_of
from integrations.connectors.rest.simulator import Simulator
from integrations.connectors.rest.tests.entered import (
    CREATES,
    found_row,
    kind_row,
    mutated_row,
    named,
    settings_of,
)
from integrations.connectors.rest.tests.test_ways import connected
from integrations.http.errors import NotSent, OutcomeUnknown
from integrations.mapping.through import mapped, mapped_out
from integrations.models import Exchange, PendingWrite, SyncDirection
from integrations.records import Contact, RecordKind
from integrations.sessions import open_session
from integrations.sync.tests.conftest import plan_for, run
from integrations.sync.tests.test_uncertain import later
from integrations.tests.records_bench import outcome, records_of, sound
from tenants.errors import AuthFailed, ConfigError, RateLimited, RemoteRejected, TransientError
from tenants.scoping import tenant_scope
from tenants.simulation import Reply
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)
CONTACT = RecordKind.CONTACT
PATH = "/api/graphql"
RULES = [
    {"theirs": "full_name", "ours": "name", "direction": "both"},
    {
        "theirs": "phones",
        "ours": "phones",
        "direction": "both",
        "transform": "each",
        "parameters": {"field": "number"},
    },
]


@pytest.fixture
def tenant():
    tenant = make_tenant(phone_region="BY")
    with tenant_scope(tenant):
        yield tenant


@pytest.fixture
def simulator():
    with Simulator().running() as running:
        yield running


def new(key: str = "k1", **extra: Any) -> Change:
    return Change(record=Contact(), key=key, extra=extra or {"full_name": "Anna"})


def change_of(outside_id: Any, key: str = "k2", **extra: Any) -> Change:
    return Change(record=Contact(outside_id=str(outside_id)), key=key, extra=extra)


def tried(row, change, seconds=20):
    with records_of(row, seconds) as records:
        return outcome(records, CONTACT, change)


def kept(simulator):
    return list(simulator.store.rows["contacts"].values())


def test_mapped_objects_are_created_changed_and_read_back(tenant, simulator):
    query = mutated_row()["query"].replace(" touched ", " touched full_name phones { number } ")
    one = "query($id: ID!) { contact(id: $id) { id updated_at full_name phones { number } } }"
    row = connected(tenant, simulator, mutated_row(query=query, object_query=one))
    save_mapping(row, "contact", RULES)

    with open_session(row.pk) as session:
        assert session.kinds[CONTACT].is_writable
        made = Change(record=Contact(name="Anna", phones=("+375291234570",)), key="k1")
        [answer] = session.write(CONTACT, [mapped_out(session.live, made).change])
        assert answer.error is None
        news = Change(
            record=Contact(outside_id=answer.outside_id, name="Ann"), key="k2", fields=frozenset({"name"})
        )
        [second] = session.write(CONTACT, [mapped_out(session.live, news).change])
        found = mapped(session.live, session.fetch(CONTACT, answer.outside_id)).record

    assert (second.error, second.outside_id) == (None, answer.outside_id)
    assert second.updated_at is not None
    assert (found.name, found.phones) == ("Ann", ("+375291234570",))
    sent = [request.json() for request in simulator.requests if "mutation" in request.json()["query"]]
    assert sent[0]["variables"] == {"input": {"full_name": "Anna", "phones": [{"number": "+375291234570"}]}}
    assert sent[1]["variables"] == {"id": answer.outside_id, "input": {"full_name": "Ann"}}


def test_an_object_may_be_written_out_in_the_text_with_variables_in_it(tenant, simulator):
    text = """
    # every field by a variable of its own
    mutation($id: ID!, $full_name: String = "nobody", $phone: String!) {
      done: updateContact(id: $id, input: {full_name: $full_name, active: "yes", phones: [{number: $phone}]}) {
        contact { id }, userErrors { message }
      }
    }
    """
    number = simulator.store.add("contacts", {"full_name": "Boris"})["id"]
    row = connected(
        tenant, simulator, mutated_row(body_in="", update_query=text, update_in="data.done.contact")
    )

    assert tried(row, change_of(number, full_name="Anna", phone="1")) is None
    assert tried(row, change_of(number, full_name="Anna")) is not None

    [found] = kept(simulator)
    assert (found["full_name"], found["active"], found["phones"]) == ("Anna", "yes", [{"number": "1"}])


def test_the_id_may_go_into_the_object(tenant):
    plan = plan_of(mutated_row(id_variable="input.id"))

    assert variables_of(plan, {"input": {"name": "x"}}, "7") == {"input": {"name": "x", "id": "7"}}
    assert variables_of(plan, {"input": {"name": "x"}}, "") == {"input": {"name": "x"}}


@pytest.mark.parametrize("how", ["in the answer", "500", "reset", "truncated", "html", "empty"])
def test_what_was_not_answered_may_be_there_and_is_not_sent_again(tenant, simulator, how):
    row = connected(tenant, simulator, mutated_row())
    if how == "in the answer":
        simulator.graphql.crashes = 1
    else:
        simulator.fail_next(how, after=True)

    error = tried(row, new())

    assert isinstance(error, OutcomeUnknown)
    assert len(simulator.requests) == len(kept(simulator)) == 1
    assert Exchange.objects.exclude(error="").count() == 1


def test_what_was_created_is_found_by_our_key_and_linked(tenant, simulator):
    row = connected(tenant, simulator, found_row())
    simulator.graphql.crashes = 1
    assert isinstance(tried(row, new("k 1")), OutcomeUnknown)

    with records_of(row) as records:
        assert records.kinds[CONTACT].finds_by_key
        [found] = sound(records.write(CONTACT, [new("k 1")]), ["k 1"])
        sound(records.write(CONTACT, [change_of(found.outside_id, full_name="Ann")]), ["k2"])

    assert [(str(one["id"]), one["external_id"], one["full_name"]) for one in kept(simulator)] == [
        (found.outside_id, "k 1", "Ann")
    ]


@pytest.mark.parametrize("finds", [True, False])
def test_a_run_looks_first_or_leaves_it_to_a_person(tenant, simulator, finds):
    row = connected(tenant, simulator, found_row() if finds else mutated_row())
    save_mapping(row, "contact", RULES[:1])
    plan = plan_for(row, direction=SyncDirection.EXPORT)
    create_record(tenant, CONTACT, {"name": "Anna"})
    simulator.graphql.crashes = 1

    run(plan)
    waiting = PendingWrite.objects.get()
    assert (waiting.is_uncertain, waiting.is_parked) == (True, True)
    later()
    run(plan)

    assert [one["full_name"] for one in kept(simulator)] == ["Anna"]
    assert PendingWrite.objects.filter(is_uncertain=True).exists() is not finds


def test_an_excess_waits_and_goes_again(tenant, simulator):
    row = connected(tenant, simulator, mutated_row())
    simulator.fail_next("excess", path=PATH)

    assert tried(row, new()) is None

    assert len(simulator.requests) == 2
    assert len(kept(simulator)) == 1


def test_an_excess_that_lasts_says_how_long(tenant, simulator, monkeypatch):
    row = connected(tenant, simulator, mutated_row())
    cost = {"requestedQueryCost": 300, "throttleStatus": {"currentlyAvailable": 100, "restoreRate": 10.0}}
    told = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    answer = {"errors": [told], "extensions": {"cost": cost}}
    monkeypatch.setattr(simulator, "respond", lambda request: Reply.json(answer))

    error = tried(row, new(), seconds=5)

    assert isinstance(error, RateLimited)
    assert error.retry_after == 20.0
    assert len(simulator.requests) == 1


def test_what_is_refused_harms_no_neighbour(tenant, simulator):
    row = connected(tenant, simulator, mutated_row())

    with records_of(row) as records:
        answers = records.write(
            CONTACT,
            [
                new("k1", full_name="x" * 101),
                new("k2", colour="red"),
                new("k3", phones=[{}]),
                new("k4", n="five"),
                change_of(99, "k5", full_name="Anna"),
                new("k6"),
            ],
        )

    assert [one.key for one in answers] == ["k1", "k2", "k3", "k4", "k5", "k6"]
    assert [isinstance(one.error, RemoteRejected) for one in answers] == [True] * 5 + [False]
    texts = [str(one.error) for one in answers]
    assert "input.full_name: is longer than 100 characters" in texts[0]
    assert 'Field "colour" is not defined' in texts[1]
    assert 'Field "number" of required type "String!" was not provided' in texts[2]
    assert "Int cannot represent" in texts[3]
    assert "id: does not exist" in texts[4]
    assert len(kept(simulator)) == 1


def test_what_was_done_is_done_although_a_part_of_the_answer_is_missing(tenant, simulator):
    broken = named(CREATES, "contact").replace("updated_at", "rating")
    row = connected(tenant, simulator, mutated_row(create_query=broken))

    with records_of(row) as records:
        [answer] = sound(records.write(CONTACT, [new()]), ["k1"])

    assert answer.outside_id == str(kept(simulator)[0]["id"])


NESTED = {"message": "?", "path": ["createContact", "contact", "owner"], "extensions": {"code": "FORBIDDEN"}}
ROOT = {"message": "Name is taken", "path": ["createContact"]}


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        ({"data": {"createContact": None}, "errors": [NESTED]}, 200, OutcomeUnknown),
        ({"data": {"createContact": None}, "errors": [ROOT, NESTED]}, 200, OutcomeUnknown),
        ({"data": {"createContact": None}, "errors": [ROOT]}, 200, RemoteRejected),
        ({"data": None, "errors": [ROOT]}, 200, RemoteRejected),
        ({"errors": [{"message": "no"}]}, 400, RemoteRejected),
        (
            {"errors": [{"message": "no", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]},
            200,
            OutcomeUnknown,
        ),
        ({"errors": [{"message": "no", "extensions": {"code": "UNAUTHENTICATED"}}]}, 200, AuthFailed),
        ({"data": {"createContact": None}}, 200, OutcomeUnknown),
        ({"data": {"createContact": {"contact": {"name": "x"}}}}, 200, OutcomeUnknown),
        ({"errors": "no"}, 200, RemoteRejected),
        ([], 200, OutcomeUnknown),
        ({}, 502, OutcomeUnknown),
    ],
)
def test_each_answer_means_what_the_specification_says(tenant, simulator, monkeypatch, answer, status, error):
    row = connected(tenant, simulator, mutated_row())
    monkeypatch.setattr(simulator, "respond", lambda request: Reply.json(answer, status))

    found = tried(row, new(), seconds=5)

    assert type(found) is error, found
    assert len(simulator.requests) == 1


@pytest.mark.parametrize(("retry_after", "is_unknown"), [("30", False), (None, True)])
def test_a_503_was_not_taken_only_where_it_says_when_to_come_back(tenant, simulator, retry_after, is_unknown):
    row = connected(tenant, simulator, mutated_row())
    simulator.fail("503", path=PATH, retry_after=retry_after)

    error = tried(row, new(), seconds=5)

    assert isinstance(error, TransientError)
    assert isinstance(error, OutcomeUnknown) is is_unknown


def test_a_change_that_is_refused_beside_its_object_is_told_with_the_id(tenant, simulator, monkeypatch):
    row = connected(tenant, simulator, mutated_row())
    result = {"contact": {"id": 5}, "userErrors": [{"field": ["input", "phones"], "message": "not kept"}]}
    monkeypatch.setattr(simulator, "respond", lambda request: Reply.json({"data": {"createContact": result}}))

    with records_of(row) as records:
        [answer] = records.write(CONTACT, [new()])

    assert (answer.outside_id, str(answer.error)) == (
        "5", "The outside system rejected it: input.phones: not kept",
    )  # fmt: skip


def test_a_dry_run_sends_no_mutation(tenant, simulator):
    row = connected(tenant, simulator, mutated_row())

    with open_session(row.pk, dry_run=True) as session:
        assert session.read(CONTACT).records == ()
        [answer] = session.write(CONTACT, [new()])

    assert isinstance(answer.error, NotSent)
    assert kept(simulator) == []


def test_a_repetition_is_sent_where_that_system_knows_it(tenant, simulator):
    row = connected(tenant, simulator, mutated_row(), idempotency_header="Idempotency-Key")

    assert tried(row, new("k7")) is None

    assert simulator.requests[-1].header("idempotency-key") == "k7"


def test_nothing_is_sent_where_nothing_is_mapped(tenant, simulator):
    row = connected(tenant, simulator, mutated_row())

    assert isinstance(tried(row, Change(record=Contact(name="Anna"), key="k")), ConfigError)
    assert simulator.requests == []


@pytest.mark.parametrize(
    "values",
    [
        {"create_in": ""},
        {"create_path": "/contacts"},
        {"update_path": "/contacts/{id}"},
        {"query": "", "object_query": ""},
        {"create_query": "query { contacts(first: 1) { nodes { id } } }"},
        {"query": "mutation { createContact(input: {}) { contact { id } } }"},
        {"object_query": "# query\n mutation($id: ID!) { updateContact(id: $id) { contact { id } } }"},
        {"find_query": "query { a { b } }\n mutation { c { d } }", "key_field": "external_id"},
        {"find_query": "query($key: String!) { contacts(first: 1, externalId: $key) { nodes { id } } }"},
    ],
)
def test_what_does_not_belong_together_is_refused(values):
    with pytest.raises(ValidationError) as raised:
        manifest.clean_settings(settings_of("https://erp.example.com", mutated_row(**values)))

    assert list(raised.value.message_dict) == ["kinds"]


def test_a_field_named_mutation_is_none():
    query = mutated_row()["query"].replace(" touched ", " mutation ")

    assert manifest.clean_settings(settings_of("https://erp.example.com", mutated_row(query=query)))
    assert manifest.clean_settings(settings_of("https://erp.example.com", kind_row()))
