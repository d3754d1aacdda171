"""Saved mappings: versions, what differs, what is in force, and trying rules on live objects."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.actions.save_integration import create_integration
from integrations.actions.save_mapping import check_mapping, restore_mapping, save_mapping
from integrations.actions.try_mapping import dry_run, preview, their_fields
from integrations.connectors.rest.simulator import Simulator
from integrations.connectors.rest.tests.entered import kind_row, settings_of
from integrations.live import get as live_of
from integrations.mapping.active import active, mapped
from integrations.mapping.difference import difference
from integrations.mapping.versions import in_force, versions
from integrations.models import Integration, MappingVersion
from integrations.records import Contact, RecordKind
from integrations.sessions import open_session
from integrations.tests.factories import make_integration
from tenants.configuration import ConfigurationError
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.errors import RemoteRejected
from tenants.models import AuditEntry
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)
CONTACT = RecordKind.CONTACT
NAME = {"theirs": "full_name", "ours": "name"}
PHONE = {"theirs": "phones.0.number", "ours": "phones"}


@pytest.fixture
def tenant():
    tenant = make_tenant()
    with tenant_scope(tenant):
        yield tenant


@pytest.fixture
def simulator():
    with Simulator(is_furnished=True).running() as running:
        yield running


def rest(tenant, url="https://erp.example.com", name="Our ERP"):
    return create_integration(
        tenant, "rest", name, settings=settings_of(url), credentials={"key": "simulator-rest-key"}
    )


def test_each_save_is_a_version_and_the_same_rules_are_none(tenant):
    row = rest(tenant)

    first = save_mapping(row, "contact", [NAME], "first")
    second = save_mapping(row, "contact", [NAME, PHONE])
    same = save_mapping(row, "contact", [NAME, PHONE], "again")

    assert (first.number, second.number, same.pk) == (1, 2, second.pk)
    assert {one.kind: one.number for one in in_force(row).values()} == {"contact": 2}
    assert [(one.number, one.is_active) for one in versions(row, "contact")] == [(2, True), (1, False)]
    told = AuditEntry.objects.filter(action="integration.mapping_saved").order_by("id")
    assert [entry.after["version"] for entry in told] == [1, 2]


def test_old_version_comes_back_as_the_newest(tenant):
    row = rest(tenant)
    first = save_mapping(row, "contact", [NAME])
    save_mapping(row, "contact", [])

    restored = restore_mapping(first)

    assert (restored.number, restored.rules, restored.note) == (3, first.rules, "version 1 restored")
    assert active(row.pk, CONTACT)[0].theirs == "full_name"


def test_refused_rules_change_nothing(tenant):
    row = rest(tenant)
    save_mapping(row, "contact", [NAME])

    for kind, rules, field in [
        ("contact", [NAME, {"theirs": "x", "ours": "name"}], "rules.1.ours"),
        ("order", [NAME], "kind"),
        ("nonsense", [NAME], "kind"),
    ]:
        with pytest.raises(ValidationError) as raised:
            save_mapping(row, kind, rules)
        assert set(raised.value.message_dict) == {field}
    with pytest.raises(ValidationError):
        save_mapping(row, "contact", [], "n" * 201)

    assert MappingVersion.objects.count() == 1


def test_system_without_records_has_nothing_to_map(tenant):
    with pytest.raises(ValidationError) as raised:
        check_mapping(make_integration(tenant), "document", [NAME])

    assert set(raised.value.message_dict) == {"kind"}


def test_rules_in_force_are_read_once_and_anew_after_a_save(tenant):
    row = rest(tenant)
    record = Contact(outside_id="1", raw={"full_name": "Anna"})
    live = live_of(row.pk)
    assert mapped(live, record).record == record
    save_mapping(row, "contact", [NAME])

    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = [mapped(live, record) for _number in range(100)]

    assert len(queries) == 1
    assert {one.record.name for one in found} == {"Anna"}


def test_two_who_save_at_once_get_two_versions(tenant):
    row = rest(tenant)

    def save(number):
        try:
            with tenant_scope(tenant):
                return save_mapping(row, "contact", [{**NAME, "default": str(number)}]).number
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(save, range(4)))

    assert sorted(numbers) == [1, 2, 3, 4]
    assert MappingVersion.objects.filter(is_active=True).count() == 1


def test_difference_names_what_became_of_each_rule():
    before = [{**NAME, "default": ""}, {**PHONE, "default": ""}, {"theirs": "a", "ours": "comment"}]
    after = [
        {**PHONE, "default": "+375291234570"},
        {**NAME, "default": ""},
        {"theirs": "b", "ours": "address"},
    ]

    found = [(one.what.value, one.rule["theirs"], one.fields) for one in difference(before, after)]

    assert ("changed", "phones.0.number", ("default",)) in found
    assert ("moved", "full_name", ()) in found
    assert ("added", "b", ()) in found
    assert ("removed", "a", ()) in found
    assert difference(before, before) == ()


def test_their_fields_are_read_off_live_objects_once(tenant, simulator):
    row = rest(tenant, simulator.url)

    names = [one.name for one in their_fields(row, CONTACT)]
    again = [one.name for one in their_fields(row, CONTACT)]

    assert (
        names == again == ["full_name", "phones", "phones.0", "phones.0.number", "active", "id", "updated_at"]
    )
    assert len(simulator.requests) == 1


def test_preview_and_dry_run_try_rules_without_storing_anything(tenant, simulator):
    simulator.store.add("contacts", {"full_name": "Broken", "phones": [{"number": "call me"}]})
    row = rest(tenant, simulator.url)
    rules = check_mapping(
        row, "contact", [NAME, PHONE, {"theirs": "N", "ours": "comment", "direction": "out"}]
    )

    shown = preview(row, CONTACT, rules)
    tried = dry_run(row, CONTACT, rules)

    assert shown.outside_id == "1"
    assert [(one.theirs, one.ours, one.problem) for one in shown.rows[:2]] == [
        ("Анна Иванова", "Анна Иванова", ""),
        ("8 (029) 123-45-70", "+375291234570", ""),
    ]
    assert (tried.objects, tried.unreadable) == (5, 0)
    assert [(one.converted, one.empty, one.failed) for one in tried.rows] == [(5, 0, 0), (4, 0, 1), (0, 0, 0)]
    [reason] = tried.rows[1].reasons
    assert (reason.outside_id, reason.value) == ("9", "call me")
    assert "no telephone number" in str(reason.text)
    assert not MappingVersion.objects.exists()


def test_preview_of_an_unknown_object_says_so(tenant, simulator):
    row = rest(tenant, simulator.url)

    with pytest.raises(RemoteRejected, match="no object with this id"):
        preview(row, CONTACT, (), "404")
    simulator.store.clear()
    with pytest.raises(RemoteRejected, match="no objects of this kind"):
        preview(row, CONTACT, ())


def test_dry_run_takes_no_more_than_fifty(tenant, simulator):
    for number in range(120):
        simulator.store.add("contacts", {"full_name": str(number)})
    row = create_integration(
        tenant,
        "rest",
        "Our ERP",
        settings=settings_of(simulator.url, kind_row(page_size=20)),
        credentials={"key": simulator.key},
    )

    assert dry_run(row, CONTACT, check_mapping(row, "contact", [NAME])).objects == 50
    assert len(simulator.requests) == 3


# As configuration.

FILE = """
tenants:
- number: "0367"
  name: June
  integrations:
  - connector: rest
    name: Our ERP
    settings:
      url: https://erp.example.com
      kinds:
      - {kind: contact, list_path: /contacts}
    mappings:
      contact:
      - {theirs: full_name, ours: name, direction: both}
      - {theirs: sum, ours: custom.sum, transform: minor_units, parameters: {digits: 2}}
