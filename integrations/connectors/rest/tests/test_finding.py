"""What was created and not answered is found by our key, where the settings say how."""

import pytest
from django.core.exceptions import ValidationError

from integrations.capabilities import Change
from integrations.connectors.rest.manifest import manifest
from integrations.connectors.rest.simulator import Simulator
from integrations.connectors.rest.tests.entered import kind_row, settings_of
from integrations.connectors.rest.tests.test_ways import connected
from integrations.http.errors import OutcomeUnknown
from integrations.records import Contact, RecordKind
from integrations.tests.records_bench import outcome, records_of, sound
from tenants.errors import ConfigError
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)
CONTACT = RecordKind.CONTACT
FINDS = {"find_path": "/cursor/contacts?external_id={key}", "key_field": "external_id"}


@pytest.fixture
def simulator():
    with Simulator().running() as running:
        yield running


def change(key: str) -> Change:
    return Change(record=Contact(), key=key, extra={"full_name": "Anna"})


def test_a_creation_whose_answer_was_lost_is_found_and_not_made_again(simulator):
    tenant = make_tenant()
    with tenant_scope(tenant), records_of(connected(tenant, simulator, kind_row(**FINDS))) as records:
        assert records.kinds[CONTACT].finds_by_key
        simulator.fail_next("500", after=True, method="POST")
        assert isinstance(outcome(records, CONTACT, change("k 1")), OutcomeUnknown)

        [found] = sound(records.write(CONTACT, [change("k 1")]), ["k 1"])
        [other] = sound(records.write(CONTACT, [change("k2")]), ["k2"])

    rows = simulator.store.rows["contacts"]
    assert [(str(row["id"]), row["external_id"]) for row in rows.values()] == [
        (found.outside_id, "k 1"), (other.outside_id, "k2"),
    ]  # fmt: skip


def test_where_the_filter_is_ignored_nothing_is_created(simulator):
    tenant = make_tenant()
    simulator.store.add("contacts", {"full_name": "Boris", "external_id": "another"})
    row = kind_row(find_path="/cursor/contacts?ref={key}", key_field="external_id")

    with tenant_scope(tenant), records_of(connected(tenant, simulator, row)) as records:
        error = outcome(records, CONTACT, change("k1"))

    assert isinstance(error, ConfigError)
    assert len(simulator.store.rows["contacts"]) == 1


def test_a_change_does_not_send_the_key(simulator):
    tenant = make_tenant()
    made = simulator.store.add("contacts", {"full_name": "Boris", "external_id": "theirs"})
    changed = Change(record=Contact(outside_id=str(made["id"])), key="k", extra={"full_name": "Anna"})

    with tenant_scope(tenant), records_of(connected(tenant, simulator, kind_row(**FINDS))) as records:
        sound(records.write(CONTACT, [changed]), ["k"])

    assert simulator.store.rows["contacts"][made["id"]]["external_id"] == "theirs"


@pytest.mark.parametrize(
    "values",
    [
        {"find_path": "/contacts?external_id={key}"},
        {"key_field": "external_id"},
        {**FINDS, "find_path": "/contacts"},
    ],
)
def test_half_of_it_is_refused(values):
    with pytest.raises(ValidationError) as raised:
        manifest.clean_settings(settings_of("https://erp.example.com", kind_row(**values)))

    assert list(raised.value.message_dict) == ["kinds"]
