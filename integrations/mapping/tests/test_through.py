"""What sync sees of a system whose fields are mapped."""

import pytest

from integrations.actions.save_integration import create_integration
from integrations.actions.save_mapping import save_mapping
from integrations.capabilities import Change
from integrations.connectors.rest.simulator import Simulator
from integrations.connectors.rest.tests.entered import kind_row, settings_of
from integrations.mapping.through import MappedRecords
from integrations.records import Contact, RecordKind
from integrations.sessions import open_session
from integrations.sync.checking import supported
from tenants.errors import RemoteRejected
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)
CONTACT = RecordKind.CONTACT
TABLE = {"table": [{"theirs": "yes", "ours": "active"}]}
RULES = [
    {"theirs": "full_name", "ours": "name", "direction": "both"},
    {"theirs": "phone", "ours": "phones"},
    {"theirs": "active", "ours": "comment", "direction": "both", "transform": "lookup", "parameters": TABLE},
]


@pytest.fixture
def simulator(settings):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with Simulator().running() as running:
        yield running


@pytest.fixture
def integration(simulator):
    tenant = make_tenant()
    with tenant_scope(tenant):
        row = create_integration(
            tenant,
            "rest",
            "ERP",
            settings=settings_of(simulator.url, kind_row("page")),
            credentials={"key": simulator.key},
        )
        save_mapping(row, "contact", RULES)
        yield row


def test_pages_are_mapped_and_what_does_not_convert_is_named_without_losing_the_record(
    integration, simulator
):
    simulator.store.add("contacts", {"full_name": "Anna", "phone": "80291234570", "active": "yes"})
    simulator.store.add("contacts", {"full_name": "Ivan", "phone": "call me", "active": "maybe"})

    with open_session(integration.pk) as session:
        records = MappedRecords(session)
        page = records.read(CONTACT)
        one = records.fetch(CONTACT, "1")

    assert [(record.name, record.phones, record.comment) for record in page.records] == [
        ("Anna", ("+375291234570",), "active"),
        ("Ivan", (), ""),
    ]
    assert one == page.records[0]
    [fault] = page.faults
    assert fault.outside_id == "2"
    assert "row 2 (phone → phones), “call me”" in str(fault.text)
    assert "row 3 (active → comment), “maybe”" in str(fault.text)
    assert set(records.kinds) == {CONTACT} == set(supported(integration))


def test_changes_that_cannot_be_told_whole_are_not_sent(integration, simulator):
    changes = [
        Change(record=Contact(name="Anna", comment="active"), key="k1"),
        Change(record=Contact(name="Ivan", comment="asleep"), key="k2"),
    ]

    with open_session(integration.pk) as session:
        first, second = MappedRecords(session).write(CONTACT, changes)

    assert (first.key, first.error) == ("k1", None)
    assert second.key == "k2"
    assert isinstance(second.error, RemoteRejected)
    [stored] = simulator.store.rows["contacts"].values()
    assert (stored["full_name"], stored["active"]) == ("Anna", "yes")