"""


def test_mapping_as_configuration_is_idempotent_and_dumped_as_it_was_written():
    with all_tenants():
        apply_text(FILE)
        plan = apply_text(FILE)
        dumped = dump_tenants()["tenants"][0]["integrations"][0]

        assert plan.changes == []
        assert MappingVersion.objects.count() == 1
        assert dumped["mappings"] == yaml.safe_load(FILE)["tenants"][0]["integrations"][0]["mappings"]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("ours: name", "ours: nmae", "line 14, tenants[0].integrations[0].mappings.contact[0].ours"),
        (
            "{digits: 2}",
            "{digits: 9}",
            "line 15, tenants[0].integrations[0].mappings.contact[1].parameters.digits",
        ),
        ("      contact:\n", "      order:\n", "line 13, tenants[0].integrations[0].mappings.order"),
        ("{kind: contact, ", "{kind: person, ", "line 10, tenants[0].integrations[0].settings.kinds"),
    ],
)
def test_mistake_in_a_file_names_its_line(old, new, place):
    with all_tenants():
        with pytest.raises(ConfigurationError) as raised:
            apply_text(FILE.replace(old, new))

        assert str(raised.value).startswith(place), str(raised.value)
        assert not Integration.objects.exists()


def test_example_of_the_documentation_connects_the_simulator():
    page = (Path(django_settings.BASE_DIR) / "docs" / "connectors.md").read_text()
    example = (
        page.partition("## Connecting a system without code")[2].partition("```yaml\n")[2].partition("```")[0]
    )
    with Simulator(is_furnished=True).running() as simulator, all_tenants():
        apply_text(example.replace("http://127.0.0.1:8093", simulator.url))
        row = Integration.objects.get()

        with open_session(row.pk) as session:
            found = [mapped(session.live, record) for record in session.read(CONTACT).records]

    assert [one.problems for one in found] == [()] * 4
    first = found[0].record
    assert (first.name, first.phones, first.custom) == (
        "Анна Иванова",
        ("+375291234570",),
        {"active": True},
    )
