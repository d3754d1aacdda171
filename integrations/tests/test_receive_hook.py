"""What outside systems send reaches whoever keeps it: once, in its order, and with an outcome that people can read."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from integrations import receivers
from integrations.actions.delete_integration import delete_integration
from integrations.actions.save_integration import create_integration, update_integration
from integrations.actions.save_mapping import save_mapping
from integrations.models import Exchange, Health, Integration, SyncPlan
from integrations.models.sync.plan import SyncDirection
from integrations.records import Contact, RecordKind
from integrations.sync import receiving
from integrations.tests.factories import make_integration
from integrations.tests.hooked import KEY, Simulator, register_made_up
from tenants.errors import RemoteRejected, TransientError
from tenants.models import Event, Tenant, Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain
from webhooks.actions.replay_inbound import replay_one
from webhooks.models import Handling, Inbound, InboundState, Source
from webhooks.tests.factories import make_inbound, make_source

LANE = "integrations.receive"
NOTICED = {
    "what": "noticed",
    "type": "message.failed",
    "key": "7",
    "data": {"message_id": "m"},
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _known(monkeypatch: Any) -> Iterator[None]:
    register_made_up(monkeypatch)
    monkeypatch.setattr(receivers, "_records", {})
    monkeypatch.setattr(receivers, "_removals", {})
    monkeypatch.setattr(receivers, "_clicks", [])
    with all_tenants(), translation.override("en"):
        yield


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator().running() as running:
        yield running


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(language="en")


@pytest.fixture
def row(tenant: Tenant, simulator: Simulator) -> Integration:
    return create_integration(
        tenant, "made_up", "Made-up", settings={"url": simulator.url}, credentials={"key": KEY}
    )


@pytest.fixture
def kept() -> list[tuple[Any, ...]]:
    """What receivers were given; they keep everything."""
    found: list[tuple[Any, ...]] = []

    def records(hook: receivers.Hook, given: Any) -> str:
        found.append(("records", hook, *given))
        return "kept"

    def removal(hook: receivers.Hook, kind: RecordKind, outside_id: str) -> str:
        found.append(("removal", hook, kind, outside_id))
        return "marked"

    receivers.register_records([RecordKind.CONTACT], records)
    receivers.register_removals([RecordKind.CONTACT], removal)
    return found


def tell(row: Integration, *happened: dict[str, Any], body: bytes | None = None) -> Inbound:
    """A stored and processed request of the system, which waits for its handling."""
    assert row.source is not None
    inbound = make_inbound(row.source, body or json.dumps({"happened": happened}).encode())
    drain("webhooks.inbound")
    inbound.refresh_from_db()
    return inbound


def handle(inbound: Inbound) -> Inbound:
    drain(LANE)
    inbound.refresh_from_db()
    return inbound


def outcomes(inbound: Inbound) -> list[tuple[str, str]]:
    return [(one["finding"], one["text"]) for one in inbound.outcomes]


def test_an_integration_whose_system_sends_requests_owns_a_source(row: Integration) -> None:
    source = Source.objects.get()

    assert row.source == source
    assert (source.name, source.preset, source.owner) == ("Made-up", "token", "integration")
    assert len(source.secret) >= 40


def test_others_have_none(tenant: Tenant) -> None:
    assert make_integration(tenant).source is None
    assert not Source.objects.exists()


def test_the_name_of_its_source_gives_way(tenant: Tenant, simulator: Simulator) -> None:
    make_source(tenant, name="Shop")

    row = create_integration(
        tenant, "made_up", "Shop", settings={"url": simulator.url}, credentials={"key": KEY}
    )

    assert row.source is not None
    assert row.source.name == "Shop (2)"


def test_the_source_goes_with_its_integration(row: Integration) -> None:
    tell(row)

    delete_integration(row)

    assert not Source.objects.exists()
    assert not Inbound.objects.exists()
    assert drain(LANE) == 1


def test_a_changed_object_is_read_again_and_handed_on(row: Integration, kept: Any) -> None:
    inbound = handle(tell(row, {"what": "changed", "id": "1"}))

    [(_what, hook, record)] = kept
    assert record == Contact(outside_id="1", name="Anna")
    assert (hook.integration_id, hook.tenant_id, hook.inbound_id) == (row.pk, row.tenant_id, inbound.pk)
    assert (inbound.handling, inbound.state) == (Handling.DONE, InboundState.PROCESSED)
    assert inbound.outcomes == [{"what": "Changed: Contacts, 1", "finding": "done", "text": "kept"}]
    exchange = Exchange.objects.get()
    assert (exchange.correlation_id, exchange.subject) == (inbound.correlation_id, inbound.pk)
    assert Event.objects.get(type="inbound.received").correlation_id == inbound.correlation_id


def test_an_object_that_is_gone_by_then_is_removed(row: Integration, kept: Any) -> None:
    inbound = handle(tell(row, {"what": "changed", "id": "404"}))

    assert [one[2:] for one in kept] == [(RecordKind.CONTACT, "404")]
    assert outcomes(inbound) == [("done", "marked")]


def test_each_thing_has_an_outcome_of_its_own(row: Integration, kept: Any) -> None:
    inbound = handle(
        tell(
            row,
            {"what": "told", "id": "9", "name": "Vera"},
            {"what": "told", "id": "9", "name": "Vera"},
            {"what": "removed", "id": "8"},
            {"what": "changed", "kind": "deal", "id": "3"},
            {"what": "clicked", "phone": "+375291234501"},
            NOTICED,
        )
    )

    assert [one["what"] for one in inbound.outcomes] == [
        "Told: Contacts, 9",
        "Removed: Contacts, 8",
        "Changed: Deals, 3",
        "Call to +375291234501",
        "Event message.failed",
    ]
    assert outcomes(inbound) == [
        ("done", "kept"),
        ("done", "marked"),
        ("unneeded", "Nobody here keeps this yet: Deals."),
        ("unneeded", "Calls cannot be made from here."),
        ("done", "Noted in the event log."),
    ]
    assert Event.objects.get(type="message.failed").correlation_id == inbound.correlation_id


def test_a_replay_does_everything_again_and_doubles_nothing(row: Integration, kept: Any) -> None:
    inbound = handle(tell(row, {"what": "changed", "id": "1"}, NOTICED))

    replay_one(inbound)
    assert (inbound.handling, inbound.outcomes) == (Handling.NOBODYS, None)
    drain("webhooks.inbound")
    handle(inbound)

    assert [one[1].replay for one in kept] == [0, 1]
    assert outcomes(inbound) == [("done", "kept"), ("done", "It was in the event log already.")]
    assert Event.objects.filter(type="message.failed").count() == 1


def test_what_has_to_wait_is_tried_again_and_the_rest_is_not(
    row: Integration, kept: Any, simulator: Simulator
) -> None:
    simulator.fail("503", path="/contacts/2")
    inbound = handle(tell(row, {"what": "changed", "id": "1"}, {"what": "changed", "id": "2"}))
    assert [one["finding"] for one in inbound.outcomes] == ["done", "waiting"]
    assert (inbound.handling, inbound.handled_at) == (Handling.WAITING, None)
    assert Work.objects.get(lane=LANE).attempts == 1

    simulator.clear_faults()
    Work.objects.filter(lane=LANE).update(due=inbound.created_at)
    handle(inbound)

    assert outcomes(inbound) == [("done", "kept"), ("done", "kept")]
    assert [one[2].outside_id for one in kept] == ["1", "2"]
    assert not Work.objects.filter(lane=LANE).exists()


def test_what_never_works_fails_in_the_end_and_is_found_among_the_failed(
    row: Integration, simulator: Simulator
) -> None:
    simulator.fail("503", path="/contacts")
    inbound = tell(row, {"what": "changed", "id": "1"})
    Work.objects.filter(lane=LANE).update(attempts=9)

    handle(inbound)

    assert (inbound.handling, inbound.state, inbound.reason) == ("failed", "failed", "handling_failed")
    assert [one["finding"] for one in inbound.outcomes] == ["failed"]
    assert not Work.objects.filter(lane=LANE).exists()


def test_a_refusal_is_final(row: Integration) -> None:
    def refuse(hook: receivers.Hook, given: Any) -> str:
        raise RemoteRejected("They do not want it.")

    receivers.register_records([RecordKind.CONTACT], refuse)

    inbound = handle(tell(row, {"what": "told", "id": "9", "name": "Vera"}))

    assert outcomes(inbound) == [("failed", "They do not want it.")]
    assert not Work.objects.filter(lane=LANE).exists()


def test_one_that_waits_long_says_when(row: Integration) -> None:
    def later(hook: receivers.Hook, given: Any) -> str:
        raise TransientError("Later.", retry_after=3600.0)

    receivers.register_records([RecordKind.CONTACT], later)
    inbound = handle(tell(row, {"what": "told", "id": "9", "name": "Vera"}))

    waits = Work.objects.get(lane=LANE).due - inbound.created_at
    assert 3590 < waits.total_seconds() < 3700


def test_being_disconnected_there_shows_at_once(row: Integration) -> None:
    inbound = handle(tell(row, {"what": "revoked"}))

    row.refresh_from_db()
    assert (row.health, row.health_reason) == (Health.MISCONFIGURED, "They switched us off.")
    assert outcomes(inbound) == [("done", "They switched us off.")]


@pytest.mark.parametrize("body", [b"[]", b"[1, 2]"])
def test_what_the_connector_cannot_read_fails_with_words(row: Integration, body: bytes) -> None:
    inbound = handle(tell(row, body=body))

    assert (inbound.handling, inbound.state) == ("failed", "failed")
    assert outcomes(inbound) == [("failed", "This is not what the system sends: no object.")]


def test_an_unknown_event_type_fails_with_words(row: Integration) -> None:
    inbound = handle(tell(row, NOTICED | {"type": "no.such"}))

    assert outcomes(inbound) == [("failed", "There is no event type no.such.")]


def test_what_is_of_no_use_is_said_to_be(row: Integration) -> None:
    inbound = handle(tell(row))

    assert (inbound.handling, inbound.state) == ("unneeded", "processed")


def test_while_it_is_paused_requests_are_kept_and_handled_afterwards(row: Integration, kept: Any) -> None:
    row = update_integration(row, is_enabled=False)
    inbound = handle(tell(row, {"what": "changed", "id": "1"}))
    assert (inbound.handling, kept) == (Handling.PARKED, [])
    assert not Work.objects.filter(lane=LANE).exists()

    update_integration(row, is_enabled=True)
    handle(inbound)

    assert inbound.handling == Handling.DONE
    assert len(kept) == 1


def test_a_source_of_nobody_is_left_alone(tenant: Tenant) -> None:
    inbound = make_inbound(make_source(tenant))

    drain("webhooks.inbound")
    inbound.refresh_from_db()

    assert (inbound.handling, inbound.state) == (Handling.NOBODYS, InboundState.PROCESSED)
    assert not Work.objects.filter(lane=LANE).exists()


def test_handling_again_what_is_settled_does_nothing(row: Integration, kept: Any) -> None:
    from tenants.work import enqueue

    inbound = handle(tell(row, {"what": "changed", "id": "1"}))
    enqueue(LANE, [(inbound.pk, row.tenant_id, "again", None)])

    handle(inbound)

    assert len(kept) == 1


def test_what_is_told_of_a_record_is_kept_and_told_on(
    row: Integration, simulator: Simulator, monkeypatch: Any
) -> None:
    receiving.register()

    first = handle(tell(row, {"what": "changed", "id": "1"}))
    again = handle(tell(row, {"what": "changed", "id": "1"}))
    simulator.contacts["1"] = "Anna Smith"
    renamed = handle(tell(row, {"what": "changed", "id": "1"}))
    simulator.contacts.clear()
    gone = handle(tell(row, {"what": "changed", "id": "1"}))

    found = [outcomes(one)[0] for one in (first, again, renamed, gone)]
    assert found == [
        ("done", "Created."),
        ("done", "It was so already."),
        ("done", "Changed."),
        ("done", "Marked as deleted."),
    ]
    types = (
        Event.objects.filter(type__startswith="contact.").order_by("id").values_list("type", "correlation_id")
    )
    assert list(types)[:2] == [
        ("contact.created", first.correlation_id),
        ("contact.updated", renamed.correlation_id),
    ]


def test_what_is_told_goes_through_the_field_mapping(row: Integration, kept: Any) -> None:
    rules = [
        {"theirs": "job", "ours": "position"},
        {"theirs": "since", "ours": "custom.since", "transform": "date"},
    ]
    save_mapping(row, "contact", rules)

    inbound = handle(
        tell(row, {"what": "told", "id": "9", "name": "Vera", "job": "clerk", "since": "long ago"})
    )

    [(_what, _hook, record)] = kept
    assert (record.name, record.position, dict(record.custom)) == ("Vera", "clerk", {})
    [(finding, text)] = outcomes(inbound)
    assert (finding, text.startswith("kept Field mapping, row 2 (since → custom.since), “long ago”")) == (
        "done",
        True,
    )


def test_a_synchronisation_that_only_writes_takes_nothing_in(row: Integration) -> None:
    receiving.register()
    SyncPlan.objects.create(
        tenant_id=row.tenant_id, integration=row, kind=RecordKind.CONTACT, direction=SyncDirection.EXPORT
    )

    inbound = handle(tell(row, {"what": "changed", "id": "1"}))

    assert inbound.handling == Handling.UNNEEDED
